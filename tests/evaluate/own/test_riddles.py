from __future__ import annotations

import re
from collections import Counter

import pytest

from kitae.evaluate.normalise import normalise
from kitae.evaluate.own.items import Riddle
from kitae.evaluate.own.riddles import consistency, final_answer, score
from kitae.evaluate.suites import own_suite

SUITE = own_suite("riddles-ja")
RIDDLES: dict[str, Riddle] = {item.id: item for item in SUITE.items if isinstance(item, Riddle)}


@pytest.mark.parametrize("riddle", RIDDLES.values(), ids=RIDDLES)
def test_every_accepted_answer_is_right_however_it_is_put(riddle: Riddle) -> None:
    for accepted in riddle.accepted:
        for put in (
            "{}",
            "答え：{}",
            "考えた結果です。\n\n**答え：** {}",
            "答えは「{}」です。",
            "考えます。\n答え: {}。",
        ):
            assert score(riddle, put.format(accepted)).right, put.format(accepted)


@pytest.mark.parametrize("riddle", RIDDLES.values(), ids=RIDDLES)
def test_no_riddle_tells_its_answer_by_being_repeated(riddle: Riddle) -> None:
    for wording in riddle.wordings:
        assert not score(riddle, wording).right
        assert not score(riddle, f"{wording}\n答え：{wording}").right


def test_a_list_of_guesses_is_wrong() -> None:
    assert not score(RIDDLES["logic-01"], "答え：青木さん、石井さん、上田さん").right
    assert not score(RIDDLES["logic-01"], "答え：青木さんか上田さん").right
    assert not score(RIDDLES["order-04"], "答え：A、B、C、D").right
    assert not score(RIDDLES["truth-04"], "答え：ウ、またはイ").right
    assert not score(RIDDLES["truth-04"], "答え：ウ。ア、イも正しいと思います").right
    assert not score(RIDDLES["logic-01"], "答え：上田さんは違うので、青木さんか石井さん").right
    assert not score(RIDDLES["logic-01"], "答え：青木さんではありません").right


@pytest.mark.parametrize(
    ("id", "wrong"),
    [
        ("counting-01", "答え：19回"),
        ("order-02", "答え：57"),
        ("order-02", "答え：0.7"),
        ("dates-02", "答え：3月10日"),
        ("logic-11", "答え：1と3"),
        ("logic-04", "答え：箱Aではない"),
        ("words-09", "答え：岩石"),
        ("dates-15", "答え：17時15分"),
        ("counting-11", "19回ではないかと思います。\nやはり18回です。\n答え：18回"),
    ],
)
def test_a_wrong_answer_is_wrong(id: str, wrong: str) -> None:
    assert not score(RIDDLES[id], wrong).right


@pytest.mark.parametrize(
    ("id", "right"),
    [
        ("counting-01", "答え：２０回"),
        ("counting-01", "答え：二十回"),
        ("counting-01", "答え：20"),
        ("dates-15", "答え：7:15"),
        ("dates-14", "答え：午前6:00"),
        ("nazonazo-04", "答え：傘（かさ）"),
        ("logic-11", "答え：1番と4番です。"),
        ("logic-01", "月曜は石井さんです。\n答え：青木さん"),
        ("logic-01", "答え：水曜の当番は青木さんです。"),
        ("counting-01", "**回答：** 全部で20回です！"),
        ("truth-04", "答え：ウ　1時間は3,600秒である。"),
        ("truth-04", "答え：ウ"),
        ("logic-11", "答え：1番（急ぎ）と4番（部長印なし）"),
        ("dates-15", "答え：\n翌日の午前7時15分"),
        ("order-02", "答え：5/7（約0.714）"),
    ],
)
def test_the_same_answer_in_another_spelling_is_right(id: str, right: str) -> None:
    assert score(RIDDLES[id], right).right


def test_the_last_answer_counts() -> None:
    assert final_answer("答え：A\nいや、違います。\n答え：B") == "B"
    assert final_answer("一行目\n二行目") == ""
    assert final_answer("## 答え： **C**") == "**C**"
    assert final_answer("") == ""


def test_who_is_right_in_one_wording_only_is_not_consistent() -> None:
    asked = [RIDDLES[prompt.question] for prompt in SUITE.prompts]
    right = [(riddle, score(riddle, riddle.accepted[0])) for riddle in asked]
    wrong = [(riddle, score(riddle, "")) for riddle in asked]
    assert consistency(right).mean == 1.0
    half = consistency([*right[:2], right[2], wrong[3], *wrong[4:]])
    assert (half.mean, half.n) == (0.5, 2)
    assert half.interval and half.interval.low < 0.5 < half.interval.high
    assert consistency(wrong).mean is None


def test_wordings_are_different_and_clustered() -> None:
    assert all(len(set(riddle.wordings)) >= 2 for riddle in RIDDLES.values())
    assert SUITE.questions == len(RIDDLES) >= 100
    assert len(SUITE.prompts) == sum(len(riddle.wordings) for riddle in RIDDLES.values())


def test_no_constant_answer_is_often_right() -> None:
    """Else a model that always says the same would seem to think."""
    counts = Counter(normalise(accepted) for riddle in RIDDLES.values() for accepted in set(riddle.accepted))
    digits = Counter(re.sub(r"\D", "", form) for form in counts.elements())
    likely = [form for form, _ in (*counts.most_common(10), *digits.most_common(10)) if form]
    most = max(sum(score(riddle, f"答え：{each}").right for riddle in RIDDLES.values()) for each in likely)
    assert most / len(RIDDLES) < 0.05


def test_no_wording_leaks_the_answer_of_a_word_riddle() -> None:
    for riddle in RIDDLES.values():
        if riddle.kind == "なぞなぞ":
            first = riddle.accepted[0]
            assert not any(first in wording for wording in riddle.wordings), riddle.id
