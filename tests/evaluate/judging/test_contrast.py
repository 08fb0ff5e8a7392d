"""Two models are compared under the same judge or not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kitae.core.mistakes import Mistake
from kitae.evaluate.judging.contrast import contrast
from kitae.evaluate.judging.request import Judgment

Judge = Callable[..., list[Judgment]]


def rated(base: int) -> Callable[[str, int, str], str]:
    """A rating that depends on the question, and a little on the turn."""
    return lambda question, turn, order: f"評価: [[{base + int(question[1:]) % 4 + turn % 2}]]"


def test_the_difference_is_over_the_answers_that_both_gave(judge: Judge) -> None:
    found = contrast(judge("new", say=rated(5)), judge("old", say=rated(4)))
    assert (found.first, found.second, found.questions, found.difference.n) == ("new", "old", 16, 32)
    assert found.difference.mean == 1.0 and found.difference.better == 32
    assert {each.name: each.mean for each in found.per_category} == dict.fromkeys(
        ["writing", "roleplay", "reasoning", "math", "coding", "extraction", "stem", "humanities"], 1.0
    )
    assert found.notes == ()


def test_how_many_questions_would_be_needed_is_told(judge: Judge) -> None:
    def say(question: str, turn: int, order: str) -> str:
        return f"評価: [[{5 + (int(question[1:]) % 3 == 0) - (int(question[1:]) % 4 == 0)}]]"

    found = contrast(judge("new", say=say), judge("old", say=rated(5)))
    assert found.needed is not None and found.needed >= 2
    assert contrast(judge("a", say=rated(5)), judge("b", say=rated(5))).needed is None


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("judge", {"judge": "judge-2"}),
        ("prompt", {"protocol": "kitae-en-single"}),
        ("question version", {"version": "改"}),
        ("engine", {"said": {"engine": "other"}}),
        ("number format", {"said": {"number_format": "int8"}}),
    ],
)
def test_what_is_not_the_same_is_refused_by_name(judge: Judge, what: str, change: dict[str, Any]) -> None:
    first, second = judge("new", say=rated(5)), judge("old", say=rated(4), **change)
    with pytest.raises(Mistake, match=f"{what} differs in 32 of 32") as mistake:
        contrast(first, second)
    assert "cannot be compared" in mistake.value.what
    found = contrast(
        first, second, despite=("judge", "protocol", "prompt", "question version", "engine", "number format")
    )
    assert any(note.startswith(f"{what} differs") for note in found.notes)


def test_other_references_are_refused_by_name(judge: Judge) -> None:
    first = judge("new", say=rated(5))
    second = [
        each.model_copy(update={"about": each.about.model_copy(update={"reference": each.about.reference and "other"})})
        for each in judge("old", say=rated(4))
    ]
    with pytest.raises(Mistake, match="references differs in 32 of 32"):
        contrast(first, second)


def test_what_failed_for_one_is_left_out_and_told(judge: Judge) -> None:
    def say(question: str, turn: int, order: str) -> str:
        return "分かりません" if question == "q3" else "評価: [[7]]"

    found = contrast(judge("new", say=say), judge("old", say=rated(4), questions=15))
    assert found.difference.n == 2 * 14
    assert found.notes == (
        "2 answers of only one of them are left out",
        "2 answers whose judgment failed for one or both of them are left out",
    )


def test_what_failed_for_both_is_counted_too(judge: Judge) -> None:
    def say(question: str, turn: int, order: str) -> str:
        return "分かりません" if question == "q3" else "評価: [[7]]"

    found = contrast(judge("new", say=say), judge("old", say=say))
    assert found.difference.n == 2 * 15
    assert found.notes == ("2 answers whose judgment failed for one or both of them are left out",)


def test_another_model_behind_the_same_judge_is_refused_by_name(judge: Judge) -> None:
    first = [each.model_copy(update={"served": "j-2026-08"}) for each in judge("new", say=rated(5))]
    second = [each.model_copy(update={"served": "j-2026-11"}) for each in judge("old", say=rated(4))]
    with pytest.raises(Mistake, match="served model differs in 32 of 32: j-2026-08, j-2026-11"):
        contrast(first, second)
    found = contrast(first, second, despite=("served model",))
    assert found.notes == ("served model differs in 32 of 32: j-2026-08, j-2026-11",)
    # Another judge is another model by itself.
    other = [each.model_copy(update={"served": "k"}) for each in judge("old", say=rated(4), judge="judge-2")]
    assert len(contrast(first, other, despite=("judge",)).notes) == 1


def test_several_models_or_judges_on_a_side_are_a_mistake(judge: Judge) -> None:
    one = judge("a", say=rated(5))
    with pytest.raises(Mistake, match="several models: a, b"):
        contrast([*one, *judge("b", say=rated(5))], one)
    with pytest.raises(Mistake, match="several judges"):
        contrast([*one, *judge("a", say=rated(5), judge="judge-2")], one)
    with pytest.raises(Mistake, match="no question"):
        contrast(one, [])
