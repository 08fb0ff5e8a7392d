"""How long it takes to make a corpus."""

from __future__ import annotations

from ..core.quantity import Quantity

CHARACTERS_PER_SECOND = 1.0e6
"""590 statutes (4.6 million characters in 21,651 sections) took 4.7 s of processor time on one busy core."""


def cost(*, characters: int) -> Quantity:
    """Seconds on two CPU cores to judge documents that no earlier run has judged."""
    return Quantity(value=characters / CHARACTERS_PER_SECOND, unit="s", how="estimated")
