"""Passages in a prompt, citations and refusals in an answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitae.core.dialogue import Dialogue, Message
from kitae.core.label import Label
from kitae.core.passage import Passage
from kitae.engine.grounding import (
    ABSTAIN,
    ABSTAIN_EN,
    abstain,
    answer_with_citation,
    grounded,
    read_answer,
)


def passage(
    number: int, heading: str = "就業規則 > 第3章　休暇 > 第20条　慶弔休暇", text: str = "本文です。"
) -> Passage:
    return Passage(
        id=f"rules.md#{number}.0",
        document="rules.md",
        section=f"rules.md#{number}",
        heading=heading,
        text=text,
        label=Label.INTERNAL,
    )


SHOWN = [passage(20), passage(21), passage(22)]


def shot(question: str, answer: str) -> Dialogue:
    messages = (*grounded(question, [passage(1)]), Message(role="assistant", content=answer))
    return Dialogue(
        id="d", messages=messages, kind="faq", question=question, answer=answer, answerable=True, label=Label.PUBLIC
    )


def test_closed_book_is_the_question_and_nothing_else() -> None:
    assert grounded("何日ですか", None) == [Message(role="user", content="何日ですか")]


def test_an_empty_search_is_told_and_differs_from_closed_book() -> None:
    system, user = grounded("何日ですか", [])
    assert system.role == "system" and ABSTAIN in system.content
    assert user.content == "資料：（該当なし）\n\n質問：何日ですか"


def test_passages_are_numbered_from_one_below_their_last_two_headings() -> None:
    _, user = grounded("何日ですか", [passage(20, text=" 5日とする。\n"), passage(3, heading="", text="別の話。")])
    assert user.content == (
        "資料：\n[1] 第3章　休暇 > 第20条　慶弔休暇\n5日とする。\n\n[2]\n別の話。\n\n質問：何日ですか"
    )


def test_english_prompts_hold_no_japanese_of_ours() -> None:
    asked = grounded("How many days?", [passage(1, heading="Rules > Leave", text="Five days.")], language="en")
    assert "".join(message.content for message in asked).isascii()
    assert ABSTAIN_EN in asked[0].content


def test_shots_are_earlier_turns_under_one_instruction() -> None:
    asked = grounded("何日ですか", SHOWN, shots=[shot("一つ目", "はい。[1]"), shot("二つ目", ABSTAIN)])
    assert [message.role for message in asked] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert [message.content for message in asked if message.role == "assistant"] == ["はい。[1]", ABSTAIN]
    assert "質問：一つ目" in asked[1].content and "質問：何日ですか" in asked[-1].content


def test_shots_stand_before_a_closed_question_too() -> None:
    asked = grounded("何日ですか", None, shots=[shot("一つ目", "はい。")])
    assert [message.role for message in asked] == ["user", "assistant", "user"]


def test_the_form_costs_few_characters_beside_the_passages() -> None:
    asked = grounded("何日ですか", [passage(1, heading="", text="あ")])
    assert sum(len(message.content) for message in asked) < 100


@given(st.lists(st.integers(1, 3), unique=True, max_size=3), st.sampled_from(["5日です。", "It is 5 days.", "はい"]))
def test_what_answer_with_citation_writes_is_what_read_answer_reads(numbers: list[int], answer: str) -> None:
    reading = read_answer(answer_with_citation(answer, numbers), SHOWN)
    assert reading.answer == answer
    assert reading.cited == tuple(SHOWN[number - 1].id for number in numbers)
    assert reading.invalid == () and not reading.abstained


@pytest.mark.parametrize(
    ("text", "answer", "cited"),
    [
        ("5日です。[1]", "5日です。", [1]),
        ("5日です［２］。", "5日です。", [2]),
        ("5日です。【1】", "5日です。", [1]),
        ("5日です。[1][3]", "5日です。", [1, 3]),
        ("5日です。[1, 2]", "5日です。", [1, 2]),
        ("5日です。［１、２］", "5日です。", [1, 2]),
        ("[2] 5日です。", "5日です。", [2]),
        ("父母は5日[1]、祖父母は3日[2]です。[1]", "父母は5日、祖父母は3日です。", [1, 2]),
        ("5日です。（[1]）", "5日です。", [1]),
        ("5日です。\n出典：[資料1]", "5日です。", [1]),
        ("It is 5 days [1]. Then 3 [3].", "It is 5 days. Then 3.", [1, 3]),
        ("5日です。[1]\n", "5日です。", [1]),
    ],
)
def test_citations_are_read_in_every_usual_form(text: str, answer: str, cited: list[int]) -> None:
    reading = read_answer(text, SHOWN)
    assert reading.answer == answer
    assert reading.cited == tuple(SHOWN[number - 1].id for number in cited)
    assert reading.invalid == ()


def test_citations_of_what_was_not_shown_are_told_apart() -> None:
    reading = read_answer("5日です。[4][1][0]", SHOWN)
    assert reading.cited == (SHOWN[0].id,)
    assert reading.invalid == ("[4]", "[0]")
    assert read_answer("5日です。[1]", []).invalid == ("[1]",)


@pytest.mark.parametrize("text", ["【重要】5日です。", "[2024]年度です。", "(1)申請 (2)承認", "配列[i]です。"])
def test_brackets_that_are_no_citation_stay(text: str) -> None:
    assert read_answer(text, SHOWN).answer == text
    assert read_answer(text, SHOWN).cited == ()


@pytest.mark.parametrize(
    "text",
    [
        ABSTAIN,
        ABSTAIN_EN,
        f"{ABSTAIN}[1]",
        "資料には書かれていません",
        "提供された資料には、育児休業の期間についての記載はありません。",
        "申し訳ありませんが、資料からは分かりません。",
        "この点については資料に記載がないため、お答えできません。",
        "資料に書かれていないので、人事部にお問い合わせください。",
        "資料を確認しましたが、該当する情報は見つかりませんでした。",
        "副業の可否は明記されておりません。詳しくは総務部に確認してください。",
        "その情報は資料に含まれていません。",
        "慶弔休暇については書かれていますが、日数は書かれていません。",
        "いいえ、資料には触れられていないようです。",
        "不明です。",
        "該当なし",
        "退職金については定めがありません。",
        "わかりません。",
        "記載なし。",
        "社員食堂の営業時間に関する記述は見当たりません。",
        "回答：資料には記載されていないと思います。",
        "I'm sorry, but the documents do not mention this.",
        "The provided passages don't specify the number of days.",
        "There is no information about parental leave. Please contact HR.",
        "This is not stated in the documents.",
        "I cannot find the answer in the given text.",
    ],
)
def test_refusals_are_recognised(text: str) -> None:
    assert read_answer(text, SHOWN).abstained


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5日です。[1]",
        "日数については定めがありませんが、5日です。",
        "資料には直接の記載はありません。ただし、慣例では5日です。",
        "有給休暇はありません。",
        "いいえ、パートタイマーは支給対象に含まれません。[2]",
        "退職金の対象に含まれていません。",
        "服装の定めはありません。[1]",
        "記入がない申請書は受け付けません。",
        "資料には5日と書かれています。時間は書かれていません。",
        "記載がないので5日とします。",
        "開始日は分かりませんが、期間は5日です。",
        "電話では受け付けていません。",
        "届出がない場合は、欠勤とみなします。",
        "氏名を記載しない場合は無効です。",
        "残業は認められていません。",
        "Meals are not included.",
        "It is 5 days, but the documents do not mention hours.",
        "No, employees may not smoke.",
        "契約書に書かれていない事項は、協議して決めます。",
        "問題ありません。",
    ],
)
def test_answers_are_not_taken_for_refusals(text: str) -> None:
    assert not read_answer(text, SHOWN).abstained


def test_there_is_a_standard_sentence_for_each_language() -> None:
    assert (abstain("ja"), abstain("en")) == (ABSTAIN, ABSTAIN_EN)
