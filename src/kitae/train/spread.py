"""How a model is laid out for training: its weights over ranks, its layers computed again instead of kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

if TYPE_CHECKING:
    from torch.distributed.device_mesh import DeviceMesh


def layers_of(model: Any) -> list[nn.Module]:
    """The layers that a model has one after another."""
    lists = [list(each) for each in model.base_model.children() if isinstance(each, nn.ModuleList)]
    return max(lists, key=len, default=[])


def recompute(layers: list[nn.Module]) -> None:
    """Has the backward pass compute each layer anew from its input, the one thing of it that is kept.

    One more forward pass for a fraction of the memory, and the same bits: nothing in a step draws random numbers.
    """
    for layer in layers:
        layer.forward = _again(layer.forward)


def _again(forward: Callable[..., Any]) -> Callable[..., Any]:
    from torch.utils.checkpoint import checkpoint

    def again(*arguments: Any, **named: Any) -> Any:
        return checkpoint(forward, *arguments, use_reentrant=False, preserve_rng_state=False, **named)

    return again


def spread(whole: nn.Module, layers: list[nn.Module], mesh: DeviceMesh, narrow: torch.dtype | None) -> None:
    """Spreads weights, gradients and what the optimiser keeps over ranks, layer by layer: FSDP2.

    Where each rank has a copy of its own (the mesh's second side is 1) the same code adds up gradients alone, which is
    data parallelism as DDP does it.

    Args:
        whole: Model and loss; a call of it is a pass.
        narrow: The number format that float32 weights are gathered in, if another; gradients are added up in float32.
    """
    from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard

    policy = MixedPrecisionPolicy(cast_forward_inputs=False)
    if narrow is not None:
        policy = MixedPrecisionPolicy(param_dtype=narrow, reduce_dtype=torch.float32, cast_forward_inputs=False)
    for module in (*layers, whole):
        fully_shard(module, mesh=mesh, mp_policy=policy)
    for each in whole.modules():
        if isinstance(each, FSDPModule):
            # The loss is divided by the targets of all ranks; the mean over ranks would be that of rows that happen
            # to be on one.
            each.set_gradient_divide_factor(1.0)
            each.set_force_sum_reduction_for_comms(True)
            # An expert that no token of this rank went to has a gradient on another.
            each.set_reduce_scatter_unused_params(True)


def settle(whole: nn.Module) -> None:
    """Forgets weights that were gathered, so that the next pass gathers what they have become."""
    from torch.distributed.fsdp import FSDPModule

    for each in whole.modules():
        if isinstance(each, FSDPModule):
            each.reshard()
