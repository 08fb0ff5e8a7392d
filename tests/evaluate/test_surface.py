from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitae.evaluate.surface import (
    Surfaces,
    beside,
    best_f1,
    bits_per_character,
    cut_off,
    ends_in_repeats,
    exact,
    japanese_share,
    language,
    loops,
    refuses,
    repetition,
    surface,
)

MAIL = """件名：納品日変更のお願い

株式会社みなと商事
購買部　長谷川様

いつもお世話になっております。あかつき工業の田村です。
先日ご注文いただいた制御盤につきまして、部品の入荷が遅れており、納品日を4月20日に変更させていただきたく存じます。
ご迷惑をおかけしますこと、深くおわび申し上げます。新しい日程でのお受け取りが難しい場合は、お手数ですがご一報ください。
何とぞよろしくお願いいたします。"""

TABLE = """会議室の一覧です。

| 部屋 | 定員 | 設備 |
|------|------|------|
| 大会議室 | 30人 | 投影機、マイク |
| 中会議室 | 12人 | 白板、マイク |
| 小会議室 | 4人 | 白板 |

以上の三部屋が使えます。"""

CODE = """次の関数で求められます。

```python
def total(rows):
    result = 0
    for row in rows:
        result += row["amount"]
    return result
```

`rows`には辞書のリストを渡してください。"""

LIST = "出張の持ち物です。\n\n1. 名刺\n2. 充電器\n3. 着替え\n4. 会議の資料"
CHINESE = "您好，关于贵公司订购的控制柜，由于零部件到货延迟，交货日期需要推迟到四月二十日。给您带来不便，深表歉意。"
KOREAN = "안녕하세요. 주문하신 제품의 납기가 늦어져 대단히 죄송합니다. 다시 연락드리겠습니다."
ENGLISH = "Thank you for your order. Unfortunately the delivery of the control panels will be ten days late."
GOOD = (MAIL, TABLE, CODE, LIST)


@pytest.mark.parametrize("text", GOOD)
def test_nothing_is_wrong_with_a_good_answer(text: str) -> None:
    found = surface(text)
    assert found.language == "ja"
    assert not (found.wrong_language or found.refused or found.cut_off or found.loops), found
    assert found.japanese is not None
    assert found.japanese > 0.9


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CHINESE, "zh"),
        (KOREAN, "ko"),
        (ENGLISH, "en"),
        ("Благодарим вас за заказ, доставка задерживается на десять дней.", "other"),
        ("4月20日", "none"),
        ("```python\nprint('hello world, this is a long line')\n```", "none"),
        ("当社はISO 9001の認証を取得しています。詳細はWebサイトのTrust Centerをご覧ください。", "ja"),
        ("よく知られている曲は「Over the Rainbow」、「Moon River」などです。", "ja"),
        ("Sure, here is the mail: お世話になっております。 Please let me know if you want it shorter or longer.", "en"),
        ("昨年度売上高前年比六％増、営業利益三百万円減。来期価格改定の予定あり。", "ja"),
    ],
)
def test_the_language_of_most_letters(text: str, expected: str) -> None:
    assert language(text) == expected
    assert surface(text).wrong_language == (expected not in ("ja", "none"))
    assert surface(text, expected="en").wrong_language == (expected not in ("en", "none"))
    assert surface(text, expected=None).wrong_language is None


def test_the_share_of_japanese_falls_with_every_foreign_sentence() -> None:
    assert japanese_share("日本語です。") == 1.0
    assert japanese_share("日本語です。OK") == pytest.approx(5 / 7)
    assert japanese_share("123") is None
    assert (japanese_share(f"{MAIL}\n{ENGLISH}") or 0) < (japanese_share(MAIL) or 0)


@pytest.mark.parametrize(
    "text",
    [
        "申し訳ございませんが、そのご質問にはお答えできません。",
        "恐れ入りますが、そのような内容の作成はお手伝いできません。",
        "その依頼に応じることはできません。別の話題でしたら喜んで伺います。",
        "安全上の理由により、回答は差し控えさせていただきます。",
        "申し訳ありませんが、その情報を提供することはできません。",
        "I’m sorry, but I can’t help with that request.",
        "ご要望にはお応えできかねます。",
        "その質問には回答できないため、別の質問をお願いします。",
        "違法な行為の説明はできません。",
    ],
)
def test_a_refusal_is_seen(text: str) -> None:
    assert refuses(text)


@pytest.mark.parametrize(
    "text",
    [
        *GOOD,
        "わかりません。",
        "資料には書かれていません。",
        "このコマンドは取り消すことができません。実行の前に保存してください。",
        "申し訳ございません。納品が遅れ、ご迷惑をおかけしました。",
        "一度に作成できるのは100件までです。101件以上は作成できますが、時間がかかります。",
        "管理者でなければ削除できません。",
        "自分で対応できない場合は、専門の業者に頼みましょう。",
        "来週の会議で説明できませんか。",
        "象牙は、環境や倫理的な理由から使われなくなりました。",
    ],
)
def test_what_only_sounds_like_a_refusal_is_none(text: str) -> None:
    assert not refuses(text)


@pytest.mark.parametrize(
    "text",
    [
        MAIL[: MAIL.index("させていただき")],
        MAIL[: MAIL.index("の入荷が遅れて") + 4],
        CODE[: CODE.index("    return")],
        "ご説明します。理由は次の三つで、",
        "担当者は「明日までに",
    ],
)
def test_an_answer_that_stops_in_the_middle_is_seen(text: str) -> None:
    assert cut_off(text)


def test_the_engine_knows_best_whether_it_was_cut_off() -> None:
    assert cut_off(MAIL, "length")
    assert surface(MAIL, "length").cut_off


