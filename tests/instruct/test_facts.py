from __future__ import annotations

from kitae.core.label import Label
from kitae.core.passage import Passage
from kitae.instruct.candidate import Candidate
from kitae.instruct.facts import might_answer, proven_by

QUESTION = "年次有給休暇は取得日の何日前までに申請しますか"
FACT = Candidate(
    questions=(QUESTION,), answer="3日前までです。", fact="3日前まで", kind="number", quote="申請する。", unit="日"
)


def passage(text: str, heading: str = "規則", number: int = 0) -> Passage:
    return Passage(id=f"x#1.{number}", document="x", section="x#1", heading=heading, text=text, label=Label.INTERNAL)


def test_a_passage_with_the_answer_and_the_matter_might_answer() -> None:
    assert might_answer(passage("年次有給休暇は、取得日の3日前までに申請する。"), QUESTION, FACT)


def test_a_passage_about_the_same_matter_with_another_value_of_the_sort_might_answer() -> None:
    assert might_answer(passage("年次有給休暇は、取得日の5日前に申請する。"), QUESTION, FACT)


def test_a_passage_about_the_same_matter_without_such_a_value_does_not() -> None:
    assert not might_answer(passage("年次有給休暇の取得日は、申請により変更する。"), QUESTION, FACT)


def test_a_passage_about_another_matter_does_not_even_with_the_same_value() -> None:
    assert not might_answer(passage("発注は、納期の3日前までに行う。"), QUESTION, FACT)


def test_the_suffix_of_a_value_hides_nothing() -> None:
    asked = "休憩時間は何時から何時までですか"
    fact = FACT.model_copy(update={"fact": "12時から13時まで", "unit": "時刻"})
    assert might_answer(passage("休憩時間：12時から13時"), asked, fact)


def test_only_a_passage_with_the_whole_proof_is_gold() -> None:
    row = FACT.model_copy(update={"kind": "table", "fact": "3,500円", "anchors": ("部長",)})
    whole, half = passage("| 部長 | 3,500円 |"), passage("| 課長 | 3,500円 |", number=1)
    assert proven_by(row, [whole, half]) == (whole,)
