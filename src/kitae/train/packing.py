"""Examples packed into rows, and the order in which rows are trained on."""

from __future__ import annotations

import bisect
import functools
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from .example import Example, row_tokens, shared

SAME_FAMILY = 0.3
"""Examples that share at least this part of the shorter one are packed side by side."""

COMPARED = 32
"""Tokens that are compared at a time when examples are put in order."""

Row = tuple[int, ...]
"""Indices of the examples that stand in a row, in their order there."""


def pack(examples: Sequence[Example], capacity: int, together: int = 1) -> list[Row]:
    """Rows that compute at most `capacity` tokens, every example in exactly one.

    Questions about the same passages begin alike. Such families are kept together, so that their beginning is computed
    once, and in a row examples stand in the order of their tokens, so that neighbours are those that share most.

    Args:
        together: So many examples, one after another, stay side by side in their order (a better and a worse answer).

    Raises:
        ValueError: what stays together is longer than a row.
    """
    firsts = by_tokens(examples, range(0, len(examples), together))
    families, sizes = _families(examples, firsts, capacity, together)
    rank = np.empty(len(firsts), np.int64)
    rank[np.array(firsts, np.int64) // together] = np.arange(len(firsts))
    rows = [[first for family in row for first in families[family]] for row in best_fit(sizes, capacity)]
    rows.sort(key=min)
    ordered = (sorted(row, key=lambda first: rank[first // together]) for row in rows)
    return [tuple(index for first in row for index in _unit(first, together)) for row in ordered]


def _unit(first: int, together: int) -> range:
    """The examples that stay together with this one, which is the first of them."""
    return range(first, first + together)


def by_tokens(examples: Sequence[Example], places: Iterable[int], seen: int = 0) -> list[int]:
    """The places in the order of their examples' tokens, those of equal ones in the order that they had.

    Args:
        seen: So many tokens all of them begin with. Tokens are compared some at a time, so that never all of them are
            in memory.
    """

    def key(place: int) -> bytes:
        return examples[place].tokens[seen : seen + COMPARED].astype(">i4").tobytes()

    keyed = sorted(((key(place), place) for place in places), key=lambda pair: pair[0])
    ordered: list[int] = []
    for alike, group in groupby(keyed, key=lambda pair: pair[0]):
        same = [place for _, place in group]
        more = len(same) > 1 and len(alike) == 4 * COMPARED
        ordered += by_tokens(examples, same, seen + COMPARED) if more else same
    return ordered


def _families(
    examples: Sequence[Example], firsts: Sequence[int], capacity: int, together: int
) -> tuple[list[list[int]], list[int]]:
    """Runs of units that begin alike, each unit by its first example, none too large for a row; and their sizes."""
    families: list[list[int]] = []
    sizes: list[int] = []
    before: Example | None = None
    for place in firsts:
        unit = [examples[index] for index in _unit(place, together)]
        common = shared(before, unit[0]) if before is not None else 0
        alike = before is not None and common >= SAME_FAMILY * min(len(before), len(unit[0]))
        own = row_tokens(unit)
        if alike and sizes[-1] + own - common <= capacity:
            families[-1].append(place)
            sizes[-1] += own - common
        else:
            families.append([place])
            sizes.append(own)
        before = unit[-1]
    return families, sizes


def best_fit(lengths: Sequence[int], capacity: int) -> list[Row]:
    """Packs the longest first, each into the fullest row that still holds it. Every index is in exactly one row.

    Raises:
        ValueError: an example is longer than a row.
    """
    rows: list[list[int]] = []
    # (space left, row), sorted: the first entry with enough space is the fullest row that fits
    space: list[tuple[int, int]] = []
    for index in sorted(range(len(lengths)), key=lambda index: (-lengths[index], index)):
        length = lengths[index]
        if length > capacity:
            raise ValueError(f"example {index} has {length} tokens, a row holds {capacity}")
        at = bisect.bisect_left(space, (length, -1))
        if at == len(space):
            rows.append([index])
            bisect.insort(space, (capacity - length, len(rows) - 1))
        else:
            left, row = space.pop(at)
            rows[row].append(index)
            bisect.insort(space, (left - length, row))
    return [tuple(row) for row in rows]


@dataclass(frozen=True)
class Order:
    """Which rows a step trains on: a function of the seed and the step alone, so that resuming needs no state.

    Each epoch goes through all rows once, in an order of its own. The stream of all epochs is cut into steps of
    `rows_per_step` rows and ends after `total` rows.
    """

    rows: Sequence[Row]
    sizes: Sequence[int]
    """Tokens that each row computes."""
    rows_per_step: int
    seed: int
    total: int

    @property
    def steps(self) -> int:
        return -(-self.total // self.rows_per_step)

    def step(self, step: int) -> list[Row]:
        """The rows of a step, counted from 0."""
        return [self.rows[index] for index in self._indices(step)]

    def tokens(self, step: int) -> int:
        """Tokens that a step computes."""
        return sum(self.sizes[index] for index in self._indices(step))

    @property
    def computed(self) -> int:
        """Tokens that all steps compute."""
        return sum(map(self.tokens, range(self.steps)))

    def _indices(self, step: int) -> list[int]:
        if not 0 <= step < self.steps:
            raise IndexError(f"step {step} of {self.steps}")
        start = step * self.rows_per_step
        return [self._at(place) for place in range(start, min(start + self.rows_per_step, self.total))]

    def _at(self, place: int) -> int:
        epoch, index = divmod(place, len(self.rows))
        return shuffled(len(self.rows), self.seed, epoch)[index]


@functools.lru_cache(maxsize=4)
def shuffled(count: int, seed: int, epoch: int) -> list[int]:
    """A permutation that is the same on every machine and with every version of every library."""

    def key(index: int) -> bytes:
        return hashlib.blake2b(f"{seed} {epoch} {index}".encode(), digest_size=16).digest()

    return sorted(range(count), key=key)


def rows_for_tokens(sizes: Sequence[int], seed: int, tokens: int) -> int:
    """How many rows of the stream it takes to reach a number of tokens; `sizes` are the rows' tokens."""
    epoch, left = divmod(tokens, sum(sizes))
    count = epoch * len(sizes)
    for row in shuffled(len(sizes), seed, epoch):
        if left <= 0:
            break
        left -= sizes[row]
        count += 1
    return count
