"""Low-rank adaptation (arXiv:2106.09685): small trained matrices beside frozen weights.

Our own 60 lines and not PEFT, which casts every input to the adapter's number format; initial values and scaling are
the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from .precision import wide
from .ranks import whole


@dataclass(frozen=True)
class Adapter:
    """What was trained beside a linear layer: whole, on the CPU."""

    down: Tensor
    """(rank, inputs)"""
    up: Tensor
    """(outputs, rank)"""
    scale: float

    def change(self) -> Tensor:
        """What is added to the weight, in float32."""
        return self.scale * (self.up @ self.down)


class LoraLinear(nn.Module):
    """A frozen linear layer with `alpha / rank * up @ down` added to its weight.

    The adapter is float32 whatever the layer's number format is, but for float64.
    """

    def __init__(self, layer: nn.Linear, rank: int, alpha: float, generator: torch.Generator) -> None:
        super().__init__()
        self.layer = layer.requires_grad_(False)
        self.unpack: Callable[[Tensor], Tensor] = _as_it_is
        """Makes the weight of what the layer holds of it: see `quantised`."""
        self.scale = alpha / rank
        bound = 1 / math.sqrt(layer.in_features)
        down = torch.empty(rank, layer.in_features).uniform_(-bound, bound, generator=generator)
        device, number_format = layer.weight.device, wide(layer.weight.dtype)
        self.down = nn.Parameter(down.to(device, number_format))
        self.up = nn.Parameter(torch.zeros(layer.out_features, rank, device=device, dtype=number_format))

    def forward(self, inputs: Tensor) -> Tensor:
        flat = inputs.reshape(-1, inputs.shape[-1])
        down, up = (side.to(inputs.dtype) for side in (self.down, self.up))
        result: Tensor = _Lora.apply(flat, self.layer.weight, down, up, self.scale, self.unpack)  # type: ignore[no-untyped-call]
        if self.layer.bias is not None:
            result = result + self.layer.bias
        return result.view(*inputs.shape[:-1], -1)

    def adapter(self) -> Adapter:
        """What was trained so far. Where several ranks have parts of it, all have to ask."""
        down, up = (whole(side.detach()).cpu() for side in (self.down, self.up))
        return Adapter(down, up, self.scale)


class _Lora(torch.autograd.Function):
    """`inputs @ (weight + scale * up @ down).T` with gradients for all but the frozen weight."""

    @staticmethod
    def forward(
        ctx: Any,
        inputs: Tensor,
        weight: Tensor,
        down: Tensor,
        up: Tensor,
        scale: float,
        unpack: Callable[[Tensor], Tensor],
    ) -> Tensor:
        narrow = inputs @ down.T
        ctx.save_for_backward(inputs, weight, down, up, narrow)
        ctx.scale, ctx.unpack = scale, unpack
        return (inputs @ unpack(weight).T).addmm_(narrow, up.T, alpha=scale)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        inputs, weight, down, up, narrow = ctx.saved_tensors
        gradient = gradients[0]
        of_narrow = (gradient @ up).mul_(ctx.scale)
        of_inputs = (gradient @ ctx.unpack(weight)).addmm_(of_narrow, down) if ctx.needs_input_grad[0] else None
        of_up = (gradient.T @ narrow).mul_(ctx.scale)
        return of_inputs, None, of_narrow.T @ inputs, of_up, None, None


def _as_it_is(weight: Tensor) -> Tensor:
    return weight


def add_adapters(
    model: nn.Module,
    *,
    rank: int,
    alpha: float,
    seed: int,
    skip: nn.Module | None,
    frozen: Set[str] = frozenset(),
) -> None:
    """Freezes the model and puts an adapter beside each of its linear layers but `skip` (the output layer).

    Args:
        frozen: Names of weights that get none either.
    """
    generator = torch.Generator().manual_seed(seed)
    model.requires_grad_(False)
    layers = [(name, each) for name, each in model.named_modules() if isinstance(each, nn.Linear) and each is not skip]
    for name, layer in layers:
        if f"{name}.weight" in frozen:
            continue
        parent, _, child = name.rpartition(".")
        setattr(model.get_submodule(parent), child, LoraLinear(layer, rank, alpha, generator))


def adapters(model: nn.Module) -> Iterator[tuple[str, Adapter]]:
    """Adapters, each with the name of the weight that it changes, as the plain model calls it. All ranks ask."""
    for name, each in model.named_modules():
        if isinstance(each, LoraLinear):
            yield f"{name}.weight", each.adapter()
