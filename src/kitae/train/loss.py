"""Cross-entropy over a large vocabulary without ever holding all logits."""

from __future__ import annotations

from typing import Any, Final

import torch
from torch import Tensor

CHUNK_LOGITS: Final = 2**24
"""Logits held at a time: 64 MiB in float32."""


def summed_cross_entropy(hidden: Tensor, weight: Tensor, targets: Tensor, *, softcap: float | None = None) -> Tensor:
    """The sum (not the mean) of `-log p(target)` over positions, in float32.

    Args:
        hidden: (positions, width), in the model's number format.
        weight: (vocabulary, width), of the output layer.
        targets: (positions,), token ids.
        softcap: Logits are `softcap * tanh(logits / softcap)` in models that have one.
    """
    result: Tensor = _Summed.apply(hidden, weight, targets, softcap)  # type: ignore[no-untyped-call]
    return result


class _Summed(torch.autograd.Function):
    """Computes the gradients with the loss, chunk by chunk, since the loss only needs scaling afterwards.

    The idea is that of fused linear cross-entropy (Liger Kernel, arXiv:2410.10989); this is plain torch.
    """

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor, softcap: float | None) -> Tensor:
        needs_hidden, needs_weight = ctx.needs_input_grad[:2]
        of_hidden = torch.empty_like(hidden) if needs_hidden else None
        of_weight = torch.zeros_like(weight, dtype=torch.float32) if needs_weight else None
        total = torch.zeros((), dtype=torch.float32, device=hidden.device)
        size = max(1, CHUNK_LOGITS // weight.shape[0])
        for start in range(0, len(targets), size):
            chunk = slice(start, start + size)
            logits = (hidden[chunk] @ weight.T).float()
            capped = logits.div_(softcap).tanh_() if softcap else None
            if softcap:
                logits = logits * softcap
            index = targets[chunk, None]
            highest = logits.logsumexp(dim=-1, keepdim=True)
            total += (highest - logits.gather(-1, index)).sum()
            if not (needs_hidden or needs_weight):
                continue
            gradient = logits.sub_(highest).exp_()
            gradient[torch.arange(len(gradient), device=gradient.device), targets[chunk]] -= 1
            if capped is not None:
                gradient.mul_(capped.square_().neg_().add_(1))
            gradient = gradient.to(hidden.dtype)
            if of_hidden is not None:
                of_hidden[chunk] = gradient @ weight
            if of_weight is not None:
                of_weight += gradient.T @ hidden[chunk]
        ctx.of_hidden, ctx.of_weight = of_hidden, of_weight
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        # As a Python number: a bfloat16 tensor times a float32 one would round the scale itself.
        scale = float(gradients[0])
        of_hidden = None if ctx.of_hidden is None else ctx.of_hidden * scale
        of_weight = None if ctx.of_weight is None else ctx.of_weight * scale
        return of_hidden, of_weight, None, None
