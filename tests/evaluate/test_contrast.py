"""What programs found right, for two models: by question, with intervals of shares."""

from __future__ import annotations

import functools
import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitae.evaluate.contrast import of_marks, sign_p
from kitae.evaluate.statistics import Difference

MODELS = ("新", "旧")
Marks = dict[tuple[str, str], float]


def marks(right: int, questions: int, wordings: int = 2) -> Marks:
    """The first questions are right, in all wordings."""
    return {(f"q{n}", f"w{w}"): float(n < right) for n in range(questions) for w in range(wordings)}


def test_wordings_of_a_question_are_one_piece_of_evidence() -> None:
    one, two = (of_marks(MODELS, marks(15, 20, each), marks(10, 20, each), {}) for each in (1, 4))
    assert (one.difference, one.questions, one.means) == (two.difference, 20, (0.75, 0.5))
    assert (one.difference.n, one.difference.better, one.difference.worse) == (20, 5, 0)


def test_nothing_that_changed_still_has_a_width() -> None:
    """No change in ten questions is no proof that there is none, and no gate passes on it."""
    found = of_marks(MODELS, marks(5, 10), marks(5, 10), {f"q{n}": "なぞなぞ" for n in range(10)})
    (category,) = found.per_category
    for interval in (found.difference.interval, category.interval):
        assert interval is not None and interval.low < -0.1 and interval.high > 0.1
    assert category.p == 1.0


def test_five_of_five_questions_are_not_yet_significant() -> None:
    categories = {f"q{n}": "日付" if n < 5 else "論理" for n in range(20)}
    found = of_marks(MODELS, marks(5, 20), marks(0, 20), categories)
    by_name = {each.name: each for each in found.per_category}
    assert (by_name["日付"].mean, by_name["日付"].p) == (1.0, 0.0625)
    assert by_name["日付"].adjusted == 0.125 and by_name["論理"].adjusted == 1.0


@pytest.mark.parametrize(
    ("better", "worse", "p"), [(0, 0, 1.0), (1, 1, 1.0), (5, 0, 0.0625), (8, 1, 0.0390625), (9, 1, 0.021484375)]
)
def test_the_sign_test_is_the_exact_binomial_one(better: int, worse: int, p: float) -> None:
    """Of scipy.stats.binomtest(better, better + worse)."""
    assert sign_p(better, worse) == pytest.approx(p)


@given(st.integers(0, 40), st.integers(0, 40))
def test_the_sign_test_knows_no_side(better: int, worse: int) -> None:
    assert sign_p(better, worse) == sign_p(worse, better) <= 1


# How often what is told is true. A suite falls out in as many ways as so many questions can become right and so many
# wrong; the chance of each is known, so nothing is drawn where a question has one wording.


@functools.cache
def told(better: int, worse: int, questions: int) -> Difference:
    """Of a suite in which so many questions became right and so many wrong."""
    own = {(f"q{n}", ""): float(n < better) for n in range(questions)}
    other = {(f"q{n}", ""): float(better <= n < better + worse) for n in range(questions)}
    return of_marks(MODELS, own, other, {}).difference


def chances(up: float, down: float, questions: int) -> list[tuple[float, Difference]]:
    """What is told of the ways in which a suite falls out in 99 of 100 cases, and how likely each is among them.

    Args:
        up: Chance that a question becomes right.
        down: That it becomes wrong.
    """
    ways = {
        (better, worse): math.comb(questions, better)
        * math.comb(questions - better, worse)
        * (up**better * down**worse * (1 - up - down) ** (questions - better - worse))
        for better in range(questions + 1)
        for worse in range(questions + 1 - better)
    }
    likely = sorted(ways, key=lambda way: -ways[way])
    sums = list(itertools.accumulate(ways[way] for way in likely))
    kept = 1 + next(place for place, total in enumerate(sums) if total > 0.99)
    return [(ways[way] / sums[kept - 1], told(*way, questions)) for way in likely[:kept]]


slow = pytest.mark.slow


@pytest.mark.parametrize(
    ("up", "down", "questions"),
    [
        (0.02, 0.02, 42),
        (0.05, 0.02, 42),
        (0.6, 0.02, 42),
        (0.2, 0.1, 42),
        pytest.param(0.1, 0.1, 108, marks=slow),
        pytest.param(0.25, 0.05, 108, marks=slow),
    ],
)
def test_the_interval_of_right_and_wrong_holds_the_true_difference(up: float, down: float, questions: int) -> None:
    held = 0.0
    for chance, difference in chances(up, down, questions):
        assert difference.interval is not None
        held += chance * (difference.interval.low <= up - down <= difference.interval.high)
    assert held >= 0.93


@pytest.mark.parametrize(
    ("changed", "questions"),
    [
        *((changed, questions) for changed in (0, 1, 4) for questions in (42, 108)),
        (12, 42),
        pytest.param(24, 42, marks=slow),
        pytest.param(12, 108, marks=slow),
    ],
)
def test_a_difference_called_detectable_is_found_in_about_four_of_five_suites(changed: int, questions: int) -> None:
    """Two models that are equally good, on so many changed questions; then one is better by what is told."""
    planted = told(changed // 2, changed - changed // 2, questions).detectable
    assert planted is not None
    share = max(changed / questions, planted)
    found = sum(
        chance
        for chance, difference in chances((share + planted) / 2, (share - planted) / 2, questions)
        if difference.interval is not None and difference.interval.low > 0
    )
    assert 0.7 <= found <= 0.9


@pytest.mark.parametrize("suites", [400, pytest.param(10_000, marks=slow)])
def test_the_interval_of_several_wordings_holds_the_true_difference(suites: int) -> None:
    """42 questions of two wordings, harder or easier for both models; one is right in two of three, one in half."""
    random = np.random.default_rng(8)
    held = 0
    for _ in range(suites):
        easy = random.random((42, 1))
        own, other = (_keyed((random.random((42, 2)) < right).tolist()) for right in (np.sqrt(easy), easy))
        found = of_marks(MODELS, own, other, {}).difference
        assert found.interval is not None and found.interval.how == "bootstrap"
        held += found.interval.low <= 2 / 3 - 1 / 2 <= found.interval.high
    assert held / suites == pytest.approx(0.95, abs=0.035)


def _keyed(rows: list[list[bool]]) -> Marks:
    return {(f"q{n}", f"w{w}"): float(mark) for n, row in enumerate(rows) for w, mark in enumerate(row)}
