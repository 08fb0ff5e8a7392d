"""How long it takes to make a corpus."""

from __future__ import annotations

from ..core.quantity import Quantity

CHARACTERS_PER_SECOND = 1.0e6


def cost(*, characters: int) -> Quantity:
    """Seconds on two CPU cores to judge documents that no earlier run has judged."""
    return Quantity(value=characters / CHARACTERS_PER_SECOND, unit="s", how="estimated")
