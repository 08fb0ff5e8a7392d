"""What programs found right, for two models: by question, with intervals of shares."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitae.evaluate.contrast import of_marks, sign_p

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
