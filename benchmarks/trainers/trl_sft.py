"""TRL's SFTTrainer as a contender, set as its documentation offers, without what costs time and is not needed.

It is given messages and a template with `{% generation %}` marks, and renders them itself (`assistant_only_loss`). Its
other way, prompt and completion, would also learn the line break behind the mark that ends a turn. Gradients are not
computed in two goes (`gradient_checkpointing`), which would save memory and cost time.
"""

from __future__ import annotations

import tempfile
from typing import Any

import torch
from checks import Batch, count_targets, faults, own_tokens
from datasets import Dataset
from job import Job, Setting, Tally, Told, contend, peak_bytes
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
from trl import SFTConfig, SFTTrainer, pack_dataset


class Watched(SFTTrainer):  # type: ignore[misc]
    """Counts what it is given."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.tally = Tally()
        self.seen: list[Batch] = []
        super().__init__(*arguments, **named)

    def training_step(self, model: Any, inputs: dict[str, Any], *rest: Any, **named: Any) -> Any:
        batch = {name: each for name, each in inputs.items() if isinstance(each, torch.Tensor)}
        self.seen.append(batch)
        self.tally.add(
            tokens=sum(map(len, own_tokens(batch))), computed=batch["input_ids"].numel(), targets=count_targets(batch)
        )
        return super().training_step(model, inputs, *rest, **named)

    @torch.no_grad()
    def loss_of(self, batch: Batch) -> float:
        """As it trains, with the sequence boundaries that its collator gives beside the tensors."""
        with self.compute_loss_context_manager():
            return float(self.compute_loss(self.model, dict(batch)))


class EndOfStep(TrainerCallback):  # type: ignore[misc]
    """Takes the time after each step of the optimiser."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally

    def on_step_end(self, *arguments: Any, **named: Any) -> None:
        self.tally.end_of_step()


def main(job: Job, setting: Setting) -> Told:
    # Half of float32's memory for what stays frozen; what is trained is float32, and autocast multiplies in bfloat16.
    dtype = getattr(torch, setting.number_format) if job.method == "lora" else torch.float32
    model = AutoModelForCausalLM.from_pretrained(job.model, dtype=dtype, attn_implementation=setting.attention)
    tokenizer = AutoTokenizer.from_pretrained(job.model)
    tokenizer.chat_template = job.template
    lora = LoraConfig(r=job.rank, lora_alpha=job.alpha, lora_dropout=0.0, target_modules="all-linear")
    with tempfile.TemporaryDirectory() as folder:
        trainer = Watched(
            model=model,
            args=config(job, setting, folder),
            train_dataset=Dataset.from_list([{"messages": each.messages} for each in job.dialogues]),
            processing_class=tokenizer,
            peft_config=lora if job.method == "lora" else None,
        )
        trainer.add_callback(EndOfStep(trainer.tally))
        trainer.train()
    peak = peak_bytes()
    trainer.model.eval()
    packages = ("torch", "transformers", "trl", "accelerate", "peft", "datasets")
    return Told.of(trainer.tally, peak, faults(trainer.seen, job.dialogues, trainer.loss_of), packages)


def config(job: Job, setting: Setting, folder: str) -> SFTConfig:
    packed = setting.packing != "padded"
    return SFTConfig(
        output_dir=folder,
        use_cpu=True,
        bf16=setting.number_format == "bfloat16",
        gradient_checkpointing=False,
        packing=packed,
        packing_strategy=setting.packing if packed else "bfd",
        max_length=setting.row,
        per_device_train_batch_size=setting.batch,
        gradient_accumulation_steps=accumulation(job, setting),
        # Dialogues of like length share a batch, so that there is less padding.
        train_sampling_strategy="random" if packed else "group_by_length",
        num_train_epochs=setting.epochs,
        assistant_only_loss=True,
        learning_rate=job.learning_rate,
        adam_beta1=job.betas[0],
        adam_beta2=job.betas[1],
        weight_decay=0.0,
        max_grad_norm=1.0,
        report_to="none",
        save_strategy="no",
        logging_strategy="no",
        disable_tqdm=True,
    )


def accumulation(job: Job, setting: Setting) -> int:
    """Batches between two steps, so that there are as many steps as asked, or fewer if they do not divide."""
    rows = len(job.dialogues)
    if setting.packing != "padded":
        tokens = Dataset.from_dict({"input_ids": [each.tokens for each in job.dialogues]})
        rows = len(pack_dataset(tokens, setting.row, setting.packing))
    batches = -(-rows // setting.batch)
    return -(-batches // job.steps)


if __name__ == "__main__":
    contend(main)
