"""Fifty steps in float64 are those of a plain loop, for three families of models and all courses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from kitae.train import batch as batches
from kitae.train.batch import Batch
from kitae.train.checkpoint import Checkpoints
from kitae.train.curve import CurveRow
from kitae.train.example import Example
from kitae.train.fit import fit
from kitae.train.lora import LoraLinear
from kitae.train.measure import scores
from kitae.train.objective import DirectPreference, Likelihood
from kitae.train.recipe import Course
from kitae.train.trainee import Trainee

from .conftest import FAMILIES, course, make_examples, make_family, make_pairs, preferring, tuning
from .plain import dpo, plain_loop

EQUAL = 1e-9

PRETRAINING = course(tokens=12_500, learning_rate=2e-3, weight_decay=0.1, clip=1.5)
TUNING = tuning(tokens=12_500, learning_rate=5e-3, weight_decay=0.1, clip=1.5)
PREFERRING = preferring(tokens=11_000, sequence=128, batch_tokens=256, weight_decay=0.1)
EVERY_WEIGHT = {"method": "full", "learning_rate": 1e-3}


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest, families: Callable[[str], Path]) -> Path:
    return families(request.param)


def everything(count: int) -> list[Example]:
    """As continued pretraining learns it: every token."""
    return [Example(e.id, e.tokens, np.ones(len(e), np.bool_)) for e in make_examples(count)]


def curve(folder: Path, recipe: Course, examples: Sequence[Example], never: Checkpoints) -> list[CurveRow]:
    trainee = Trainee(folder, recipe, number_format="float64")
    return fit(trainee, recipe, examples, checkpoints=never).curve[1:]


def furthest(found: Sequence[CurveRow], expected: Sequence[tuple[float, float]]) -> float:
    """The largest difference of a loss, or relative one of a gradient norm."""
    assert len(found) == len(expected) >= 50
    told = np.array([(row.loss, row.gradient_norm) for row in found], float)
    plain = np.array(expected)
    assert plain[-1, 0] < plain[0, 0] - 0.05, "it learnt something"
    return float(max(abs(told[:, 0] - plain[:, 0]).max(), abs(told[:, 1] / plain[:, 1] - 1).max()))


ANSWERS = [*make_examples(18), *make_family(6)]


@pytest.mark.parametrize(
    ("recipe", "examples"),
    [
        pytest.param(PRETRAINING, everything(18), id="pretrain"),
        pytest.param(TUNING, ANSWERS, id="tune"),
        pytest.param(TUNING.model_copy(update=EVERY_WEIGHT), ANSWERS, id="tune every weight"),
    ],
)
def test_cross_entropy(family: Path, recipe: Course, examples: list[Example], never: Checkpoints) -> None:
    assert furthest(curve(family, recipe, examples, never), plain_loop(family, recipe, examples)) < EQUAL


@pytest.mark.parametrize("recipe", [PREFERRING, PREFERRING.model_copy(update=EVERY_WEIGHT)], ids=["lora", "full"])
def test_preferences(family: Path, recipe: Course, never: Checkpoints) -> None:
    examples, plain = make_pairs(12), DirectPreference(beta=0.2, likelihood=0.1)
    trainee = Trainee(family, recipe, number_format="float64")
    before = scores(trainee, examples, recipe, plain)
    objective = DirectPreference(beta=0.2, likelihood=0.1, before=before)
    found = fit(trainee, recipe, examples, objective=objective, checkpoints=never).curve[1:]
    expected = plain_loop(family, recipe, examples, dpo(family, beta=0.2, likelihood=0.1), together=2)
    assert furthest(found, expected) < EQUAL


# Each of the silent errors that others shipped, planted: the comparison has to see it.


def shifted(one: Batch) -> Batch:
    return Batch(**{name: getattr(one, name) for name in one.__slots__} | {"where": (one.where + 1) % one.tokens})


def test_a_mask_that_is_shifted_is_seen(
    families: Callable[[str], Path], never: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, examples, right = families("llama"), make_examples(18), Batch.of
    monkeypatch.setattr(batches.Batch, "of", lambda *a: shifted(right(*a)))
    monkeypatch.setattr(Trainee, "_check", lambda *_: None)
    assert furthest(curve(folder, PRETRAINING, examples, never), plain_loop(folder, PRETRAINING, examples)) > 1e-3


def test_attention_that_leaks_is_seen(
    families: Callable[[str], Path], never: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kitae.train.attention import Stretch

    folder, examples, right = families("llama"), make_examples(18), Batch.of

    def leaking(*arguments: object) -> Batch:
        one = right(*arguments)  # type: ignore[arg-type]
        whole = (Stretch(0, one.tokens),)
        return Batch(**{name: getattr(one, name) for name in one.__slots__} | {"stretches": whole})

    monkeypatch.setattr(batches.Batch, "of", leaking)
    monkeypatch.setattr(Trainee, "_check", lambda *_: None)
    assert furthest(curve(folder, PRETRAINING, examples, never), plain_loop(folder, PRETRAINING, examples)) > 1e-3


def test_a_mean_for_each_row_instead_of_the_step_is_seen(
    families: Callable[[str], Path], never: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, examples = families("llama"), make_examples(18)

    def mean(self: Likelihood, trainee: Trainee, batch: Batch) -> Tensor:
        return trainee.loss(batch) / max(1, len(batch.targets))

    monkeypatch.setattr(Likelihood, "loss", mean)
    monkeypatch.setattr(Likelihood, "count", lambda *_: 1)
    assert furthest(curve(folder, PRETRAINING, examples, never), plain_loop(folder, PRETRAINING, examples)) > 1e-3
    assert torch.get_default_dtype() == torch.float32


def test_adapters_that_are_scaled_otherwise_are_seen(
    families: Callable[[str], Path], never: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, right = families("llama"), LoraLinear.__init__

    def by_the_root(self: LoraLinear, layer: nn.Linear, rank: int, alpha: float, generator: torch.Generator) -> None:
        """As rank-stabilised LoRA (arXiv:2312.03732) does."""
        right(self, layer, rank, alpha, generator)
        self.scale = alpha / rank**0.5

    monkeypatch.setattr(LoraLinear, "__init__", by_the_root)
    assert furthest(curve(folder, TUNING, ANSWERS, never), plain_loop(folder, TUNING, ANSWERS)) > 1e-3
