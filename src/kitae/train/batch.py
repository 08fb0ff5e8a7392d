"""A packed row as tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import torch
from torch import Tensor

from .example import Example


@dataclass(frozen=True, slots=True)
class Batch:
    """One row: examples one after another, without padding."""

    ids: Tensor
    """(1, tokens)"""
    positions: Tensor
    """(1, tokens), from 0 in each example."""
    documents: tuple[int, ...]
    """Where the examples start, and how many tokens there are."""
    where: Tensor
    """(targets,): places in the row whose next token is learnt."""
    targets: Tensor
    """(targets,): those next tokens."""

    @classmethod
    def of(cls, examples: Sequence[Example], device: torch.device) -> Batch:
        tokens = np.concatenate([each.tokens for each in examples]).astype(np.int64)
        learnt = np.concatenate([each.learnt for each in examples])
        documents = (0, *accumulate(len(each) for each in examples))
        # The first token of an example must not be predicted from the last one of the example before it.
        learnt[list(documents[:-1])] = False
        predicted = np.flatnonzero(learnt)
        positions = np.concatenate([np.arange(len(each)) for each in examples])
        return cls(
            ids=torch.from_numpy(tokens)[None].to(device),
            positions=torch.from_numpy(positions)[None].to(device),
            documents=documents,
            where=torch.from_numpy(predicted - 1).to(device),
            targets=torch.from_numpy(tokens[predicted]).to(device),
        )

    @property
    def tokens(self) -> int:
        return self.documents[-1]
