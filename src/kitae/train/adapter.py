"""Trained adapters in the form of PEFT, whose names other programs know (PEFT's "checkpoint format", version 0.21)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import save_file

from .lora import Adapter


def save_adapters(adapted: Mapping[str, Adapter], folder: Path) -> None:
    """Writes `adapter_config.json` and `adapter_model.safetensors` (float32).

    The config names no base: a trainee knows only a folder of this machine. `kitae export` fills it in.

    Args:
        adapted: Adapters by the name of the weight that each changes, all of one rank and scale.
        folder: Made if it is not there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = {}
    for name, each in adapted.items():
        module = f"base_model.model.{name.removesuffix('.weight')}"
        weights[f"{module}.lora_A.weight"] = each.down.contiguous()
        weights[f"{module}.lora_B.weight"] = each.up.contiguous()
    file = folder / "adapter_model.safetensors"
    save_file(weights, file, metadata={"format": "pt"})
    file.chmod(0o644)  # safetensors makes it private, which a shared store is not
    text = json.dumps(_config(adapted), indent=2, sort_keys=True) + "\n"
    (folder / "adapter_config.json").write_text(text, encoding="utf-8")


def _config(adapted: Mapping[str, Adapter]) -> dict[str, Any]:
    rank, scale = next((each.down.shape[0], each.scale) for each in adapted.values())
    return {
        "base_model_name_or_path": None,
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "lora_alpha": scale * rank,
        "lora_dropout": 0.0,
        "peft_type": "LORA",
        "r": rank,
        # Whole names: the last part alone could fit a layer that has no adapter, such as the output's.
        "target_modules": sorted(name.removesuffix(".weight") for name in adapted),
        "task_type": "CAUSAL_LM",
    }
