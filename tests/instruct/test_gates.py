from __future__ import annotations

from collections.abc import Callable

import pytest

from kitae.core.document import Document
from kitae.instruct.candidate import Candidate, View
from kitae.instruct.extract import view_of
from kitae.instruct.gates import refusal, sifted

Read = Callable[..., Document]
GOOD = "休暇を取る日の何日前までに届け出ればいいですか"


@pytest.fixture
def view(read: Read) -> View:
    document = read("# 規則\n\n### 第1条　届出\n\n社員は、休暇を取る日の3日前までに届け出る。\n", "x")
    return view_of(document, document.sections[1])


def candidate(**changes: object) -> Candidate:
    plain = {
        "questions": (GOOD,),
        "answer": "3日前までです。",
        "fact": "3日前まで",
        "kind": "number",
        "quote": "届け出る",
    }
    return Candidate.model_validate(plain | changes)


def test_a_good_question_passes(view: View) -> None:
    assert refusal(candidate(), GOOD, view) == ""


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ("前項の休暇は何日前までに届け出ますか", "the question points to another place"),
        ("その休暇は何日前までに届け出ますか", "the question points to another place"),
        ("3日前に届け出るのは何の休暇ですか", "the question holds its answer"),
        ("休暇を届け出ますか", "the question has no question word"),
        ("は、何日前までに届け出ますか", "the question is not well formed"),
        ("休暇は何日前までに届け出る", "the question is not well formed"),
        ("「休暇は何日前までに届け出ますか", "a bracket or quote is open"),
        ("何日ですか", "the question has 5 characters"),
        ("休暇を取る日の" * 12 + "何日前ですか", "the question has 90 characters"),
    ],
)
def test_a_bad_question_is_refused_and_told_why(view: View, question: str, why: str) -> None:
    assert refusal(candidate(), question, view) == why


def test_an_answer_has_to_stand_in_the_section(view: View) -> None:
    assert refusal(candidate(fact="5日前まで", answer="5日前までです。"), GOOD, view)


def test_a_number_inside_a_longer_number_is_not_the_answer(view: View) -> None:
    assert refusal(candidate(), "13日前の休暇は何日前までに届け出ますか", view) == ""


def test_a_question_that_two_facts_of_a_section_answer_is_asked_of_neither(view: View) -> None:
    two = [candidate(), candidate(fact="社員", answer="社員です。")]
    kept, dropped = sifted(two, view)
    assert kept == []
    assert [each.reason for each in dropped] == ["the section answers the question in several ways"] * 2


def test_the_same_question_and_answer_stay_once(view: View) -> None:
    kept, dropped = sifted([candidate(), candidate()], view)
    assert (len(kept), [each.reason for each in dropped]) == (1, ["asked already"])
