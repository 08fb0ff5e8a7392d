import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitae.evaluate.statistics import (
    Estimate,
    Interval,
    bonett_price,
    bootstrap,
    estimate,
    minimum_detectable,
    paired_difference,
    sum_of,
    wilson,
)


def flags(right: int, n: int) -> list[float]:
    return [1.0] * right + [0.0] * (n - right)


@pytest.mark.parametrize("n", [1, 7, 42, 80])
def test_wilson_ends_solve_the_score_equation(n: int) -> None:
    """The defining property: the test of p at the end is exactly at the critical value."""
    z = NormalDist().inv_cdf(0.975)
    for right in range(n + 1):
        for end in wilson(right, n):
            if 0 < end < 1:
                assert (right / n - end) ** 2 == pytest.approx(z * z * end * (1 - end) / n)


def test_wilson_against_published_values() -> None:
    # Newcombe 1998, Statistics in Medicine 17, table I, method 3: 81/263, 15/148, 0/20, 1/29.
    for right, n, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        assert wilson(right, n) == pytest.approx((low, high), abs=5e-5)


def test_the_bootstrap_agrees_with_the_normal_approximation_of_many_scores() -> None:
    values = [float(value) for value in np.random.default_rng(5).normal(3.0, 2.0, 400)]
    half = NormalDist().inv_cdf(0.975) * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    low, high = bootstrap(values)
    assert (low, high) == pytest.approx((np.mean(values) - half, np.mean(values) + half), abs=0.02)


def test_the_bootstrap_agrees_with_the_exact_distribution_of_a_share() -> None:
    """A bootstrapped share is a binomial count over n: its quantiles are known."""
    n, right = 40, 16
    weights = [math.comb(n, k) * (right / n) ** k * (1 - right / n) ** (n - k) for k in range(n + 1)]
    cumulative = np.cumsum(weights)
    low, high = (float(np.searchsorted(cumulative, tail)) / n for tail in (0.025, 0.975))
    assert bootstrap(flags(right, n)) == pytest.approx((low, high), abs=1 / n)


def test_the_same_scores_have_the_same_interval_and_another_seed_hardly_another() -> None:
    values = flags(30, 80)
    assert bootstrap(values) == bootstrap(values)
    assert bootstrap(values, seed=1) == pytest.approx(bootstrap(values, seed=2), abs=0.02)


def test_a_large_suite_is_resampled_in_bounded_memory() -> None:
    low, high = bootstrap(flags(30_000, 60_000), resamples=200)
    assert low < 0.5 < high
    assert high - low == pytest.approx(2 * 1.96 * 0.5 / math.sqrt(60_000), rel=0.25)


@pytest.mark.parametrize(
    ("right", "how"), [(0, "wilson"), (4, "wilson"), (5, "bootstrap"), (76, "wilson"), (80, "wilson")]
)
def test_no_share_has_an_interval_without_width(right: int, how: str) -> None:
    found = estimate(flags(right, 80)).interval
    assert found is not None
    assert found.how == how
    assert 0 <= found.low < found.high <= 1
    assert found.low <= right / 80 <= found.high


def test_equal_scores_that_are_no_shares_say_that_nothing_is_known() -> None:
    found = estimate([0.5, 0.5, 0.5]).interval
    assert found is not None
    assert found.how == "none"


def test_nothing_measured_is_no_number() -> None:
    assert estimate([]).mean is None
    assert paired_difference([], []).mean is None


def coverage(share: float, n: int, trials: int) -> float:
    random = np.random.default_rng(7)
    hits = 0
    for _ in range(trials):
        found = estimate([float(value) for value in random.random(n) < share]).interval
        assert found is not None
        hits += found.low <= share <= found.high
    return hits / trials


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5])
def test_a_95_percent_interval_covers_the_truth_in_about_95_of_100_suites(share: float) -> None:
    assert coverage(share, n=42, trials=150) >= 0.9


def test_the_bare_bootstrap_would_not_cover_small_shares() -> None:
    """Why there is a fallback: with it taken out, an interval for 2 % of 42 misses in four of ten suites."""
    random = np.random.default_rng(7)
    hits = 0
    for _ in range(150):
        low, high = bootstrap([float(value) for value in random.random(42) < 0.02], resamples=500)
        hits += low <= 0.02 <= high
    assert hits / 150 < 0.75


