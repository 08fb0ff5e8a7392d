"""Near-copies: texts that share most of their character 5-grams with another one, in either direction."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Grams = NDArray[np.uint64]

GRAM = 5
SHORTEST = 40
"""Characters (without white space and marks). Shorter texts share too much by chance."""
WINDOW = 2000
"""Characters that are compared at a time. A novel holds half of the 5-grams of any short text by chance."""
_BASE = np.uint64(0x9E3779B97F4A7C15)


def windows(text: str) -> list[str]:
    """A long text in pieces of `WINDOW` characters, each half over the next; a short one as it is."""
    if len(text) <= WINDOW:
        return [text]
    return [text[start : start + WINDOW] for start in range(0, len(text) - WINDOW // 2, WINDOW // 2)]


def grams(text: str) -> Grams:
    """The different character 5-grams of a text as sorted 64-bit hashes."""
    points = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    count = max(0, len(points) - GRAM + 1)
    hashes = np.zeros(count, dtype=np.uint64)
    for offset in range(GRAM):
        hashes = (hashes + points[offset : offset + count] + np.uint64(1)) * _BASE
        # Without mixing, the high bits of one character would not reach the low bits of the sum.
        hashes ^= hashes >> np.uint64(29)
    return np.unique(hashes)


class NearCopies:
    """Finds which of some texts another one is a near-copy of."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        """
        Args:
            texts: Squeezed texts by name; those under `SHORTEST` characters are left out.
        """
        self._names: list[str] = []
        found: list[Grams] = []
        for name, text in texts.items():
            for window in windows(text) if len(text) >= SHORTEST else ():
                self._names.append(name)
                found.append(grams(window))
        self._sizes = np.array([len(each) for each in found], dtype=np.int64)
        hashes = np.concatenate(found) if found else np.zeros(0, dtype=np.uint64)
        order = np.argsort(hashes, kind="stable")
        self._hashes = hashes[order]
        self._holders = np.repeat(np.arange(len(found)), self._sizes)[order]

    def nearest(self, text: str) -> tuple[str, float]:
        """The text that this one is most like, and the containment: shared 5-grams by those of the shorter one.

        `("", 0.0)` where there is none, or the text is too short to say.
        """
        if len(text) < SHORTEST or not self._names:
            return "", 0.0
        return max((self._nearest(grams(window)) for window in windows(text)), key=lambda each: each[1])

    def _nearest(self, own: Grams) -> tuple[str, float]:
        left = np.searchsorted(self._hashes, own, side="left")
        counts = np.searchsorted(self._hashes, own, side="right") - left
        # The places left[i], left[i] + 1 … of every gram, one after another.
        before = np.repeat(np.cumsum(counts) - counts, counts)
        places = np.repeat(left, counts) + np.arange(int(counts.sum())) - before
        shared = np.bincount(self._holders[places], minlength=len(self._names))
        containment = shared / np.minimum(len(own), self._sizes)
        best = int(np.argmax(containment))  # the first among equals
        return (self._names[best], float(containment[best])) if shared[best] else ("", 0.0)
