"""How long it takes to convert a model for CTranslate2."""

from __future__ import annotations

from ..core.quantity import Quantity

# Measured with `kitae run` on two CPU cores, the check against the original included.
SECONDS_PER_PARAMETER = 15.0 / 123e6


def cost(parameters: float) -> Quantity:
    """Seconds on two CPU cores."""
    return Quantity(value=parameters * SECONDS_PER_PARAMETER, unit="s", how="estimated")
