"""Examples packed into rows, and the order in which rows are trained on."""

from __future__ import annotations

import bisect
import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from .example import Example, row_tokens, shared

SAME_FAMILY = 0.3
"""Examples that share at least this part of the shorter one are packed side by side."""

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
    units = [tuple(range(start, start + together)) for start in range(0, len(examples), together)]
    units.sort(key=lambda unit: examples[unit[0]].tokens.astype(">i4").tobytes())
    families = _families(examples, units, capacity)
    sizes = [row_tokens([examples[index] for unit in family for index in unit]) for family in families]
    rank = {unit: place for place, unit in enumerate(units)}
    rows = [[unit for family in row for unit in families[family]] for row in best_fit(sizes, capacity)]
    ordered = [sorted(row, key=rank.__getitem__) for row in sorted(rows, key=min)]
    return [tuple(index for unit in row for index in unit) for row in ordered]


def _families(examples: Sequence[Example], units: Sequence[Row], capacity: int) -> list[list[Row]]:
    """Runs of units that begin alike, none too large for a row."""
    families: list[list[Row]] = []
    size = 0
    for unit in units:
        first = examples[unit[0]]
        before = examples[families[-1][-1][-1]] if families else None
        common = shared(before, first) if before is not None else 0
        alike = before is not None and common >= SAME_FAMILY * min(len(before), len(first))
        own = row_tokens([examples[index] for index in unit])
        if alike and size + own - common <= capacity:
            families[-1].append(unit)
            size += own - common
        else:
            families.append([unit])
            size = own
    return families


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
