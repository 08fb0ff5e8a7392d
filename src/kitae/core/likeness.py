"""How alike two short texts are, by the pairs of letters that they share."""

from __future__ import annotations

import re

from .suite import squeeze


def pairs(text: str) -> frozenset[str]:
    """The pairs of neighbouring letters of a text, without marks and white space; of a single letter that letter."""
    squeezed = squeeze(text)
    plain = re.sub(r"\W", "", squeezed) or squeezed
    return frozenset(plain[place : place + 2] for place in range(max(1, len(plain) - 1)))


def dice(one: frozenset[str], two: frozenset[str]) -> float:
    """Sørensen and Dice's coefficient: 1 for the same pairs, 0 for none in common."""
    return 2 * len(one & two) / (len(one) + len(two))
