"""The loop that one writes first: transformers and PyTorch, padded batches, masked loss, AdamW; PEFT for LoRA.

Dialogues of like length share a batch, and the loss is the mean over the targets of a step.
"""

from __future__ import annotations

import itertools
import random

import torch
from checks import IGNORED, Batch, count_targets, faults
from job import Dialogue, Job, Setting, Tally, Told, contend, peak_bytes
from transformers import AutoModelForCausalLM


def main(job: Job, setting: Setting) -> Told:
    # Half of float32's memory for what stays frozen; what is trained is float32, and autocast multiplies in bfloat16.
    dtype = getattr(torch, setting.number_format) if job.method == "lora" else torch.float32
    model = AutoModelForCausalLM.from_pretrained(job.model, dtype=dtype, attn_implementation=setting.attention)
    if job.method == "lora":
        from peft import LoraConfig, get_peft_model

        model = get_peft_model(model, LoraConfig(r=job.rank, lora_alpha=job.alpha, target_modules="all-linear"))
    model.train()
    weights = [each for each in model.parameters() if each.requires_grad]
    optimiser = torch.optim.AdamW(weights, lr=job.learning_rate, betas=job.betas, weight_decay=0.0, fused=True)
    autocast = torch.autocast("cpu", torch.bfloat16, enabled=setting.number_format == "bfloat16")
    ordered = sorted(job.dialogues, key=lambda each: len(each.tokens))
    batches = [padded(ordered[at : at + setting.batch]) for at in range(0, len(ordered), setting.batch)]
    random.Random(0).shuffle(batches)
    tally = Tally()
    for start, end in steps(len(batches), job.steps):
        targets = sum(count_targets(batch) for batch in batches[start:end])
        for batch in batches[start:end]:
            with autocast:
                loss = model(**batch, use_cache=False, num_items_in_batch=targets).loss
            loss.backward()
            tally.add(
                tokens=int(batch["attention_mask"].sum()),
                computed=batch["input_ids"].numel(),
                targets=count_targets(batch),
            )
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        tally.end_of_step()
    peak = peak_bytes()

    @torch.no_grad()
    def loss_of(batch: Batch) -> float:
        with autocast:
            return float(model(**batch, use_cache=False).loss)

    packages = ("torch", "transformers", *(["peft"] if job.method == "lora" else []))
    return Told.of(tally, peak, faults(batches, job.dialogues, loss_of), packages)


def padded(dialogues: list[Dialogue]) -> Batch:
    longest = max(len(each.tokens) for each in dialogues)
    ids = torch.zeros(len(dialogues), longest, dtype=torch.long)
    labels = torch.full_like(ids, IGNORED)
    mask = torch.zeros_like(ids)
    for row, each in enumerate(dialogues):
        tokens = torch.tensor(each.tokens)
        ids[row, : len(tokens)] = tokens
        labels[row, : len(tokens)] = tokens.where(torch.tensor(each.learnt), IGNORED)
        mask[row, : len(tokens)] = 1
    return {"input_ids": ids, "labels": labels, "attention_mask": mask}


def steps(batches: int, count: int) -> list[tuple[int, int]]:
    """So many steps of nearly as many batches each."""
    cuts = [number * batches // count for number in range(count + 1)]
    return [(start, end) for start, end in itertools.pairwise(cuts) if end > start]


if __name__ == "__main__":
    contend(main)
