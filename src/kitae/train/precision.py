"""Which number format things are computed in where rounding would be felt."""

from __future__ import annotations

import torch


def wide(number_format: torch.dtype) -> torch.dtype:
    """float32, or float64 where everything is float64, as when training is held against another loop."""
    return torch.float64 if number_format == torch.float64 else torch.float32
