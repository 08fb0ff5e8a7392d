"""Cross-entropy over a large vocabulary without ever holding all logits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import torch
from torch import Tensor

from .fused import kernel_for, summed
from .precision import wide

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
    if len(targets) and (found := kernel_for(hidden.device)):
        return summed(found, hidden, weight, targets, softcap)
    result: Tensor = _Summed.apply(hidden, weight, targets, softcap)  # type: ignore[no-untyped-call]
    return result


def log_probabilities(hidden: Tensor, weight: Tensor, targets: Tensor, *, softcap: float | None = None) -> Tensor:
    """`log p(target)` of each position, (positions,), in float32; arguments as for `summed_cross_entropy`.

    Preferences weigh each answer by all of its tokens, so gradients can be computed only after the loss: logits are
    computed once more on the way back, chunk by chunk.
    """
    result: Tensor = _Each.apply(hidden, weight, targets, softcap)  # type: ignore[no-untyped-call]
    return result


class _Each(torch.autograd.Function):
    """`log p(target)` with nothing kept of the logits."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor, softcap: float | None) -> Tensor:
        ctx.save_for_backward(hidden, weight, targets)
        ctx.softcap = softcap
        found = hidden.new_empty(len(targets), dtype=wide(hidden.dtype))
        for chunk in _chunks(len(targets), weight):
            logits, _ = _logits(hidden[chunk], weight, softcap)
            found[chunk] = logits.gather(-1, targets[chunk, None])[:, 0] - logits.logsumexp(dim=-1)
        return found

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        hidden, weight, targets = ctx.saved_tensors
        of_hidden, of_weight = _empty_gradients(hidden, weight, ctx.needs_input_grad)
        for chunk in _chunks(len(targets), weight):
            logits, capped = _logits(hidden[chunk], weight, ctx.softcap)
            gradient = logits.sub_(logits.logsumexp(dim=-1, keepdim=True)).exp_().neg_()
            gradient[torch.arange(len(gradient), device=gradient.device), targets[chunk]] += 1
            gradient.mul_(gradients[0][chunk, None])
            _add_gradients(gradient, capped, hidden, weight, chunk, of_hidden, of_weight)
        return of_hidden, None if of_weight is None else of_weight.to(weight.dtype), None, None


class _Summed(torch.autograd.Function):
    """Computes the gradients with the loss, chunk by chunk, since the loss only needs scaling afterwards.

    The idea is that of fused linear cross-entropy (Liger Kernel, arXiv:2410.10989); this is plain torch, for CPUs and
    wherever Liger's own kernels are not installed.
    """

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor, softcap: float | None) -> Tensor:
        of_hidden, of_weight = _empty_gradients(hidden, weight, ctx.needs_input_grad)
        total = torch.zeros((), dtype=wide(hidden.dtype), device=hidden.device)
        for chunk in _chunks(len(targets), weight):
            logits, capped = _logits(hidden[chunk], weight, softcap)
            index = targets[chunk, None]
            highest = logits.logsumexp(dim=-1, keepdim=True)
            total += (highest - logits.gather(-1, index)).sum()
            if of_hidden is None and of_weight is None:
                continue
            gradient = logits.sub_(highest).exp_()
            gradient[torch.arange(len(gradient), device=gradient.device), targets[chunk]] -= 1
            _add_gradients(gradient, capped, hidden, weight, chunk, of_hidden, of_weight)
        ctx.of_hidden, ctx.of_weight = of_hidden, of_weight
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        # As a Python number: a bfloat16 tensor times a float32 one would round the scale itself.
        scale = float(gradients[0])
        of_hidden = None if ctx.of_hidden is None else ctx.of_hidden * scale
        of_weight = None if ctx.of_weight is None else ctx.of_weight * scale
        return of_hidden, of_weight, None, None


def _chunks(positions: int, weight: Tensor) -> Iterator[slice]:
    size = max(1, CHUNK_LOGITS // weight.shape[0])
    return (slice(start, start + size) for start in range(0, positions, size))


def _logits(hidden: Tensor, weight: Tensor, softcap: float | None) -> tuple[Tensor, Tensor | None]:
    """The logits, and `tanh(logits / softcap)` where they are capped."""
    logits = (hidden @ weight.T).to(wide(hidden.dtype))
    if not softcap:
        return logits, None
    capped = logits.div_(softcap).tanh_()
    return capped * softcap, capped


def _empty_gradients(hidden: Tensor, weight: Tensor, needed: tuple[bool, ...]) -> tuple[Tensor | None, Tensor | None]:
    """Of hidden states and weight, where they are needed; the weight's is added up in float32."""
    of_weight = torch.zeros_like(weight, dtype=wide(weight.dtype)) if needed[1] else None
    return torch.empty_like(hidden) if needed[0] else None, of_weight


def _add_gradients(
    gradient: Tensor,
    capped: Tensor | None,
    hidden: Tensor,
    weight: Tensor,
    chunk: slice,
    of_hidden: Tensor | None,
    of_weight: Tensor | None,
) -> None:
    """Carries the gradient of a chunk's logits on to hidden states and weight."""
    if capped is not None:
        gradient.mul_(capped.square_().neg_().add_(1))
    gradient = gradient.to(hidden.dtype)
    if of_hidden is not None:
        of_hidden[chunk] = gradient @ weight
    if of_weight is not None:
        of_weight += gradient.T @ hidden[chunk]
