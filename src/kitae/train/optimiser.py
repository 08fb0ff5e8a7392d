"""What changes the weights, and what it keeps of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor

from .quantised import check_package
from .recipe import Course

BETAS: Final = (0.9, 0.95)
"""AdamW's; the second one is that of most language models since GPT-3, which suits runs of a few dozen steps."""

SPREAD: Final = ("exp_avg", "exp_avg_sq")
"""Of what AdamW keeps, that which is spread over ranks as the weight is."""


def make_optimiser(weights: Mapping[str, Tensor], course: Course, processes: int = 1) -> torch.optim.Optimizer:
    """AdamW, with decay of matrices alone.

    Raises:
        Mistake: this machine cannot keep moments in 8 bits.
    """
    trained = list(weights.values())
    groups = [
        {"params": [each for each in trained if each.dim() >= 2], "weight_decay": course.weight_decay},
        {"params": [each for each in trained if each.dim() < 2], "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    if course.optimiser == "adamw":
        return torch.optim.AdamW(groups, lr=0.0, betas=BETAS, fused=True)
    check_optimiser(course, trained[0].device.type, processes)
    from bitsandbytes.optim import AdamW8bit

    made: torch.optim.Optimizer = AdamW8bit(groups, lr=0.0, betas=BETAS)
    return made


def check_optimiser(course: Course, device: str, processes: int) -> None:
    """
    Raises:
        Mistake: the optimiser of a course does not run here.
    """
    if course.optimiser == "adamw8bit":
        check_package(
            "AdamW in 8 bits",
            where='optimiser = "adamw8bit"',
            instead='`optimiser = "adamw"` keeps 8 bytes of each trained weight instead of 2',
            device=device,
            processes=processes,
        )


def kept(optimiser: torch.optim.Optimizer, weight: Tensor) -> dict[str, Tensor]:
    """What is kept of a weight; nothing of one that had no gradient yet, such as an expert that no token went to."""
    state = optimiser.state.get(weight, {})
    return {name: each if isinstance(each, Tensor) else torch.tensor(each) for name, each in state.items()}


def keep(optimiser: torch.optim.Optimizer, weight: Tensor, state: Mapping[str, Tensor]) -> None:
    """The way back from `kept`."""
    if state:
        optimiser.state[weight] = {name: _given_back(each, weight) for name, each in state.items()}


def _given_back(value: Tensor, weight: Tensor) -> Tensor | int:
    """Where AdamW counts steps in a float32 tensor, that in 8 bits does in a number of Python."""
    return int(value) if value.dtype == torch.int64 else value.to(weight.device)
