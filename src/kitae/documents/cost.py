"""How long it takes to read documents, and to keep apart what may not be trained on."""

from __future__ import annotations

from ..core.quantity import Quantity

# Processor time on one core of a busy machine with two: 530 statutes as UTF-8 text (12.0 MB) in 1.9 s, 60 as HTML in
# CP932 (2.2 MB) in 0.4 s. Reading uses one core.
BYTES_PER_SECOND = 5.0e6
SECONDS_PER_FILE = 0.002
"""Finding, hashing, remembering."""
CHARACTERS_PER_SECOND = 6.0e5
"""Of looking for near-copies: 590 statutes (4.6 million characters in 21,651 sections) took 5.2 s of processor time,
a tenth of them held out; long sections take longer, since they are compared in overlapping windows."""


def cost(*, files: int, size: int) -> Quantity:
    """Seconds on two CPU cores to read files that no earlier run has read.

    Args:
        size: Of all files together, in bytes.
    """
    return Quantity(value=files * SECONDS_PER_FILE + size / BYTES_PER_SECOND, unit="s", how="estimated")


def split_cost(*, characters: int) -> Quantity:
    """Seconds on two CPU cores to split documents; that is done anew whenever one of them or a suite changes."""
    return Quantity(value=characters / CHARACTERS_PER_SECOND, unit="s", how="estimated")
