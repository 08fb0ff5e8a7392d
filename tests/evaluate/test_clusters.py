"""Error bars clustered by question: they cover, they find what they promise, and pairing pays."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitae.evaluate.clusters import (
    by_category,
    by_question,
    clustered,
    holm,
    paired_clustered,
    paired_spread,
    questions_needed,
    spread,
    t_quantile,
    t_within,
)
from kitae.evaluate.statistics import Difference, Interval

BENCHMARKS = 10_000
QUESTIONS, TURNS = 80, 2
TOLERANCE = 0.007
KEYS = [(question, turn) for question in range(QUESTIONS) for turn in range(TURNS)]
CLUSTERS = [question for question, _ in KEYS]
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


def intervals(values: Floats, clusters: Sequence[int] = CLUSTERS) -> list[Interval]:
    """What is told of one model in each benchmark (rows)."""
    return [told for row in values.tolist() if (told := clustered(row, clusters).interval) is not None]


def compared(first: Sequence[float], second: Sequence[float]) -> Difference:
    """What is told of two models in one benchmark."""
    return paired_clustered(dict(zip(KEYS, first, strict=True)), dict(zip(KEYS, second, strict=True)))


@functools.cache
def comparisons(seed: int) -> list[Difference]:
    """What is told of two models that are equally good, in each benchmark."""
    return [compared(first, second) for first, second in benchmarks(seed, models=2)[0].tolist()]


def coverage(told: Iterable[Interval | None], true: float) -> float:
    return float(np.mean([each is not None and each.low <= true <= each.high for each in told]))


def widths(told: Iterable[Interval | None]) -> Floats:
    return np.array([each.high - each.low for each in told if each is not None])


@pytest.mark.parametrize("seed", [1, 2])
def test_ninety_five_of_a_hundred_intervals_hold_the_true_mean(seed: int) -> None:
    values, true = benchmarks(seed)
    assert coverage(intervals(values[:, 0]), true) == pytest.approx(0.95, abs=TOLERANCE)


def test_without_clusters_they_would_not() -> None:
    """The turns taken for independent: what every tool that averages 160 rows does."""
    values, true = benchmarks(1)
    assert coverage(intervals(values[:, 0], range(QUESTIONS * TURNS)), true) < 0.92


def test_paired_intervals_hold_the_true_difference_and_are_narrower() -> None:
    told = [each.interval for each in comparisons(3)]
    assert coverage(told, 0.0) == pytest.approx(0.95, abs=TOLERANCE)
    values, _ = benchmarks(3, models=2)
    paired, apart = widths(told), np.hypot(*(widths(intervals(values[:, model])) for model in (0, 1)))
    assert np.mean(paired < apart) > 0.99
    assert np.mean(paired) < 0.9 * np.mean(apart)


def test_a_difference_called_detectable_is_found_in_four_of_five_trials() -> None:
    """The one that is told of a benchmark, planted in another that is drawn alike."""
    values, _ = benchmarks(3, models=2)
    found = 0
    for pilot, (first, second) in zip(comparisons(3), np.roll(values, 1, axis=0).tolist(), strict=True):
        assert pilot.detectable is not None
        told = compared([value + pilot.detectable for value in first], second).interval
        found += told is not None and told.low > 0
    assert found / BENCHMARKS == pytest.approx(0.80, abs=0.02)


def test_the_error_is_the_one_that_the_formula_gives_by_hand() -> None:
    """Sums of a question's distances from the mean, squared; over n²; times G / (G - 1)."""
    even = spread([1.0, 2.0, 3.0, 6.0], ["a", "a", "b", "b"])
    assert [even.mean, even.error] == pytest.approx([3.0, (((-3) ** 2 + 3**2) / 16 * 2) ** 0.5])
    uneven = spread([1.0, 2.0, 3.0, 8.0, 6.0], ["a", "a", "b", "a", "c"])
    assert [uneven.mean, uneven.error] == pytest.approx([4.0, ((1 + 1 + 4) / 25 * 3 / 2) ** 0.5])


def test_with_as_many_questions_as_are_called_for_a_difference_is_found() -> None:
    """Pilot: a true difference of 0.4 with a deviation of 2 a question; then a suite of the size that is named."""
    needed = questions_needed(spread([0.4 - 2, 0.4 + 2] * 40, range(80)))
    assert needed is not None
    random = np.random.default_rng(5)
    drawn = random.normal(0.4, 2 * (80 / 79) ** 0.5, (4_000, needed))
    found = [spread(row, range(needed)).p < 0.05 for row in drawn.tolist()]
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


def test_a_mean_over_questions_has_the_interval_of_the_passages_they_are_about() -> None:
    credits = [(f"q{number}", float(number % 3 == 0 or number < 20)) for number in range(60)]
    alone = by_question(credits)
    about = by_question(credits, {f"q{number}": f"p{number // 10}" for number in range(60)})
    assert about.mean == alone.mean and about.n == alone.n == 60
    assert alone.interval and about.interval
    assert about.interval.high - about.interval.low > alone.interval.high - alone.interval.low, "they fail together"
    assert by_question(credits, {"other": "p"}) == alone
