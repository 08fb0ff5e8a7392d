from __future__ import annotations

import pytest

from kitae.instruct.predicate import ask, final, middle


@pytest.mark.parametrize(
    ("text", "tail", "asked"),
    [
        ("承認を得なければならない", "must", "承認を得ればいいですか"),
        ("所属長に届け出るものとする", "plain", "所属長に届け出ますか"),
        ("休暇を取得することができる", "can", "休暇を取得できますか"),
        ("延長することがある", "might", "延長することがありますか"),
        ("日当を支給しない", "not", "日当を支給しないのですか"),
        ("休日に労働させることはない", "not", "休日に労働させないのですか"),
        ("打刻してはならない", "must_not", "打刻してはいけないのですか"),
        ("申請してください", "please", "申請すればいいですか"),
        ("7時間45分とする", "copula", "7時間45分ですか"),
        ("期限は3日です", "copula", "期限は3日ですか"),
    ],
)
def test_the_end_of_a_sentence_becomes_the_end_of_a_question(text: str, tail: str, asked: str) -> None:
    predicate = final(text)
    assert predicate is not None
    assert predicate.tail == tail
    assert ask(predicate)[0] == asked


@pytest.mark.parametrize("text", ["この限りではない", "承認の後", "、", ""])
def test_an_end_that_is_not_understood_is_not_asked_about(text: str) -> None:
    predicate = final(text)
    assert predicate is None or predicate.tail == "copula"


def test_a_clause_that_goes_on_takes_the_mood_of_the_sentence() -> None:
    predicate = middle("10日以内に申請を行い", "must")
    assert predicate is not None
    assert ask(predicate)[1] == "10日以内に申請を行う必要がありますか"


def test_a_verb_that_the_dictionary_takes_for_a_noun_is_still_a_verb() -> None:
    predicate = middle("毎月20日をもって締め切り", "plain")
    assert predicate is not None
    assert predicate.lemma == "締め切る"
