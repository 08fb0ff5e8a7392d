"""Kappa, ranks and alpha against figures that others have worked out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitae.evaluate.judging.agreement import (
    Pairs,
    alpha,
    alpha_figure,
    figure,
    kappa,
    nominal_kappa,
    rank_of_models,
    ranks,
    same,
    spearman,
    within_one,
)

# Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section D: four observers, twelve units.
OBSERVERS = (
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)
UNITS = [
    [float(value) for value in unit if value != "."] for unit in zip(*(each.split() for each in OBSERVERS), strict=True)
]


def test_alpha_is_that_of_krippendorffs_example() -> None:
    assert alpha(UNITS, "nominal") == pytest.approx(0.743, abs=5e-4)
    assert alpha(UNITS, "interval") == pytest.approx(0.849, abs=5e-4)


def test_alpha_is_not_defined_without_two_ratings_or_without_scatter() -> None:
    assert alpha([[1.0], [2.0]]) is None
    assert alpha([[1.0, 1.0], [1.0, 1.0]]) is None


def test_judges_who_rate_by_chance_have_an_alpha_of_nought() -> None:
    random = np.random.default_rng(1)
    found = alpha_figure(random.integers(1, 11, (400, 3)).astype(float).tolist(), range(400), resamples=300)
    assert found.low is not None and found.high is not None
    assert found.low < 0 < found.high


def test_kappa_is_that_of_the_textbook() -> None:
    """Cohen's 2 × 2 table of 50 cases: 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no; kappa 0.40."""
    one = np.array([1.0] * 25 + [0.0] * 25)
    two = np.array([1.0] * 20 + [0.0] * 5 + [1.0] * 10 + [0.0] * 15)
    assert nominal_kappa(one, two) == pytest.approx(0.40)
    # With two values weights change nothing.
    assert kappa(one, two) == pytest.approx(0.40)


@given(st.lists(st.integers(1, 10), min_size=2, max_size=30))
def test_whoever_agrees_with_himself_agrees_wholly(scores: list[int]) -> None:
    values = np.array(scores, dtype=float)
    for measure in (kappa, nominal_kappa, spearman):
        # Where all are the same nothing can be told.
        assert measure(values, values) == (pytest.approx(1.0) if len(set(scores)) > 1 else None)
    assert same(values, values) == within_one(values, values + 1) == 1.0


def test_ranks_are_shared_by_equals() -> None:
    assert ranks(np.array([10.0, 20.0, 10.0, 30.0])).tolist() == [1.5, 3.0, 1.5, 4.0]
    assert spearman(np.array([1.0, 2.0, 3.0]), np.array([9.0, 5.0, 1.0])) == pytest.approx(-1.0)
    assert spearman(np.array([1.0, 2.0]), np.array([5.0, 5.0])) is None


def test_a_judge_that_is_too_kind_by_a_point_still_ranks_rightly() -> None:
    values = np.array([1.0, 4.0, 6.0, 8.0] * 5)
    pairs = Pairs(values + 1, values, tuple(range(20)))
    assert figure(spearman, pairs, resamples=50).value == pytest.approx(1.0)
    weighted = figure(kappa, pairs, resamples=50)
    assert weighted.value is not None and 0.8 < weighted.value < 1.0


def test_an_interval_over_few_questions_is_wide_however_many_ratings_they_have() -> None:
    random = np.random.default_rng(2)
    first = np.repeat(random.normal(size=10), 40)
    pairs = Pairs(first, np.repeat(random.normal(size=10), 40), tuple(np.repeat(range(10), 40).tolist()))
    alone = Pairs(pairs.first, pairs.second, tuple(range(400)))
    together, apart = (figure(spearman, each, resamples=300) for each in (pairs, alone))
    assert together.low is not None and together.high is not None and apart.low is not None and apart.high is not None
    assert together.high - together.low > 3 * (apart.high - apart.low)


def test_models_are_ranked_by_their_means() -> None:
    models = ["a"] * 4 + ["b"] * 4 + ["c"] * 4
    first = np.array([1.0, 2, 1, 2, 5, 6, 5, 6, 8, 9, 8, 9])
    pairs = Pairs(first, first[::-1].copy(), tuple(range(4)) * 3)
    assert rank_of_models(pairs, models, resamples=20).value == pytest.approx(-1.0)
    assert rank_of_models(Pairs(first, first, tuple(range(4)) * 3), ["a"] * 12).value is None
