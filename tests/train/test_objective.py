from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from kitae.train.batch import Batch
from kitae.train.checkpoint import Checkpoints
from kitae.train.fit import fit, plan
from kitae.train.measure import mean_loss, scores
from kitae.train.objective import DirectPreference
from kitae.train.trainee import Trainee

from .conftest import make_pairs, preferring
from .plain import log_probabilities, plain_model

Make = Callable[..., Trainee]


def test_a_pair_stays_side_by_side_with_the_better_answer_first() -> None:
    examples = make_pairs(30)
    for row in plan(examples, preferring(), together=2).rows:
        names = [examples[index].id for index in row]
        assert [name[-1] for name in names] == ["+", "-"] * (len(names) // 2)
        assert [name[:-1] for name in names[::2]] == [name[:-1] for name in names[1::2]]


@pytest.mark.parametrize("normalised", [False, True])
@pytest.mark.parametrize("referring", [False, True])
def test_the_loss_is_the_published_formula(trainee: Make, tiny_base: Path, normalised: bool, referring: bool) -> None:
    examples = make_pairs(4)
    model = trainee(preferring())
    before = {example.id: -1.5 * place for place, example in enumerate(examples)} if referring else {}
    objective = DirectPreference(beta=0.3, margin=0.2, normalised=normalised, likelihood=0.5, before=before)
    found = float(objective.loss(model, Batch.of(examples, torch.device("cpu"))).detach())

    plain = plain_model(tiny_base)
    expected = 0.0
    for better, worse in zip(examples[::2], examples[1::2], strict=True):
        told = [log_probabilities(plain, each).detach() for each in (better, worse)]
        one, other = (float(each.mean() if normalised else each.sum()) for each in told)
        gain = one - other - (before[better.id] - before[worse.id] if referring else 0)
        expected += math.log1p(math.exp(-(0.3 * gain - 0.2))) - 0.5 * float(told[0].mean())
    assert found == pytest.approx(expected, rel=1e-5)


def test_what_is_preferred_becomes_likelier_than_what_is_not(trainee: Make, never: Checkpoints) -> None:
    recipe, examples = preferring(tokens=6000), make_pairs(10)
    model = trainee(recipe)
    plain = DirectPreference()
    before = scores(model, examples, recipe, plain)
    objective = DirectPreference(before=before)
    assert mean_loss(model, examples, recipe, objective) == pytest.approx(math.log(2), rel=1e-5)
    fit(model, recipe, examples, objective=objective, checkpoints=never)
    after = scores(model, examples, recipe, plain)

    def won(found: dict[str, float]) -> int:
        return sum(found[f"0 {n}+"] - before[f"0 {n}+"] > found[f"0 {n}-"] - before[f"0 {n}-"] for n in range(10))

    assert won(after) == 10