def test_the_paired_interval_agrees_with_the_normal_approximation() -> None:
    first = flags(30, 80)
    second = [0.0] * 12 + flags(10, 68)
    found = paired_difference(first, second)
    changes = np.asarray(first) - np.asarray(second)
    half = 1.96 * float(changes.std(ddof=1)) / math.sqrt(80)
    assert found.interval is not None
    assert found.interval.how == "bootstrap"
    assert found.mean == pytest.approx(changes.mean())
    assert (found.interval.low, found.interval.high) == pytest.approx(
        (changes.mean() - half, changes.mean() + half), abs=0.015
    )
    assert (found.better, found.worse) == ((changes > 0).sum(), (changes < 0).sum())


def test_pairing_sees_what_two_separate_intervals_do_not() -> None:
    easy, hard = flags(40, 80), flags(52, 80)
    paired = paired_difference(hard, easy).interval
    one, two = estimate(easy).interval, estimate(hard).interval
    assert paired is not None and one is not None and two is not None
    assert paired.low > 0
    assert one.high > two.low


@pytest.mark.parametrize(("first", "second"), [(80, 80), (0, 0), (80, 0), (40, 41), (79, 0)])
def test_no_paired_difference_has_an_interval_without_width(first: int, second: int) -> None:
    found = paired_difference(flags(first, 80), flags(second, 80)).interval
    assert found is not None
    assert found.low < found.high
    assert found.low <= (first - second) / 80 <= found.high


def test_bonett_price_is_wald_with_one_question_added_to_each_way() -> None:
    low, high = bonett_price(3, 1, 40)
    up, down = 4 / 42, 2 / 42
    half = 1.959964 * math.sqrt((up + down - (up - down) ** 2) / 42)
    assert (low, high) == pytest.approx((up - down - half, up - down + half))


def test_the_minimum_detectable_difference_is_found_in_four_of_five_trials() -> None:
    n, deviation = 80, 0.7
    true = minimum_detectable(deviation, n)
    random = np.random.default_rng(3)
    found = 0
    for _ in range(2000):
        draws = random.normal(true, deviation, n)
        found += abs(draws.mean()) > 1.96 * deviation / math.sqrt(n)
    assert found / 2000 == pytest.approx(0.8, abs=0.03)


def test_scores_of_different_questions_cannot_be_paired() -> None:
    with pytest.raises(ValueError, match="not of the same questions"):
        paired_difference([1.0], [1.0, 0.0])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30))
def test_swapping_the_models_turns_the_difference_round(pairs: list[tuple[bool, bool]]) -> None:
    first, second = [float(a) for a, _ in pairs], [float(b) for _, b in pairs]
    one, two = paired_difference(first, second), paired_difference(second, first)
    assert one.mean == -(two.mean or 0.0)
    assert one.interval is not None and two.interval is not None
    assert one.interval.low == pytest.approx(-two.interval.high, abs=0.06)
    assert (one.better, one.worse) == (two.worse, two.better)


@given(st.integers(1, 200), st.data())
def test_wilson_holds_the_share(n: int, data: st.DataObject) -> None:
    right = data.draw(st.integers(0, n))
    low, high = wilson(right, n)
    assert 0 <= low <= right / n <= high <= 1


def test_two_shares_are_added_with_the_interval_that_newcombe_published() -> None:
    """56 of 70 against 48 of 80, method 10 of Statistics in Medicine 17 (1998), table II: 0.0524 to 0.3339."""
    one, other = (
        Estimate(mean=count / n, n=n, interval=Interval(low=low, high=high, how="wilson"))
        for count, n in ((56, 70), (80 - 48, 80))
        for low, high in [wilson(count, n)]
    )
    found = sum_of(one, other)
    assert found.interval and found.mean == pytest.approx(1.2)
    assert found.interval.low - 1 == pytest.approx(0.0524, abs=1e-4)
    assert found.interval.high - 1 == pytest.approx(0.3339, abs=1e-4)
    assert sum_of(one, Estimate(mean=None, interval=None, n=0)).mean is None
