"""A frozen base in 4 bits beneath trained adapters (QLoRA, arXiv:2305.14314), by bitsandbytes.

Weights are held as NF4 with scales that are quantised once more, half a byte each, and become numbers again one layer
at a time, on the way there and on the way back. What is trained is LoRA as ever.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor, nn

from ..core.mistakes import Mistake
from .lora import LoraLinear

PACKAGE: Final = "bitsandbytes"


def check_quantising(device: str, processes: int) -> None:
    """
    Raises:
        Mistake: this machine cannot hold weights in 4 bits, or not spread over processes.
    """
    check_package(
        "QLoRA",
        where='method = "qlora"',
        instead='`method = "lora"` trains the same adapters; bfloat16 halves its memory where the processor has it',
        device=device,
        processes=processes,
    )


def check_package(what: str, *, where: str, instead: str, device: str, processes: int) -> None:
    """
    Raises:
        Mistake: bitsandbytes does not run here, or not in several processes.
    """
    if device == "cpu":
        raise Mistake(f"{what} needs a GPU", where=where, hint=instead)
    if importlib.util.find_spec(PACKAGE) is None:
        raise Mistake(f"{what} needs {PACKAGE}, which is not installed", where=where, hint="pip install 'kitae[qlora]'")
    if processes > 1:
        raise Mistake(
            f"{what} trains in one process: what it keeps is not spread over several", where=where, hint=instead
        )


def quantise(model: nn.Module, device: torch.device, number_format: torch.dtype) -> None:
    """Packs the frozen weight under each adapter; adapters, embeddings, norms and the output layer stay as they are.

    Args:
        device: Where the packed weights are held.
        number_format: That they are unpacked to.
    """
    for each in model.modules():
        if isinstance(each, LoraLinear):
            packed, unpack = pack(each.layer.weight.detach().to(device, number_format))
            each.layer.weight = nn.Parameter(packed, requires_grad=False)
            each.unpack = unpack


def pack(weight: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """A weight in 4 bits, and what makes of them nearly the same weight again."""
    from bitsandbytes.functional import dequantize_4bit, quantize_4bit

    packed, state = quantize_4bit(weight.contiguous(), compress_statistics=True, quant_type="nf4")
    return packed, functools.partial(dequantize_4bit, quant_state=state)
