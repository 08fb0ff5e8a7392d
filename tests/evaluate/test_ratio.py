"""Ratios of sums, such as bits a character and citations that hold evidence."""

from __future__ import annotations

import numpy as np
import pytest

from kitae.evaluate.clusters import SHARE, clustered, ratio


def test_over_ones_it_is_a_mean() -> None:
    values, questions = [3.0, 5.0, 4.0, 8.0], ["a", "a", "b", "c"]
    found, mean = ratio(values, [1, 1, 1, 1], questions), clustered(values, questions)
    assert found.mean == mean.mean
    assert found.interval and mean.interval
    assert (found.interval.low, found.interval.high) == pytest.approx((mean.interval.low, mean.interval.high))


def test_it_covers_the_true_ratio_where_questions_differ_in_length() -> None:
    """Of 2,000 suites of 60 questions, each with texts of its own length and its own difficulty."""
    random, true, covered = np.random.default_rng(7), 2.0, 0
    for _ in range(2_000):
        lengths = random.integers(20, 300, 60)
        bits = lengths * random.normal(true, 0.5, 60)
        found = ratio(list(bits), list(lengths), list(range(60)))
        assert found.interval
        covered += found.interval.low <= true <= found.interval.high
    assert 0.92 < covered / 2_000 < 0.965


def test_where_every_citation_is_right_the_next_one_may_be_wrong() -> None:
    found = ratio([1, 2, 0], [1, 2, 0], ["a", "b", "c"], SHARE)
    assert found.mean == 1.0
    assert found.interval and found.interval.how == "wilson"
    assert 0.2 < found.interval.low < 0.5, "two questions cite anything"
    assert ratio([0, 0], [0, 0], ["a", "b"], SHARE).mean is None
