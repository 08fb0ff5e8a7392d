"""Sequences of examples that make each one when it is asked for: a corpus is never in memory as a whole."""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import overload

import numpy as np

from .example import Example, piece, pieces_of


class Examples(Sequence[Example]):
    """Examples by their place, from 0."""

    @abstractmethod
    def at(self, place: int) -> Example:
        """The example at a place that there is."""

    @overload
    def __getitem__(self, place: int) -> Example: ...

    @overload
    def __getitem__(self, place: slice) -> list[Example]: ...

    def __getitem__(self, place: int | slice) -> Example | list[Example]:
        if isinstance(place, slice):
            return [self.at(each) for each in range(*place.indices(len(self)))]
        if not -len(self) <= place < len(self):
            raise IndexError(f"example {place} of {len(self)}")
        return self.at(place % len(self))


class Picked(Examples):
    """Some of the examples, in the order of `places`."""

    def __init__(self, of: Sequence[Example], places: Sequence[int], repeats: Sequence[int] | None = None) -> None:
        """
        Args:
            repeats: How often each of them is learnt in an epoch; as before where it is `None`.
        """
        self.of, self.places, self._repeats = of, places, repeats

    def __len__(self) -> int:
        return len(self.places)

    def at(self, place: int) -> Example:
        found = self.of[self.places[place]]
        return found if self._repeats is None else found.repeated(self._repeats[place])


class Joined(Examples):
    """Several sequences one after another."""

    def __init__(self, parts: Sequence[Sequence[Example]]) -> None:
        self._parts = parts
        self._ends = list(accumulate(map(len, parts)))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def at(self, place: int) -> Example:
        part = self.part(place)
        return self._parts[part][place - self._ends[part]]

    def part(self, place: int) -> int:
        """Which of the sequences the example at a place is of."""
        return bisect_right(self._ends, place)


class Cut(Examples):
    """Texts of which those that are longer than a row are cut into `pieces`."""

    def __init__(self, texts: Sequence[Example], longest: int) -> None:
        """
        Args:
            longest: Tokens; at least 2.
        """
        self._texts = texts
        counts = np.fromiter((pieces_of(len(text), longest) for text in texts), np.int64, len(texts))
        self._ends = np.cumsum(counts)

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def at(self, place: int) -> Example:
        text = int(np.searchsorted(self._ends, place, side="right"))
        first = int(self._ends[text - 1]) if text else 0
        return piece(self._texts[text], place - first, int(self._ends[text]) - first)
