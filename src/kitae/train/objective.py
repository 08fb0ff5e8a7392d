"""What training makes smaller: the surprise of what is to be learnt, or the wish for the worse of two answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor

from .batch import Batch
from .recipe import Course, PreferRecipe
from .trainee import Trainee


class Objective(Protocol):
    """A loss that is summed over a row, and what the sum over a step's rows is divided by."""

    together: int
    """So many examples, one after another, are one thing to learn: they stand in one row, in this order."""

    def count(self, batch: Batch) -> int:
        """How many things to learn a row holds."""
        ...

    def loss(self, trainee: Trainee, batch: Batch) -> Tensor:
        """The loss, summed over them."""
        ...


class Likelihood:
    """Cross-entropy of every token that is learnt: continued pretraining and tuning."""

    together = 1

    def count(self, batch: Batch) -> int:
        return len(batch.targets)

    def loss(self, trainee: Trainee, batch: Batch) -> Tensor:
        return trainee.loss(batch)


@dataclass(frozen=True)
class DirectPreference:
    """The better answer of each pair before the worse one; examples are (better, worse), (better, worse) …

    With m = log p(better) − log p(worse), less the same of the model before training:
    −log sigmoid(`beta` · m − `margin`), which is DPO (arXiv:2305.18290). Without the model before training and
    with means over tokens instead of sums it is SimPO (arXiv:2405.14734). `likelihood` adds the mean cross-entropy of
    the better answer, which keeps it from becoming unlikely together with the worse one (arXiv:2404.19733).
    """

    beta: float = 0.1
    margin: float = 0.0
    normalised: bool = False
    """Log-probabilities are means over an answer's tokens instead of sums."""
    likelihood: float = 0.0
    before: Mapping[str, float] = field(default_factory=dict)
    """Log-probability of each example, by its id, before training; reference-free where it is empty."""

    together = 2

    def count(self, batch: Batch) -> int:
        return len(batch.learnt) // 2

    def loss(self, trainee: Trainee, batch: Batch) -> Tensor:
        told = trainee.log_probabilities(batch)
        scored = self.scores(told)
        if self.before:
            scored = scored - scored.new_tensor([self.before[id] for id in batch.names])
        better, worse = scored[0::2], scored[1::2]
        loss = -torch.nn.functional.logsigmoid(self.beta * (better - worse) - self.margin).sum()
        if self.likelihood:
            loss = loss - self.likelihood * torch.stack([each.mean() for each in told[0::2]]).sum()
        return loss

    def scores(self, told: list[Tensor]) -> Tensor:
        """(examples,): how likely each answer is."""
        return torch.stack([each.mean() if self.normalised else each.sum() for each in told])


def together(course: Course) -> int:
    """`Objective.together` of the course's objective, before there is a model to make one with."""
    return DirectPreference.together if isinstance(course, PreferRecipe) else Likelihood.together