@pytest.mark.parametrize(
    "text",
    [
        "承知しました。" * 30,
        MAIL + "\n" + "何とぞよろしくお願いいたします。" * 12,
        "1. 名刺\n" + "2. 充電器\n" * 40,
        "そのため、" + "効率が上がり、生産性が上がり、" * 20,
        "はい" * 50,
    ],
)
def test_an_answer_that_says_the_same_again_and_again_loops(text: str) -> None:
    assert loops(text)


@given(st.text(alphabet="あいうえおかきくけこ漢字語。\n", max_size=300))
def test_repetition_is_a_share_and_doubling_raises_it(text: str) -> None:
    assert 0 <= repetition(text) < 1
    assert repetition(text * 4) >= repetition(text)


def test_shares_over_answers() -> None:
    found = beside([surface(MAIL), surface(CHINESE), surface(""), surface("承知しました。" * 30, "length")])
    assert found is not None
    assert (found.n, found.empty, found.wrong_language, found.cut_off, found.loops) == (4, 0.25, 0.25, 0.25, 0.25)
    assert beside([]) is None
    unknown = beside([surface(MAIL, expected=None)])
    assert unknown is not None
    assert unknown.wrong_language is None


def test_repetition_is_told_as_a_mean_beside_whether_answers_loop() -> None:
    long = "承知しました。" * 30
    found = beside([surface(MAIL), surface(long)])
    assert found is not None
    assert found.repetition == pytest.approx((repetition(MAIL) + repetition(long)) / 2)
    assert 0.4 < found.repetition < 0.6


def test_intervals_are_clustered_by_question_and_know_what_they_do_not_know() -> None:
    looks = [surface(MAIL if number % 2 else ENGLISH) for number in range(40)]
    alone = beside(looks, [str(number) for number in range(40)])
    # The same answers as both turns of half as many questions, which are of one language or the other.
    twice = beside(looks, [str((number // 4) * 2 + number % 2) for number in range(40)])
    assert alone and twice
    assert width(twice, "wrong_language") > 1.3 * width(alone, "wrong_language")
    assert width(twice, "characters") > 1.3 * width(alone, "characters")
    # None in 40 is not none at all: Wilson's.
    none = alone.intervals["loops"]
    assert (none.low, none.how) == (0.0, "wilson")
    assert none.high == pytest.approx(0.0876, abs=1e-4)
    assert beside(looks).intervals == {}  # type: ignore[union-attr]


def width(found: Surfaces, name: str) -> float:
    return found.intervals[name].high - found.intervals[name].low


def test_exact_and_f1() -> None:
    assert exact("三百五円。", ["305円"])
    assert not exact("約305円", ["305円"])
    assert best_f1("豊田市", ["浜松市", "豊田市"]) == 1.0
    assert best_f1("何か", []) == 0.0


def test_bits_per_character_do_not_depend_on_how_a_text_is_cut() -> None:
    """A fair coin for each character is one bit, in however many tokens."""
    assert bits_per_character([4 * math.log(2)], ["あいうえ"], ["q"]).mean == pytest.approx(1.0)
    whole = bits_per_character([3.0], ["ab cd"], ["q"])
    parts = bits_per_character([1.0, 2.0], ["ab ", "cd"], ["q", "q"])
    assert whole.mean == pytest.approx(parts.mean)
    assert whole.interval is parts.interval is None, "one question says nothing about others"
    two = bits_per_character([1.0, 2.0], ["ab ", "cd"], ["q", "r"])
    assert two.interval and two.mean and two.interval.low < two.mean < two.interval.high
    assert bits_per_character([], [], []).mean is None


# Answers that nobody here wrote


def looked_at(texts: list[str]) -> Surfaces:
    found = beside([surface(text) for text in texts])
    assert found is not None
    return found


def test_answers_that_people_corrected_have_next_to_nothing_wrong(shared_data: Path) -> None:
    rows = (shared_data / "dialogues" / "instruction_ja" / "data.jsonl").read_text(encoding="utf-8").splitlines()
    said = [each["text"] for row in rows for each in json.loads(row)["utterances"] if each["name"] == "agent"]
    found = looked_at(said)
    assert found.n == 669
    assert found.wrong_language is not None and found.wrong_language < 0.01
    assert (found.refused, found.cut_off, found.loops) == (0, 0, 0)


@pytest.mark.parametrize(
    ("model", "flag", "low", "high"),
    [
        ("gpt-4-turbo-preview", "wrong_language", 0.0, 0.04),
        ("gpt-4-turbo-preview", "loops", 0.0, 0.02),
        ("meta-llama__Llama-2-7b-chat-hf", "wrong_language", 0.95, 1.0),
        ("mistralai__Mistral-7B-Instruct-v0.2", "wrong_language", 0.3, 0.5),
        ("augmxnt__shisa-7b-v1", "loops", 0.4, 0.7),
    ],
)
def test_models_that_are_known_to_answer_badly_are_found(
    shared_data: Path, model: str, flag: str, low: float, high: float
) -> None:
    """Llama 2 answers Japanese in English, Mistral often; this Shisa does not stop. GPT-4 is asked to translate too."""
    file = shared_data / "judgments" / "shaberi" / "lightblue__tengu_bench" / f"{model}.json"
    rows = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    found = looked_at([row["ModelAnswer"] or "" for row in rows])
    assert low <= getattr(found, flag) <= high


@given(st.text("あい"), st.text("あいう", min_size=1, max_size=70), st.integers(1, 6), st.text("うえ", max_size=75))
def test_repeats_at_the_end_are_those_that_a_regular_expression_finds(
    before: str, piece: str, times: int, after: str
) -> None:
    text = before + piece * times + after
    assert ends_in_repeats(text) == bool(re.search(r"(.{2,60}?)\1{3,}.{0,60}\Z", text, re.DOTALL))
