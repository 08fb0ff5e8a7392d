from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitae.core.label import Label
from kitae.core.mistakes import Mistake
from kitae.plan.worksheet import HEADS, Worksheet, read_worksheet

TOP = "# 用紙\n\n- 時給: 4,000円\n- 年間の働く日数: ２４０日\n\n"
ROW = "| 問い合わせ | 1日20回 | 15分 | 社内 | 文書 | 0 | 6割 |  |"


def page(*rows: str, top: str = TOP, language: str = "ja") -> str:
    return f"{top}| {' | '.join(HEADS[language])} |\n|---|---|---|---|---|---|---|---|\n" + "\n".join(rows) + "\n"


def read(text: str) -> Worksheet:
    return read_worksheet(text, where="worksheet.md")


def test_a_row_says_what_a_task_is_worth() -> None:
    found = read(page(ROW))
    (case,) = found.cases
    assert (case.yearly, case.minutes, case.saved) == (Decimal(4800), Decimal(15), Decimal("0.6"))
    assert case.label == Label.INTERNAL
    assert case.hours() == 1200
    assert found.value == 1200 * Decimal("0.6") * 4000
    assert found.answers_per_month == 400


@pytest.mark.parametrize(
    ("often", "yearly"),
    [
        ("1日20回", 4800),
        ("毎日３回", 720),
        ("毎日", 240),
        ("週3回", 144),
        ("週5", 240),
        ("月40回", 480),
        ("毎月", 12),
        ("年4回", 4),
        ("20/日", 4800),
        ("20 a day", 4800),
        ("3 times a week", 144),
        ("1.5千 per year", 1500),
        ("40/month", 480),
        ("weekly", 48),
        ("3 times daily", 720),
        ("20回/日", 4800),
        ("20/2日", 2400),
        ("1日20件", 4800),
        ("一日二十回", 4800),
        ("1日20回くらい", 4800),
        ("2日に1回", 120),
        ("１０日に１回", 24),
        ("十日に一度", 24),
        ("2週に1回", 24),
        ("2週間に3回", 72),
        ("隔週", 24),
        ("3か月に1回", 4),
        ("三ヶ月に一回", 4),
        ("月に2度", 24),
        ("半年に1回", 2),
        ("2年に1回", Decimal("0.5")),
        ("once a week", 48),
        ("twice a month", 24),
        ("once every 3 days", 80),
        ("every 2 weeks", 24),
    ],
)
def test_how_often_is_read_as_people_write_it(often: str, yearly: int | Decimal) -> None:
    (case,) = read(page(ROW.replace("1日20回", often))).cases
    assert case.yearly == yearly


@pytest.mark.parametrize(
    "often", ["0日に1回", "2週", "毎2日", "1日20/30", "20回30日", "1日20回30", "日曜", "2026-11-27"]
)
def test_what_does_not_say_how_often_is_refused(often: str) -> None:
    with pytest.raises(Mistake) as caught:
        read(page(ROW.replace("1日20回", often)))
    assert caught.value.hint


def test_every_third_month_and_once_in_march_are_told_apart() -> None:
    with pytest.raises(Mistake) as caught:
        read(page(ROW.replace("1日20回", "3月に1回")))
    assert caught.value.readings == ("3か月に1回", "3月に、年1回")


@pytest.mark.parametrize(
    ("material", "examples", "way"),
    [
        ("文書", "0", "retrieval"),
        ("文書", "1000", "retrieval"),
        ("なし", "1,200", "tuning"),
        ("数枚", "300件", "tuning"),
        ("数枚", "299", "prompt"),
        ("なし", "", "prompt"),
    ],
)
def test_the_rule_proposes_a_way(material: str, examples: str, way: str) -> None:
    (case,) = read(page(f"| a | 月1 | 5 | 公開 | {material} | {examples} | 50% |  |")).cases
    assert case.proposed[0] == case.way == way


def test_what_the_team_chose_stands_beside_what_the_rule_proposes() -> None:
    (case,) = read(page(ROW.replace("6割 |  |", "6割 | 学習 |"))).cases
    assert (case.way, case.proposed[0]) == ("tuning", "retrieval")


def test_both_languages_say_the_same() -> None:
    top = "- hourly cost of work: ¥4,000\n- working days a year: 240\n\n"
    english = page("| 問い合わせ | 20 a day | 15 min | internal | documents | 0 | 60% | |", top=top, language="en")
    assert read(english) == read(page(ROW))


def test_examples_in_a_fenced_block_and_empty_rows_are_no_use_cases() -> None:
    fenced = f"```text\n| {' | '.join(HEADS['ja'])} |\n{ROW}\n```\n"
    assert len(read(page(ROW, "|  |  |  |  |  |  |  |  |") + fenced).cases) == 1


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (page(ROW, top="- 時給: \n- 年間の働く日数: 240\n\n"), "not filled in"),
        (page(ROW, top="- 時給: $40\n- 年間の働く日数: 240\n\n"), "not in yen"),
        (page(), "no use case"),
        (page(ROW.replace("1日20回", "たまに")), "how often"),
        (page(ROW.replace("社内", "社外秘")), "none of the choices"),
        (page(ROW.replace("6割", "12割")), "more than all"),
        (page(ROW.replace("15分", "10〜15分")), "range"),
        (page(ROW + " x |"), "9 cells"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(text: str, what: str) -> None:
    with pytest.raises(Mistake, match=what) as caught:
        read(text)
    assert "worksheet.md" in caught.value.where
    assert caught.value.hint


@settings(deadline=None)
@given(st.integers(1, 10**6), st.integers(1, 10**5))
def test_so_many_answers_pay_it_back_in_two_years(once: int, monthly: int) -> None:
    """With exactly the answers that are told, two years of value are what is paid in two years."""
    found = read(page(ROW))
    enough = found.enough_answers(Decimal(monthly), Decimal(once))
    assert enough is not None
    per_answer = found.value / (12 * found.answers_per_month)
    assert float(24 * enough * per_answer) == pytest.approx(once + 24 * monthly)


def test_what_costs_more_than_it_saves_is_never_paid_back() -> None:
    found = read(page(ROW))
    assert found.months(Decimal(10**6), found.value / 12) is None
    assert found.months(found.value, Decimal(0)) == 12


def test_what_no_endpoint_may_receive_stays() -> None:
    found = read(page(ROW, ROW.replace("社内", "公開")))
    assert len(found.stays(None)) == 2
    assert len(found.stays(Label.PUBLIC)) == 1
    assert found.stays(Label.RESTRICTED) == []
