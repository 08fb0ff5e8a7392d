"""What a model makes of examples, without learning from them."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Sequence
from typing import Final

import torch

from .batch import Batch
from .example import Example, row_tokens
from .objective import DirectPreference, Likelihood, Objective
from .packing import pack, shuffled
from .recipe import Course
from .trainee import Trainee

LIKELIHOOD: Final = Likelihood()


@torch.no_grad()
def mean_loss(
    trainee: Trainee, examples: Sequence[Example], course: Course, objective: Objective = LIKELIHOOD
) -> float | None:
    """Mean loss over what is learnt in examples; `None` where there is none."""
    summed = count = 0.0
    for batch, counts in _batches(trainee, examples, course, objective):
        loss = float(objective.loss(trainee, batch))
        if counts:
            summed += loss
            count += objective.count(batch)
    summed, count = trainee.ranks.total(summed), trainee.ranks.total(count)
    return summed / count if count else None


@torch.no_grad()
def scores(
    trainee: Trainee, examples: Sequence[Example], course: Course, objective: DirectPreference
) -> dict[str, float]:
    """How likely the model finds each answer, by the example's id."""
    found: dict[str, float] = {}
    for batch, _ in _batches(trainee, examples, course, objective):
        found |= zip(batch.names, objective.scores(trainee.log_probabilities(batch)).tolist(), strict=True)
    return dict(ChainMap(*trainee.ranks.gathered(found)))


def at_most(examples: Sequence[Example], tokens: int, together: int = 1) -> list[Example]:
    """So many of the examples, spread over all of them, that they have at most `tokens` tokens together; one at least.

    Args:
        together: How many stay together, one after another.
    """

    def unit(index: int) -> Sequence[Example]:
        return examples[index * together : (index + 1) * together]

    chosen: list[int] = []
    for index in shuffled(-(-len(examples) // together), 0, 0):
        tokens -= row_tokens(unit(index))
        if tokens < 0 and chosen:
            break
        chosen.append(index)
    return [example for index in sorted(chosen) for example in unit(index)]


def _batches(
    trainee: Trainee, examples: Sequence[Example], course: Course, objective: Objective
) -> Iterator[tuple[Batch, bool]]:
    """This rank's, and whether each counts."""
    for row, counts in trainee.ranks.share(pack(examples, course.sequence, objective.together)):
        yield Batch.of([examples[index] for index in row], trainee.device), counts
