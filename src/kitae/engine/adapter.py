"""A LoRA adapter in the form of PEFT, added to the weights that it fits: the result is a plain model.

What PEFT calls a rank-stabilised scale, weights of its own for single layers and trained biases are refused: adding
them as if they were plain would give another model, and nobody would notice.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from ..core.files import file_digest
from ..core.mistakes import Mistake

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_PLAIN: dict[str, tuple[Any, ...]] = {
    "peft_type": ("LORA",),
    "bias": ("none", None),
    "use_dora": (False, None),
    "rank_pattern": ({}, None),
    "alpha_pattern": ({}, None),
    "modules_to_save": ([], None),
    "fan_in_fan_out": (False, None),
}


def adapter_digest(folder: Path) -> str:
    """What an adapter is known by: digests of its two files.

    Raises:
        Mistake: there is none in the folder.
    """
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            raise Mistake(
                "no adapter there", where=str(folder), hint=f"a LoRA adapter of PEFT has {CONFIG} and {WEIGHTS}"
            )
    return "".join(file_digest(folder / name)[:32] for name in (CONFIG, WEIGHTS))


def add_adapter(model: torch.nn.Module, folder: Path) -> None:
    """Adds `scale · B · A` to each weight that the adapter names.

    Raises:
        Mistake: it is of another kind, or does not fit the model.
    """
    scale = _scale(folder)
    weights = load_file(folder / WEIGHTS)
    downs = {name: each for name, each in weights.items() if name.endswith(".lora_A.weight")}
    parameters = dict(model.named_parameters())
    with torch.no_grad():
        for name, down in downs.items():
            up = weights[name.replace(".lora_A.", ".lora_B.")]
            target = parameters.get(name.removeprefix("base_model.model.").replace(".lora_A.weight", ".weight"))
            if target is None or target.shape != (up.shape[0], down.shape[1]):
                raise Mistake(
                    f"the adapter does not fit the model: {name}", where=str(folder), hint="name its own base"
                )
            target.add_((scale * (up.float() @ down.float())).to(target))
    if not downs or 2 * len(downs) != len(weights):
        raise Mistake("the adapter holds something else than pairs of LoRA matrices", where=str(folder))


def _scale(folder: Path) -> float:
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    for key, plain in _PLAIN.items():
        if key in config and config[key] not in plain:
            raise Mistake(
                f"an adapter with {key} = {config[key]!r} cannot be added here",
                where=str(folder / CONFIG),
                hint="merge it with PEFT (`merge_and_unload`) and name the folder of the whole model",
            )
    rank = config["r"]
    return float(config["lora_alpha"] / (math.sqrt(rank) if config.get("use_rslora") else rank))
