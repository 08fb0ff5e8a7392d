"""The programs among the references of forge-ja are run here."""

from __future__ import annotations

import datetime
import math
import re
import sqlite3
from fractions import Fraction
from typing import Any

import pytest

from kitae.evaluate.own.items import Exchange
from kitae.evaluate.suites import own_suite

ITEMS: dict[str, Exchange] = {item.id: item for item in own_suite("forge-ja").items if isinstance(item, Exchange)}


def code(id: str, turn: int) -> str:
    (block,) = re.findall(r"```(?:python|sql)\n(.*?)\n```", ITEMS[id].references[turn - 1], flags=re.DOTALL)
    return str(block)


def run(id: str, turn: int) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(code(id, turn), names)
    return names


D = datetime.date


def test_eras_by_year() -> None:
    era = run("coding-01", 1)["era"]
    assert [era(year) for year in (2019, 2026, 1985, 1989, 2018, 1926)] == [
        "令和元年", "令和8年", "昭和60年", "平成元年", "平成30年", "昭和元年",
    ]  # fmt: skip
    with pytest.raises(ValueError):
        era(1925)


def test_eras_by_day() -> None:
    era = run("coding-01", 2)["era_date"]
    assert era(D(2019, 4, 30)) == "平成31年4月30日"
    assert era(D(2019, 5, 1)) == "令和元年5月1日"
    assert era(D(1989, 1, 7)) == "昭和64年1月7日"
    assert era(D(1989, 1, 8)) == "平成元年1月8日"
    assert era(D(1926, 12, 25)) == "昭和元年12月25日"
    with pytest.raises(ValueError):
        era(D(1926, 12, 24))


def test_widths_and_amounts() -> None:
    assert run("coding-02", 1)["half_digits"]("第３回　５０％引き") == "第3回　50％引き"
    amount = run("coding-02", 2)["amount"]
    assert [amount(text) for text in ("１，２３４円", "￥5,600", "７８０")] == [1234, 5600, 780]
    for wrong in ("千円", "", "円", "12.5円"):
        with pytest.raises(ValueError):
            amount(wrong)


SPENT = "部署,品名,金額\n営業,切手,840\n総務,用紙,1200\n営業,封筒,300"


def test_totals() -> None:
    assert run("coding-03", 1)["totals"](SPENT) == {"営業": 1140, "総務": 1200}
    assert run("coding-03", 2)["report"](SPENT) == ["総務: 1200円 (51.3%)", "営業: 1140円 (48.7%)"]
    assert run("coding-03", 2)["report"]("部署,品名,金額\n乙,a,5\n甲,b,5") == ["乙: 5円 (50.0%)", "甲: 5円 (50.0%)"]


def test_business_days() -> None:
    holidays = {D(2026, 5, 4), D(2026, 5, 5), D(2026, 5, 6)}
    for turn in (1, 2):
        due = run("coding-04", turn)["due"]
        assert due(D(2026, 4, 3), 1, set()) == D(2026, 4, 6)
        assert due(D(2026, 5, 1), 2, holidays) == D(2026, 5, 8)
    names = run("coding-04", 2)
    assert names["before"](D(2026, 5, 8), 2, holidays) == D(2026, 5, 1)
    for function in (names["due"], names["before"]):
        with pytest.raises(ValueError):
            function(D(2026, 5, 8), 0, set())


MINUTES = """\
決定：小間は1つ
【宿題】辻：パネルの案を出す（4/20）
【宿題】原: 宛名をそろえる（4/9）
その他
【宿題】梅田：弁当（10/1）"""


def test_tasks_of_minutes() -> None:
    found = run("coding-05", 1)["tasks"](MINUTES)
    assert found[0] == {"who": "辻", "what": "パネルの案を出す", "due": "4/20"}
    assert [each["who"] for each in found] == ["辻", "原", "梅田"]
    assert [each["who"] for each in run("coding-05", 2)["overdue"](MINUTES, 4, 21)] == ["原", "辻"]
    assert run("coding-05", 2)["overdue"](MINUTES, 4, 9) == []


def test_duplicate_addresses() -> None:
    assert run("coding-06", 1)["duplicates"]([" A@x.jp", "b@x.jp", "a@X.jp ", "B@x.jp", "c@x.jp"]) == [
        "a@x.jp",
        "b@x.jp",
    ]
    people = [
        {"email": "A@x.jp", "updated": "2026-04-01"},
        {"email": "b@x.jp", "updated": "2026-01-01"},
        {"email": " a@x.jp", "updated": "2026-05-01"},
    ]
    assert run("coding-06", 2)["newest"](people) == [people[2], people[1]]


def test_tax() -> None:
    with_tax = run("coding-07", 1)["with_tax"]
    assert [with_tax(109, 8), with_tax(100, 10), with_tax(0, 10), with_tax(99, 10)] == [117, 110, 0, 108]
    assert all(with_tax(price, 8) == price + math.floor(Fraction(price * 8, 100)) for price in range(2000))
    invoice = run("coding-07", 2)["invoice"]
    assert invoice([(109, 8), (109, 8)]) == 235 == 2 * with_tax(109, 8) + 1
    assert invoice([(105, 8), (105, 8)]) == 226
    assert invoice([(109, 8), (100, 10)]) == 117 + 110
    assert invoice([]) == 0


def test_an_index_by_kana() -> None:
    words = ["さくら", "あおい", "そら", "いけ", "わかば"]
    assert list(run("coding-08", 1)["index"](words).items()) == [
        ("あ", ["あおい", "いけ"]), ("さ", ["さくら", "そら"]), ("わ", ["わかば"]),
    ]  # fmt: skip
    found = run("coding-08", 2)["index"](["がっこう", "ぱん", "ゃ", "ABC", "かい", "", "ゔ"])
    assert list(found.items()) == [
        ("あ", ["ゔ"]), ("か", ["がっこう", "かい"]), ("は", ["ぱん"]), ("や", ["ゃ"]), ("他", ["ABC", ""]),
    ]  # fmt: skip


def test_queries() -> None:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE staff (id INTEGER, name TEXT, dept TEXT, joined TEXT)")
    staff = [
        (1, "原", "営業", "2019-04-01"),
        (2, "辻", "広報", "2018-04-01"),
        (3, "林", "営業", "2015-10-01"),
        (4, "森", "経理", "2020-04-01"),
        (5, "谷", "経理", "2020-04-01"),
        (6, "岡", "営業", "2021-04-01"),
    ]
    database.executemany("INSERT INTO staff VALUES (?, ?, ?, ?)", staff)
    first = database.execute(code("coding-09", 1))
    assert [column[0] for column in first.description] == ["dept", "people"]
    assert first.fetchall() == [("営業", 3), ("経理", 2), ("広報", 1)]
    second = database.execute(code("coding-09", 2))
    assert [column[0] for column in second.description] == ["dept", "name"]
    assert second.fetchall() == [("営業", "林"), ("経理", "森")]


@pytest.mark.parametrize("turn", [1, 2])
def test_a_stock(turn: int) -> None:
    stock = run("coding-10", turn)["Stock"]()
    stock.add("筆", 3)
    stock.take("筆", 2)
    for change, name, count in ((stock.take, "筆", 2), (stock.add, "筆", 0), (stock.take, "紙", 1)):
        with pytest.raises(ValueError):
            change(name, count)
    assert (stock.count("筆"), stock.count("紙")) == (1, 0)
    if turn == 2:
        stock.undo()
        assert stock.count("筆") == 3
        stock.undo()
        assert stock.count("筆") == 0
        with pytest.raises(ValueError):
            stock.undo()
