"""Plain text → lines."""

from __future__ import annotations

from .lines import Line, Reading


def read_plain(text: str) -> Reading:
    """Every line as it is; what is a heading is found by its words alone."""
    return Reading(tuple(Line(line) for line in text.splitlines()))
