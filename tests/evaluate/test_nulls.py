from typing import Any

import pytest

from kitae.core.mistakes import Mistake
from kitae.engine.grounding import read_answer
from kitae.evaluate.nulls import NULL_ROWS, NULLS, first_sentence, null_answer
from kitae.evaluate.recipe import Row

REFUSE, COPY, FIRST = NULL_ROWS


def test_the_null_rows_are_those_that_there_are_answers_for() -> None:
    assert [row.name for row in NULL_ROWS] == list(NULLS)


def test_refusing_is_read_as_a_refusal(passages: list[Any]) -> None:
    for language in ("ja", "en"):
        reading = read_answer(null_answer(REFUSE, passages, language).text, passages)
        assert reading.abstained
        assert reading.cited == ()


def test_copying_is_the_whole_top_passage_cited(passages: list[Any]) -> None:
    reading = read_answer(null_answer(COPY, passages, "ja").text, passages)
    assert reading.answer == passages[0].text
    assert reading.cited == (passages[0].id,)


def test_the_first_sentence_of_the_top_passage_cited(passages: list[Any]) -> None:
    reading = read_answer(null_answer(FIRST, passages, "ja").text, passages)
    assert reading.answer == "従業員の父母又は子が死亡したときは、5日の慶弔休暇を与える。"
    assert reading.cited == (passages[0].id,)


@pytest.mark.parametrize("row", [COPY, FIRST])
def test_where_nothing_was_found_they_refuse(row: Row) -> None:
    assert read_answer(null_answer(row, [], "ja").text, []).abstained


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("一。二。", "一。"),
        ("見出しのような行\n次の行。", "見出しのような行"),
        ("It costs 3.5 yen. Then more.", "It costs 3.5 yen."),
        ("終わりがない", "終わりがない"),
        ("\n\n 空行の後。続き", "空行の後。"),
    ],
)
def test_a_sentence_ends_at_a_full_stop_or_a_line(text: str, sentence: str) -> None:
    assert first_sentence(text) == sentence


def test_an_unknown_null_row_names_the_nearest() -> None:
    with pytest.raises(Mistake, match=r"null\.copie") as mistake:
        null_answer(Row(name="null.copie", model="null"), [], "ja")
    assert "null.copy" in mistake.value.hint
