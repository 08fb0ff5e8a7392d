"""The loss of TRL's DPOTrainer over pairs that come on stdin as tokens; printed as one number."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import DPOConfig, DPOTrainer


def main(job: dict[str, Any]) -> float:
    models = {
        name: AutoModelForCausalLM.from_pretrained(job[name], dtype=torch.float32, attn_implementation="eager")
        for name in ("before", "after")
    }
    tokenizer = AutoTokenizer.from_pretrained(job["after"])
    with tempfile.TemporaryDirectory() as folder:
        trainer = DPOTrainer(
            model=models["after"],
            ref_model=models["before"],
            args=config(Path(folder), job["beta"]),
            # It wants some text to start with; what is measured is tokens.
            train_dataset=Dataset.from_list([{"prompt": "a", "chosen": "b", "rejected": "c"}]),
            processing_class=tokenizer,
        )
    trainer.model.eval()
    with torch.no_grad():
        return float(trainer.compute_loss(trainer.model, trainer.data_collator(job["pairs"])))


def config(folder: Path, beta: float) -> DPOConfig:
    return DPOConfig(
        output_dir=str(folder),
        beta=beta,
        loss_type="sigmoid",
        max_length=None,
        bf16=False,
        use_cpu=True,
        gradient_checkpointing=False,
        report_to="none",
    )


if __name__ == "__main__":
    print(main(json.load(sys.stdin)))
