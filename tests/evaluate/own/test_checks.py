from __future__ import annotations

from typing import Any

import pytest

from kitae.evaluate.own.checks.finding import characters, sentences, unfenced
from kitae.evaluate.own.checks.table import CHECKS, checked

TABLE = "| 部屋 | 定員 |\n|---|---:|\n| 大 | 30人 |\n| 小 | 4人 |"
FENCED = "```json\n{}\n```"

CASES: list[tuple[str, dict[str, Any], list[str], list[str]]] = [
    ("characters", {"at_least": 3, "at_most": 5}, ["あいう", "あ い\nう、。"], ["あい", "あいうえおか", ""]),
    (
        "sentences",
        {"exactly": 2},
        ["一つ目です。二つ目です。", "「はい。わかりました。」と答えた。帰った。", "一つ目です\n二つ目です！"],
        ["一つです。", "", "。。", "一。二。三。"],
    ),
    ("lines", {"exactly": 2, "longest": 4}, ["あ\n\nい", "あいうえ\nお"], ["あ", "あいうえお\nか", "あ\nい\nう"]),
    (
        "paragraphs",
        {"exactly": 2, "at_least": 3},
        ["あいう\n\nえおか", "あ\nいう\n \nえおか"],
        ["あいう\nえおか", "あ\n\nいうえ"],
    ),
    ("sentence_length", {"at_most": 5}, ["あいう。えお。"], ["あいうえおか。", ""]),
    ("shrinking_lines", {}, ["あいう\nあい\nあ"], ["あい\nあい", "あ\nあい", ""]),
    ("contains", {"words": ["甲", "乙"]}, ["甲と乙"], ["甲だけ", ""]),
    ("contains_any", {"words": ["甲", "乙"]}, ["乙だけ"], ["丙", ""]),
    ("forbids", {"words": ["とても"]}, ["よい。"], ["とてもよい。", "", " \n"]),
    ("repeats", {"word": "客", "exactly": 2}, ["客と客"], ["客", "客客客"]),
    ("ordered", {"words": ["まず", "次に"]}, ["まず一、次に二"], ["次に二、まず一", "まず一"]),
    (
        "polite",
        {},
        [
            "行きます。よいですか。",
            "お待ちください。",
            "ありがとうございました！",
            "三時に始まりますので、お急ぎください。",
            "助かりますね。",
        ],
        ["行く。", "行きます。帰る。", "仲間を励ます。", "熱を冷ます。", "[[10]]", ""],
    ),
    (
        "plain",
        {},
        [
            "行く。帰った。",
            "会議は中止である。",
            "仲間を励ます。",
            "人をだます。",
            "需要がますます増える。",
            "指示があれば従う。",
        ],
        ["行きます。", "暑いですが、行く。", "行く。お願いします。", "承知しました。", "見てください。", "[[10]]", ""],
    ),
    ("sentence_ends", {"ending": "する。"}, ["廃止する。公開する。"], ["廃止する。公開した。", ""]),
    (
        "only",
        {"scripts": ["hiragana"]},
        ["かいしゃは、ひろい。", "らーめん"],
        ["会社", "カイシャ", "123", "[[10]]", "、。", ""],
    ),
    ("only", {"scripts": ["katakana"]}, ["ブジニ　ツイタ。", "ﾌﾞｼﾞ"], ["ぶじ", "A"]),
    ("without", {"scripts": ["kanji"]}, ["かいしゃ", "ビルの３かい"], ["会社", "々", "[[10]]", ""]),
    ("without", {"scripts": ["latin"]}, ["電子メール"], ["Eメール", "Ａ社"]),
    ("digits", {"width": "full"}, ["２丁目"], ["2丁目", "２丁目3番", "丁目"]),
    ("digits", {"width": "half"}, ["365日"], ["３６５日", "日"]),
    ("digits", {"width": "kanji"}, ["百二十八人"], ["128人", "人", "十人と3人"]),
    ("ruby", {}, ["駅（えき）に行（い）く"], ["駅（えき）に行く", "えき", ""]),
    (
        "morae",
        {"counts": [5, 7, 5]},
        ["ふゆのよる\nきょうのしごとは\nおわりけり"],
        ["ふゆのよる\nかえる\nみち", "冬の夜\n一人帰れば\n月一つ", ""],
    ),
    ("morae", {"counts": [3]}, ["しゃしん", "きって", "らーめ"], ["しゃしんき"]),
    ("starts", {"words": "結論から"}, ["結論から言うと"], ["まず結論から", ""]),
    ("ends", {"words": "以上です。"}, ["終わり。以上です。\n"], ["以上です。では。", ""]),
    ("pattern", {"pattern": "[0-9]{2}:[0-9]{2}", "says": "時刻"}, ["15:05", " 15:05\n"], ["15:05です", "３:05", ""]),
    ("matches", {"pattern": "[0-9]", "says": "数字"}, ["あ1"], ["あ"]),
    ("each_line", {"pattern": ".+か。", "says": "か。"}, ["なぜか。\n\nいつか。"], ["なぜか。\nいつ。", ""]),
    (
        "line_heads",
        {"heads": ["A：", "B："]},
        ["A：朝\nB：夜"],
        ["A：朝", "B：夜\nA：朝", "A：\nB：", "前置き\nA：朝\nB：夜"],
    ),
    ("heads", {"word": "さく"}, ["さむい\nくもり"], ["くもり\nさむい", "さむい", ""]),
    (
        "numbered",
        {"exactly": 2},
        ["1. 名刺\n2. 切符", "１．名刺\n２．切符"],
        ["1. 名刺", "1. 名刺\n3. 切符", "次です。\n1. 名刺\n2. 切符", "1. \n2. "],
    ),
    (
        "bullets",
        {"exactly": 2, "mark": "・"},
        ["・水\n・電池"],
        ["・水", "- 水\n- 電池", "次です。\n・水\n・電池", "・\n・"],
    ),
    (
        "headings",
        {"titles": ["背景", "期間"], "level": 2},
        ["## 背景\n暑い。\n## 期間\n七月。"],
        ["# 背景\n暑い。\n# 期間\n七月。", "## 期間\n七月。\n## 背景\n暑い。", "## 背景\n## 期間\n七月。", "背景"],
    ),
    ("quoted", {}, ["「声かけ」"], ["声かけ", "「声」と「かけ」", "「声かけ」です", "「」"]),
    (
        "mail",
        {},
        ["件名：見学\n\n本文です。"],
        ["件名：見学\n本文です。", "見学\n\n本文です。", "件名：\n\n本文です。", "件名：見学\n\n"],
    ),
    (
        "fenced",
        {"language": "python"},
        ["```python\nx = 1\n```", "```\nx = 1\n```"],
        ["x = 1", "どうぞ\n```python\nx = 1\n```", "```python\n```"],
    ),
    (
        "json_object",
        {"keys": ["a"]},
        ['{"a": "甲"}', '```json\n{"a": 1}\n```'],
        ['{"a": ""}', '{"a": 1, "b": 2}', "{}", "a", '{"a": NaN}', '[{"a": 1}]'],
    ),
    (
        "json_object",
        {"keys": ["a", "b"], "types": {"a": "boolean", "b": "null"}},
        ['{"a": false, "b": null}'],
        ['{"a": "false", "b": null}', '{"a": true, "b": ""}', '{"a": 1, "b": null}'],
    ),
    ("json_object", {"keys": ["a"], "types": {"a": "number"}}, ['{"a": 1.5}'], ['{"a": true}', '{"a": "1"}']),
    (
        "json_list",
        {"exactly": 2, "keys": ["名"], "types": {"名": "string"}},
        ['[{"名": "甲"}, {"名": "乙"}]'],
        ['[{"名": "甲"}, {"名": "甲"}]', '[{"名": "甲"}]', '{"名": "甲"}', '[{"名": 1}, {"名": "乙"}]', "x"],
    ),
    (
        "json_equals",
        {"value": {"a": 3}},
        ['{"a": 3}', FENCED.replace("{}", '{"a":3}')],
        ['{"a": "3"}', '{"a": 3} です', "{}", "3"],
    ),
    ("json_equals", {"value": [True]}, ["[true]"], ["[1]", '["true"]']),
    (
        "table",
        {"columns": ["部屋", "定員"], "rows": 2},
        [TABLE, f"```\n{TABLE}\n```"],
        [
            f"次の表です。\n{TABLE}",
            TABLE.replace("|---|---:|\n", ""),
            TABLE.replace("定員", "人数"),
            TABLE + "\n| 中 | |",
            TABLE + "\n| 中 | 9人 |",
            "",
        ],
    ),
    (
        "separated",
        {"columns": ["氏名", "内線"], "rows": 1},
        ["氏名,内線\n野口,101", '氏名,内線\n"野口,健",101'],
        ["氏名,内線", "氏名\t内線\n野口\t101", "氏名,内線\n野口", "名,内線\n野口,101", ""],
    ),
    ("separated", {"columns": ["品", "数"], "rows": 1, "by": "\t"}, ["品\t数\n筆\t2"], ["品,数\n筆,2"]),
    (
        "cells",
        {"column": "定員", "pattern": "[0-9]+人", "says": "人数"},
        [TABLE],
        [TABLE.replace("30人", "多い"), TABLE.replace("定員", "数"), ""],
    ),
]


