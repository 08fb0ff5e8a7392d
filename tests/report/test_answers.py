from typing import Any

import pytest

from kitae.report.answers import ShownQuestion, answers, reason


def asked(finished: Any) -> dict[str, ShownQuestion]:
    return {each.id: each for each in answers(finished.story())}


def test_each_question_has_every_rows_answer_and_its_gold(finished: Any) -> None:
    first = asked(finished)["u1"]
    assert [each.row for each in first.answers] == ["base.closed", "base.retrieval", "tuned.retrieval"]
    assert [each.row for each in first.nulls] == ["null.refuse", "null.copy", "null.first"]
    assert [each.right for each in first.answers] == [False, False, True]
    assert first.question is not None
    assert first.question.gold == ("3日", "三日")


def test_passages_say_who_cited_them_and_whether_they_hold_the_evidence(finished: Any) -> None:
    (together,) = asked(finished)["u2"].shown
    assert together.rows == ("base.retrieval", "tuned.retrieval", "null.copy", "null.first")
    evidence = [each for each in together.passages if each.evidence]
    assert [each.id for each in evidence] == ["rules/休暇規程.md#2.0"]
    assert evidence[0].text is not None
    assert "1週間につき2日を限度とする" in evidence[0].text
    assert together.has_evidence
    cited = {each.number: each.cited_by for each in together.passages}
    assert "tuned.retrieval" in cited[1]
    assert cited[2] == ("base.retrieval",)


def test_changes_from_base_to_own_row(finished: Any) -> None:
    questions = asked(finished)
    assert {id: each.change for id, each in questions.items()} == {
        "u1": "better",
        "u2": "same",
        "u3": "better",
        "u4": "better",
        "k1": "same",
        "k2": "better",
    }


def test_marks_are_in_the_order_of_the_rows(finished: Any) -> None:
    marks = asked(finished)["u1"].marks(["tuned.retrieval", "base.closed", "nobody", "null.refuse"])
    assert marks == "10-0"


def test_gold_of_another_version_of_the_question_is_not_shown(company: Any) -> None:
    company.walk()
    company.suites = {
        **company.suites,
        "company.unseen": [{**each, "gold": ["9日"]} for each in company.suites["company.unseen"][:1]],
    }
    company.read()
    first = next(each for each in answers(company.story()) if each.id == "u1")
    assert first.question is None


def test_a_passage_that_is_no_longer_there_is_told_by_its_id(finished: Any) -> None:
    first = next(iter(answers(finished.story(without=["index"]))))
    assert {passage.text for together in first.shown for passage in together.passages} == {None}


@pytest.mark.parametrize(
    ("why", "japanese"),
    [
        ("says 「3日」", "「3日」と答えた"),
        ("72 characters, more than 40", "72字は長すぎる（上限40字）"),
        ("also names 3日、5日", "ほかに「3日、5日」も挙げた"),
        ("something new", "something new"),
    ],
)
def test_reasons_are_told_in_both_languages(why: str, japanese: str) -> None:
    assert (reason(why).ja, reason(why).en) == (japanese, why)
