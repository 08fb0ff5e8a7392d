"""Cross-entropy with the output layer by Liger's kernels (arXiv:2410.10989), on a GPU where they are installed.

They give what `loss.py` does in plain torch, and touch each chunk of logits once instead of five times.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
from torch import Tensor

Kernel = Callable[..., Tensor]


@functools.cache
def kernel() -> Kernel | None:
    """Liger's function; `None` where it is not installed (`pip install 'kitae[gpu]'`)."""
    try:
        from liger_kernel.transformers.functional import liger_fused_linear_cross_entropy
    except ImportError:
        return None
    found: Kernel = liger_fused_linear_cross_entropy
    return found


def kernel_for(device: torch.device) -> Kernel | None:
    """The kernels that compute on this device; on a CPU plain torch does."""
    return kernel() if device.type == "cuda" else None


def summed(found: Kernel, hidden: Tensor, weight: Tensor, targets: Tensor, softcap: float | None) -> Tensor:
    """As `loss.summed_cross_entropy`."""
    # Without it the weight's gradient is added up in the weight's own format, chunk after chunk.
    accumulated = torch.float32
    return found(hidden, weight, targets, reduction="sum", softcap=softcap, accum_dtype=accumulated)
