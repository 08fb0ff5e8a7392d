"""Anchors: has the judge moved?"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest

from kitae.core.mistakes import Mistake
from kitae.evaluate.judging.anchors import choose, drift
from kitae.evaluate.judging.request import Judgment

Judge = Callable[..., list[Judgment]]
Say = Callable[[str, int, str], str]


def rated(shift: int = 0, every: int = 1) -> Say:
    """Ratings from 2 to 8; every so often one is shifted."""

    def say(question: str, turn: int, order: str) -> str:
        number = int(question[1:])
        return f"評価: [[{2 + number % 7 + (shift if number % every == 0 else 0)}]]"

    return say


def test_anchors_are_of_all_categories_and_span_the_scale(judge: Judge) -> None:
    found = judge("m", say=rated(), questions=80)
    chosen = choose(found, 40)
    assert set(Counter(each.about.category for each in chosen).values()) == {5}
    scores = [each.parse.score for each in chosen]
    assert {2.0, 8.0} <= set(scores)
    random.Random(1).shuffle(found)
    assert choose(found, 40) == chosen


def test_a_judge_that_stays_is_steady(judge: Judge) -> None:
    frozen = choose(judge("m", say=rated(), questions=40), 40)
    found = drift(frozen, judge("m", say=rated(), questions=40))
    assert (found.n, found.same, found.failed, found.verdict) == (40, 1.0, 0, "steady")


def test_a_judge_that_became_kinder_has_drifted(judge: Judge) -> None:
    frozen = choose(judge("m", say=rated(), questions=40), 40)
    found = drift(frozen, judge("m", say=rated(1, every=2), questions=40, judge="judge-2"))
    assert found.verdict == "drifted"
    assert found.difference.mean is not None and found.difference.mean > 0.3


def test_few_anchors_that_scatter_say_neither(judge: Judge) -> None:
    def say(question: str, turn: int, order: str) -> str:
        number = int(question[1:])
        return f"評価: [[{2 + number % 7 + (2 if number % 4 == 0 else -1 if number % 4 == 1 else 0)}]]"

    frozen = choose(judge("m", say=rated(), questions=8), 10)
    assert drift(frozen, judge("m", say=say, questions=8)).verdict == "unclear"


def test_anchors_that_could_not_be_rated_again_are_counted(judge: Judge) -> None:
    def say(question: str, turn: int, order: str) -> str:
        return "" if question == "q1" else rated()(question, turn, order)

    frozen = choose(judge("m", say=rated(), questions=8), 16)
    found = drift(frozen, judge("m", say=say, questions=8))
    # All that could be read is the same, and that is no proof where an eighth could not.
    assert (found.failed, found.same, found.verdict) == (2, 1.0, "unclear")


def test_other_prompts_or_fewer_answers_are_mistakes(judge: Judge) -> None:
    frozen = choose(judge("m", say=rated()), 20)
    with pytest.raises(Mistake, match="20 of 20 anchors were not judged again"):
        drift(frozen, judge("m", say=rated(), protocol="kitae-en-single"))
    with pytest.raises(Mistake, match="40 anchors are wanted, and 32"):
        choose(judge("m", say=rated()), 40)
