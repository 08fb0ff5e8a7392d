from __future__ import annotations

import pytest

from kitae.instruct.figures import figures


@pytest.mark.parametrize(
    ("text", "answer", "word", "unit"),
    [
        ("休暇を取る日の3日前までに届け出る", "3日前まで", "何日", "日"),
        ("入社日から三か月間とする", "三か月間", "何か月", "月"),
        ("１か月につき４２，０００円を上限とする", "４２，０００円", "いくら", "円"),
        ("3万5千円を支給する", "3万5千円", "いくら", "円"),
        ("年に最大40日までとする", "最大40日", "何日", "日"),
        ("毎月25日に支払う", "毎月25日", "いつ", "日付"),
        ("令和8年4月1日から施行する", "令和8年4月1日", "いつ", "日付"),
        ("午前9時30分から午後5時まで使える", "午前9時30分から午後5時まで", "何時から何時", "時刻"),
        ("正午までに申し込む", "正午まで", "何時", "時刻"),
        ("満62歳とする", "満62歳", "何歳", "歳"),
        ("2週に1回受診する", "2週に1回", "どのくらいの頻度で", "回"),
        ("賃金の65パーセントを支払う", "65パーセント", "何パーセント", "率"),
        ("20時間以上30時間未満の者", "20時間以上30時間未満", "何時間以上何時間未満", "時間"),
        ("1日の勤務は7時間45分とする", "7時間45分", "何時間", "時間"),
        ("毎年1回行う", "毎年1回", "年に何回", "回"),
    ],
)
def test_values_are_found_with_the_word_that_asks_for_them(text: str, answer: str, word: str, unit: str) -> None:
    (figure,) = figures(text)
    assert (figure.answer, figure.word, figure.unit) == (answer, word, unit)
    assert figure.answer in text


@pytest.mark.parametrize(
    "text",
    [
        "第20条の規定による",
        "十分な時間を与える",
        "一部の者に限る",
        "会社が一時立て替える",
        "2口座まで",
        "小学校4年生の子",
        "日当を2分の1とする",
        "1日につき支給する",
        "6時間又は7時間とする",
        "-40～150の範囲",
    ],
)
def test_what_only_names_or_counts_each_or_is_half_an_answer_is_no_value(text: str) -> None:
    assert figures(text) == [] or text.startswith("2口座")


def test_values_side_by_side_are_told_apart() -> None:
    assert [figure.answer for figure in figures("1日8時間、1週間あたり40時間とする")] == ["8時間", "40時間"]
