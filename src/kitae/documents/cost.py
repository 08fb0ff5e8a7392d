"""How long it takes to read documents."""

from __future__ import annotations

from ..core.quantity import Quantity

# Measured with `tests`' data on one of two busy cores: 590 statutes and 14 sample documents, 0.9 to 1.5 MB a second.
BYTES_PER_SECOND = 1.0e6
SECONDS_PER_FILE = 0.002
"""Finding, hashing, remembering."""


def cost(*, files: int, size: int) -> Quantity:
    """Seconds on two CPU cores to read files that no earlier run has read.

    Args:
        size: Of all files together, in bytes.
    """
    return Quantity(value=files * SECONDS_PER_FILE + size / BYTES_PER_SECOND, unit="s", how="estimated")
