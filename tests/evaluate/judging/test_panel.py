"""Several judges of the same answers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kitae.core.mistakes import Mistake
from kitae.evaluate.judging.panel import panel
from kitae.evaluate.judging.request import Judgment

Judge = Callable[..., list[Judgment]]
TEN = (1.0, 10.0)


def rated(base: int) -> Callable[[str, int, str], str]:
    return lambda question, turn, order: f"評価: [[{base + int(question[1:]) % 5}]]"


def test_judges_who_agree_have_an_alpha_of_one_and_a_mean_together(judge: Judge) -> None:
    found = panel(judge("m", say=rated(3), judge="one") + judge("m", say=rated(3), judge="two"), TEN)
    assert (found.judges, found.n, found.alpha.value) == (("one", "two"), 32, 1.0)
    assert found.per_judge["one"] == found.per_judge["two"] == pytest.approx(found.together.mean)


def test_a_kinder_judge_lowers_alpha_and_only_what_all_rated_counts(judge: Judge) -> None:
    def say(question: str, turn: int, order: str) -> str:
        return "" if question == "q0" else rated(5)(question, turn, order)

    found = panel(judge("m", say=rated(3), judge="one") + judge("m", say=say, judge="two"), TEN)
    assert found.n == 30
    assert found.per_judge["two"] - found.per_judge["one"] == pytest.approx(2.0)
    assert found.alpha.value is not None and found.alpha.value < 0.6


def test_verdicts_of_pairs_are_compared_as_they_are(judge: Judge) -> None:
    def first(question: str, turn: int, order: str) -> str:
        return "判定: [[A]]" if order == "ab" else "判定: [[B]]"

    pairs = [judge("a", "b", say=first, judge=name, protocol="kitae-ja-pair") for name in ("one", "two")]
    found = panel([*pairs[0], *pairs[1]], (0.0, 1.0))
    assert (found.n, found.alpha.value) == (64, 1.0)


def test_one_judge_is_no_panel(judge: Judge) -> None:
    one = judge("m", say=rated(3))
    with pytest.raises(Mistake, match="no panel"):
        panel(one, TEN)
    with pytest.raises(Mistake, match="rated by all"):
        panel(one + judge("other", say=rated(3), judge="two"), TEN)
