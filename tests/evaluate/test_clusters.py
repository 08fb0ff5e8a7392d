"""Error bars clustered by question: they cover, they find what they promise, and pairing pays."""

from __future__ import annotations

import functools
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitae.evaluate.clusters import (
    by_category,
    clustered,
    holm,
    paired_clustered,
    paired_spread,
    questions_needed,
    spread,
    t_quantile,
    t_within,
)

BENCHMARKS = 10_000
QUESTIONS, TURNS = 80, 2
TOLERANCE = 0.007
Floats = npt.NDArray[np.float64]


@functools.cache
def benchmarks(seed: int, *, models: int = 1) -> tuple[Floats, float]:
    """(benchmarks, models, questions × turns) scores from 1 to 10 as judges give them, and their true mean.

    Questions are harder or easier for all models, and a question's two turns go together (correlation about 0.5).
    """
    random = np.random.default_rng(seed)
    hard = random.normal(size=(BENCHMARKS, 1, QUESTIONS, 1)) * 1.0
    own = random.normal(size=(BENCHMARKS, models, QUESTIONS, 1)) * 1.0
    turn = random.normal(size=(BENCHMARKS, models, QUESTIONS, TURNS)) * 1.4
    drawn = np.clip(np.round(6.0 + hard + own + turn), 1, 10)
    # Of a normal with this deviation, rounded and clipped: summed exactly, not drawn.
    law = NormalDist(6.0, (1 + 1 + 1.4**2) ** 0.5)
    cuts = [0.0, *(law.cdf(value + 0.5) for value in range(1, 10)), 1.0]
    mean = sum(value * (cuts[value] - cuts[value - 1]) for value in range(1, 11))
    return drawn.reshape(BENCHMARKS, models, QUESTIONS * TURNS).astype(np.float64), mean


def errors(values: Floats) -> tuple[Floats, Floats]:
    """Mean and clustered standard error of each benchmark (rows), by the formula of `spread`, at once for all rows."""
    means = values.mean(axis=1)
    sums = (values - means[:, None]).reshape(len(values), QUESTIONS, TURNS).sum(axis=2)
    variance = (sums**2).sum(axis=1) / values.shape[1] ** 2 * QUESTIONS / (QUESTIONS - 1)
    return means, np.sqrt(variance)


CLUSTERS = [question for question in range(QUESTIONS) for _ in range(TURNS)]
T = t_quantile(0.975, QUESTIONS - 1)


def test_the_many_at_once_are_what_one_by_one_gives() -> None:
    values = benchmarks(1)[0][:20, 0]
    means, found = errors(values)
    for row, mean, error in zip(values, means, found, strict=True):
        one = spread(list(row), CLUSTERS)
        assert [one.mean, one.error] == pytest.approx([mean, error])


@pytest.mark.parametrize("seed", [1, 2])
def test_ninety_five_of_a_hundred_intervals_hold_the_true_mean(seed: int) -> None:
    values, true = benchmarks(seed)
    means, found = errors(values[:, 0])
    assert np.mean(np.abs(means - true) <= T * found) == pytest.approx(0.95, abs=TOLERANCE)


def test_without_clusters_they_would_not() -> None:
    """The turns taken for independent: what every tool that averages 160 rows does."""
    values, true = benchmarks(1)
    means = values[:, 0].mean(axis=1)
    naive = values[:, 0].std(axis=1, ddof=1) / (QUESTIONS * TURNS) ** 0.5
    assert np.mean(np.abs(means - true) <= t_quantile(0.975, QUESTIONS * TURNS - 1) * naive) < 0.92


def test_paired_intervals_hold_the_true_difference_and_are_narrower() -> None:
    values, _ = benchmarks(3, models=2)
    change, paired = errors(values[:, 0] - values[:, 1])
    assert np.mean(np.abs(change) <= T * paired) == pytest.approx(0.95, abs=TOLERANCE)
    _, first = errors(values[:, 0])
    _, second = errors(values[:, 1])
    assert np.mean(paired < np.hypot(first, second)) > 0.99
    assert np.mean(paired) < 0.9 * np.mean(np.hypot(first, second))


def test_a_difference_called_detectable_is_found_in_four_of_five_trials() -> None:
    values, _ = benchmarks(4, models=2)
    change, paired = errors(values[:, 0] - values[:, 1])
    deviation = float(np.std(change))
    planted = (t_quantile(0.975, QUESTIONS - 1) + t_quantile(0.8, QUESTIONS - 1)) * deviation
    assert np.mean(change + planted > T * paired) == pytest.approx(0.80, abs=0.02)


