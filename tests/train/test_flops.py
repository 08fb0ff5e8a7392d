from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from kitae.plan.architecture import typical
from kitae.plan.cards import peak
from kitae.train.example import Example
from kitae.train.flops import per_token, seen
from kitae.train.guard import Allowance
from kitae.train.recipe import PretrainRecipe, TuneRecipe
from kitae.train.stage import _meter

SEVEN = typical(6.74e9).model_copy(update={"tied": False})
"""Llama 2 7B."""


def test_a_published_run_has_the_utilisation_that_was_published() -> None:
    """7 B on 16 A100, 2,048 tokens a row: 3,645 tokens a second and card, 50.4 % (llm-foundry's own table)."""
    operations = per_token(PretrainRecipe(), SEVEN, learnt=1.0, length=2048)
    six_n = 6 * (SEVEN.parameters - SEVEN.vocabulary * SEVEN.hidden)
    assert operations == pytest.approx(six_n + 12 * 32 * 4096 * 2048)
    assert 3645 * operations / peak("a100") == pytest.approx(0.504, abs=0.01)


def test_adapters_leave_the_weights_gradients_out() -> None:
    full, lora = (per_token(recipe, SEVEN, learnt=1.0, length=0) for recipe in (PretrainRecipe(), TuneRecipe()))
    assert lora == pytest.approx(full * 4 / 6)


def test_logits_count_for_what_is_learnt_alone() -> None:
    all_of_it, a_tenth = (per_token(PretrainRecipe(), SEVEN, learnt=share, length=0) for share in (1.0, 0.1))
    assert all_of_it - a_tenth == pytest.approx(6 * 0.9 * 32_000 * 4096)


def test_shares_and_lengths_count_repetitions() -> None:
    short = Example("a", np.zeros(10, np.int32), np.arange(10) >= 5, repeat=3)
    long = Example("b", np.zeros(30, np.int32), np.ones(30, np.bool_))
    learnt, length = seen([short, long])
    assert learnt == pytest.approx((3 * 5 + 29) / 60)
    assert length == pytest.approx((3 * 100 + 900) / 60)
    assert seen([replace(short, repeat=1)])[1] == 10
    assert seen([]) == (0.0, 0.0)


def test_of_a_card_that_nobody_knows_nothing_is_told(tiny_base: Path) -> None:
    learnt: Any = SimpleNamespace(examples=[Example("a", np.zeros(10, np.int32), np.arange(10) >= 5)])

    def told(card: str, cards: int) -> float:
        return _meter(TuneRecipe(), tiny_base, learnt, Allowance(peak=peak(card)), cards).peak

    assert told("a100", 2) == 624e12
    assert told("abacus", 2) == told("", 1) == told("h100", 0) == 0.0