@pytest.mark.parametrize(("name", "given", "good", "bad"), CASES)
def test_a_check_tells_what_keeps_from_what_breaks(
    name: str, given: dict[str, Any], good: list[str], bad: list[str]
) -> None:
    for text in good:
        assert checked(text, name, given).kept, (text, checked(text, name, given).why)
    for text in bad:
        found = checked(text, name, given)
        assert not found.kept, text
        assert found.why


def test_every_check_is_tried() -> None:
    assert {name for name, *_ in CASES} == set(CHECKS)


def test_a_check_never_fails_on_any_text() -> None:
    odd = ["", " ", "\n\n", "「", "```", "|", "[[10]]", "\ud7ff\U0001f600", "。", "1.", "{", '{"a"', 'a,b\n"c']
    for name, given, *_ in CASES:
        for text in odd:
            assert isinstance(checked(text, name, given).kept, bool)


def test_counting_is_as_japanese_counts() -> None:
    assert characters("あ い\u3000う。\n") == 4
    assert sentences("「はい。」と言った。帰った。") == ["「はい。」と言った。", "帰った。"]
    assert sentences("見た（別紙。）。帰った。") == ["見た（別紙。）。", "帰った。"]
    assert sentences("・一つ目\n・二つ目") == ["・一つ目", "・二つ目"]
    assert unfenced("```json\n{}\n```\n") == "{}"
    assert unfenced("前\n```json\n{}\n```") == "前\n```json\n{}\n```"
