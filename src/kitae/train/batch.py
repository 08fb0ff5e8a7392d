"""A packed row as tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .attention import Stretch
from .example import Example, shared_with_previous


@dataclass(frozen=True, slots=True)
class Batch:
    """One row: examples one after another, without padding; a beginning that neighbours share stands there once."""

    ids: Tensor
    """(1, tokens)"""
    positions: Tensor
    """(1, tokens), from 0 in each example."""
    stretches: tuple[Stretch, ...]
    """Where each example stands."""
    where: Tensor
    """(targets,): places in the row whose next token is learnt."""
    targets: Tensor
    """(targets,): those next tokens, example by example."""
    learnt: tuple[int, ...]
    """How many of the targets each example has."""
    names: tuple[str, ...]
    """The examples' ids."""

    @classmethod
    def of(cls, examples: Sequence[Example], device: torch.device) -> Self:
        places = _places(examples)
        stretches, ids, positions, where, targets = [], [], [], [], []
        for example, place, shared in zip(examples, places, shared_with_previous(examples), strict=True):
            before = torch.from_numpy(place[:shared]).to(device) if shared else None
            stretches.append(Stretch(int(place[shared]), int(place[-1]) + 1, before))
            ids.append(example.tokens[shared:])
            positions.append(np.arange(shared, len(example)))
            # The first token of an example is not predicted: what stands before it in the row is another example.
            predicted = 1 + np.flatnonzero(example.learnt[1:])
            where.append(place[predicted - 1])
            targets.append(example.tokens[predicted])

        def tensor(parts: Sequence[npt.NDArray[np.integer]]) -> Tensor:
            return torch.from_numpy(np.concatenate(parts).astype(np.int64)).to(device)

        return cls(
            tensor(ids)[None],
            tensor(positions)[None],
            tuple(stretches),
            tensor(where),
            tensor(targets),
            learnt=tuple(map(len, where)),
            names=tuple(example.id for example in examples),
        )

    @property
    def tokens(self) -> int:
        return self.ids.shape[1]


def _places(examples: Sequence[Example]) -> list[npt.NDArray[np.int64]]:
    """For each example, where each of its tokens stands in the row."""
    places: list[npt.NDArray[np.int64]] = []
    used = 0
    for example, shared in zip(examples, shared_with_previous(examples), strict=True):
        own = len(example) - shared
        before = places[-1][:shared] if shared else np.empty(0, np.int64)
        places.append(np.concatenate([before, np.arange(used, used + own)]))
        used += own
    return places