def test_with_as_many_questions_as_are_called_for_a_difference_is_found() -> None:
    """Pilot: a true difference of 0.4 with a deviation of 2 a question; then a suite of the size that is named."""
    needed = questions_needed(spread([0.4 - 2, 0.4 + 2] * 40, range(80)))
    assert needed is not None
    random = np.random.default_rng(5)
    drawn = random.normal(0.4, 2 * (80 / 79) ** 0.5, (4_000, needed))
    found = np.abs(drawn.mean(axis=1)) > t_quantile(0.975, needed - 1) * drawn.std(axis=1, ddof=1) / needed**0.5
    assert np.mean(found) == pytest.approx(0.80, abs=0.02)


def test_the_questions_needed_fall_with_the_square_of_the_difference() -> None:
    small, large = (questions_needed(spread([mean - 2, mean + 2] * 40, range(80))) for mean in (0.2, 0.4))
    assert small is not None and large is not None
    assert 3.9 < small / large < 4.1


@pytest.mark.parametrize("values", [[0.0] * 5, [1.0, -1.0]])
def test_no_difference_needs_no_number_of_questions(values: list[float]) -> None:
    assert questions_needed(spread(values, range(len(values)))) is None


@pytest.mark.parametrize(
    ("probability", "freedom", "value"),
    [
        (0.975, 1, 12.7062),
        (0.975, 2, 4.30265),
        (0.975, 3, 3.18245),
        (0.975, 10, 2.22814),
        (0.975, 79, 1.99045),
        (0.8, 5, 0.91954),
        (0.975, 2000, 1.96115),
        (0.995, 30, 2.74999),
    ],
)
def test_the_quantiles_of_t_are_those_of_the_tables(probability: float, freedom: int, value: float) -> None:
    assert t_quantile(probability, freedom) == pytest.approx(value, abs=1e-4)
    assert t_within(value, freedom) == pytest.approx(2 * probability - 1, abs=1e-5)


def test_one_question_has_no_interval_and_equal_scores_have_no_width() -> None:
    assert clustered([3.0, 5.0], ["a", "a"]).interval is None
    equal = clustered([5.3] * 7, range(7)).interval
    assert equal is not None and (equal.low, equal.high, equal.how) == (5.3, 5.3, "none")
    assert clustered([], []).mean is None


@given(st.lists(st.integers(1, 10), min_size=2, max_size=30), st.integers(2, 4))
def test_saying_everything_twice_changes_no_interval(scores: list[int], times: int) -> None:
    once = spread(scores, range(len(scores)))
    often = spread(scores * times, list(range(len(scores))) * times)
    assert often.mean == pytest.approx(once.mean)
    assert often.error == pytest.approx(once.error)


def test_an_interval_stays_on_the_scale() -> None:
    interval = clustered([10.0, 10.0, 10.0, 2.0], range(4), (1.0, 10.0)).interval
    assert interval is not None and interval.high == 10.0
    assert interval.low == pytest.approx(1.64, abs=0.01)


def test_only_what_both_answered_is_compared() -> None:
    first = {("q1", 1): 8.0, ("q1", 2): 6.0, ("q2", 1): 5.0, ("q3", 1): 9.0}
    second = {("q1", 1): 7.0, ("q2", 1): 6.0, ("q2", 2): 1.0, ("q3", 1): 5.0}
    found = paired_clustered(first, second)
    assert (found.n, found.better, found.worse) == (3, 2, 1)
    assert found.mean == pytest.approx(4 / 3)
    assert paired_clustered(first, {}).n == 0
    assert paired_spread(first, {}) is None


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9))
def test_holm_never_makes_anything_more_certain_and_keeps_the_order(values: list[float]) -> None:
    adjusted = holm(values)
    assert all(one <= two <= 1 for one, two in zip(values, adjusted, strict=True))
    ranked = [adjusted[index] for index in sorted(range(len(values)), key=lambda index: values[index])]
    assert ranked == sorted(ranked)


def test_holm_gives_the_example_of_the_textbooks() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_categories_that_differ_by_chance_do_not_stand_after_holm() -> None:
    """Eight categories without a difference: at most one suite in twenty shows any."""
    random = np.random.default_rng(6)
    categories = {question: f"c{question // 10}" for question in range(80)}
    wrong = 0
    for _ in range(300):
        change = random.normal(0, 2, 80)
        first, second = {(q, 1): float(change[q]) for q in range(80)}, {(q, 1): 0.0 for q in range(80)}
        wrong += any(each.adjusted < 0.05 for each in by_category(first, second, categories))
    assert wrong / 300 < 0.09


def test_a_category_that_differs_much_stands_after_holm() -> None:
    random = np.random.default_rng(7)
    first = {(q, 1): float(random.normal(3.0 if q < 10 else 0.0, 1)) for q in range(80)}
    second = {(q, 1): 0.0 for q in range(80)}
    found = by_category(first, second, {question: f"c{question // 10}" for question in range(80)})
    assert [each.name for each in found if each.adjusted < 0.05] == ["c0"]


def test_scores_without_their_questions_are_a_bug() -> None:
    with pytest.raises(ValueError, match="2 values in 1 clusters"):
        spread([1.0, 2.0], ["a"])
