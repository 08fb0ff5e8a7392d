from __future__ import annotations

import pytest

from kitae.instruct.asking import questions
from kitae.instruct.figures import figures


def asked(sentence: str, number: int = 0) -> tuple[str, bool]:
    figure = figures(sentence)[number]
    found = questions(sentence, figure.start, figure.end, figure.word)
    return (found.ways[0], found.inside) if found else ("", False)


@pytest.mark.parametrize(
    ("sentence", "number", "expected"),
    [
        (
            "社員は、休暇を取る日の3日前までに所属長に届け出なければならない",
            0,
            "休暇を取る日の何日前までに所属長に届け出ればいいですか",
        ),
        (
            "補助を希望する者は、購入日から10日以内に申請を行い、承認を得なければならない",
            0,
            "補助を希望する場合は、購入日から何日以内に申請を行えばいいですか",
        ),
        ("会社は、社員に対し、入社日に12日の有給休暇を与える", 0, "入社日に有給休暇は何日もらえますか"),
        ("食事代として800円を支給する", 0, "食事代としていくらもらえますか"),
        ("始業時刻は午前8時、終業時刻は午後5時とする", 0, "始業時刻は何時ですか"),
        ("始業時刻は午前8時、終業時刻は午後5時とする", 1, "終業時刻は何時ですか"),
        (
            "早番1回につき450円、遅番1回につき900円の手当を支給する",
            0,
            "早番1回につき手当はいくらもらえますか",
        ),
        ("入社日から4か月間を試用期間とする", 0, "試用期間は入社日から何か月間ですか"),
        ("宿泊費は、1泊につき9,500円を上限とする", 0, "宿泊費は、1泊につきいくらが上限ですか"),
        ("賃金は、毎月20日をもって締め切り、当月末日に支払う", 0, "賃金は、いつ締め切りますか"),
        ("この規程は、令和8年4月1日から施行する", 0, "この規程は、いつから施行されますか"),
        (
            "国内の場合は7日以内、海外の場合は14日以内に報告書を提出しなければならない",
            0,
            "国内の場合は何日以内に報告書を提出すればいいですか",
        ),
    ],
)
def test_a_sentence_is_asked_about_as_an_employee_would(sentence: str, number: int, expected: str) -> None:
    assert asked(sentence, number)[0] == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "欠勤が4日以上に及ぶときは、診断書を提出しなければならない",
        "勤続が5年以上の者は、表彰する",
        "1歳に満たない子を養育する社員から請求があったときは、休憩を与える",
    ],
)
def test_an_answer_inside_a_condition_is_marked_as_seldom_asked(sentence: str) -> None:
    assert asked(sentence)[1]


def test_a_clause_that_is_only_the_first_half_of_a_condition_is_no_statement() -> None:
    assert asked("時間外の労働が80時間を超え、疲労が認められる場合は、面接指導を行う") == ("", False)


def test_what_is_not_needed_to_understand_may_be_left_out() -> None:
    sentence = "休業する者は、開始日の1か月前までに、申出書を人事課に提出する"
    start = sentence.index("申出書")
    found = questions(sentence, start, start + 3, "何")
    assert found is not None
    assert "休業する者は、何を人事課に提出しますか" in found.ways
