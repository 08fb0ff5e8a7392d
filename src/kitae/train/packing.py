"""Examples packed into rows, and the order in which rows are trained on."""

from __future__ import annotations

import bisect
import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

Row = tuple[int, ...]
"""Indices of the examples that stand in a row, one after another."""


def best_fit(lengths: Sequence[int], capacity: int) -> list[Row]:
    """Packs the longest first, each into the fullest row that still holds it. Every index is in exactly one row.

    Rows come out in the order of their first (smallest) index, so that the result says nothing about lengths.

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
    return sorted(tuple(sorted(row)) for row in rows)


@dataclass(frozen=True)
class Order:
    """Which rows a step trains on: a function of the seed and the step alone, so that resuming needs no state.

    Each epoch goes through all rows once, in an order of its own. The stream of all epochs is cut into steps of
    `rows_per_step` rows and ends after `total` rows.
    """

    rows: Sequence[Row]
    rows_per_step: int
    seed: int
    total: int

    @property
    def steps(self) -> int:
        return -(-self.total // self.rows_per_step)

    def step(self, step: int) -> list[Row]:
        """The rows of a step, counted from 0."""
        if not 0 <= step < self.steps:
            raise IndexError(f"step {step} of {self.steps}")
        start = step * self.rows_per_step
        return [self._at(place) for place in range(start, min(start + self.rows_per_step, self.total))]

    def _at(self, place: int) -> Row:
        epoch, index = divmod(place, len(self.rows))
        return self.rows[shuffled(len(self.rows), self.seed, epoch)[index]]


@functools.lru_cache(maxsize=4)
def shuffled(count: int, seed: int, epoch: int) -> list[int]:
    """A permutation that is the same on every machine and with every version of every library."""

    def key(index: int) -> bytes:
        return hashlib.blake2b(f"{seed} {epoch} {index}".encode(), digest_size=16).digest()

    return sorted(range(count), key=key)


def rows_for_tokens(rows: Sequence[Row], lengths: Sequence[int], seed: int, tokens: int) -> int:
    """How many rows of the stream it takes to reach a number of tokens."""
    sizes = [sum(lengths[index] for index in row) for row in rows]
    epoch, left = divmod(tokens, sum(sizes))
    count = epoch * len(rows)
    for row in shuffled(len(rows), seed, epoch):
        if left <= 0:
            break
        left -= sizes[row]
        count += 1
    return count
