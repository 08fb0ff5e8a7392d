"""The references of forge-ja are computed or run here: 13 of 30 published ones of MT-Bench were wrong."""

from __future__ import annotations

import datetime
import itertools
import math
import re
import sqlite3
import statistics
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from kitae.core.likeness import dice, pairs
from kitae.core.mistakes import Mistake
from kitae.evaluate.own.items import CATEGORIES, Exchange
from kitae.evaluate.own.riddles import final_answer
from kitae.evaluate.suites import own_suite

SUITE = own_suite("forge-ja")
ITEMS: dict[str, Exchange] = {item.id: item for item in SUITE.items if isinstance(item, Exchange)}
WITH_REFERENCES = ("reasoning", "math", "coding")


def test_there_are_ten_in_each_category() -> None:
    assert Counter(item.category for item in ITEMS.values()) == dict.fromkeys(CATEGORIES, 10)
    assert SUITE.questions == len(SUITE.prompts) == 80


def test_references_stand_where_a_judge_needs_them_for_both_turns() -> None:
    for item in ITEMS.values():
        assert len(item.references) == (2 if item.category in WITH_REFERENCES else 0), item.id


_BACK = re.compile(
    r"さきほど|今の|今度は|同じ|ほかの条件|書き出した|二つの立場|六つのうち|四つ目|という反論|これが(?:私|学生)の"
)
_WORDS = re.compile(r"[一-龥]{2,}|[ァ-ヶー]{3,}|[A-E](?=の|さん)|[一-龥](?=さん)")


def test_the_second_turn_needs_the_first() -> None:
    """It points back in so many words, or goes on about what only the first one introduced."""
    for item in ITEMS.values():
        one, two = (set(_WORDS.findall(turn)) for turn in item.turns)
        assert _BACK.search(item.turns[1]) or one & two, item.id


def test_a_judge_is_needed() -> None:
    with pytest.raises(Mistake, match="judge"):
        SUITE.score("writing-01", "…")


# Reasoning and mathematics: the last line of a reference is the computed answer.


def seatings(names: str, right: Callable[[dict[str, int]], bool]) -> list[dict[str, int]]:
    places = ({name: place for place, name in enumerate(order, start=1)} for order in itertools.permutations(names))
    return [at for at in places if right(at)]


def bench(at: dict[str, int]) -> bool:
    return at["阿"] in (1, 5) and abs(at["阿"] - at["井"]) == 1 and at["内"] == 3


def minutes(hours: int, more: int = 0) -> int:
    return hours * 60 + more


MEETINGS = {
    "A": (minutes(9), minutes(10, 30)),
    "B": (minutes(9, 30), minutes(10)),
    "C": (minutes(10), minutes(11)),
    "D": (minutes(10, 30), minutes(12)),
    "E": (minutes(10, 45), minutes(11, 30)),
}


def rooms(meetings: dict[str, tuple[int, int]]) -> int:
    return max(sum(a <= minute < b for a, b in meetings.values()) for minute in range(24 * 60))


def earliest_for_two_rooms() -> int:
    starts = range(MEETINGS["E"][0], minutes(13))
    return next(start for start in starts if rooms(MEETINGS | {"E": (start, start + 45)}) <= 2)


ROADS = {"HA": 10, "HB": 15, "HC": 20, "AB": 12, "AC": 25, "BC": 10}


def shortest(closed: str = "") -> int:
    found = []
    for order in itertools.permutations("ABC"):
        legs = ["".join(sorted(leg, key="HABC".index)) for leg in itertools.pairwise(("H", *order, "H"))]
        if closed not in legs:
            found.append(sum(ROADS[leg] for leg in legs))
    return min(found)


def approver(total: int) -> str:
    return "課長" if total < 100_000 else "部長" if total < 500_000 else "役員会"


def holders(more: Callable[[str], bool] = lambda _: True) -> list[str]:
    """Who can have the key so that one of the three statements is false."""
    return [
        who
        for who in ("大木", "中村", "小池")
        if [who == "中村", who != "中村", who != "小池"].count(False) == 1 and more(who)
    ]


def project(draft: int) -> int:
    plan = 3
    approved, drafted = plan + 2 + 1, plan + draft
    return max(approved, drafted) + 3


def trips(apart: tuple[int, int] | None = None) -> int:
    """The fewest loads of at most 100 kg, over every way to share the boxes out."""
    boxes = (60, 50, 40, 30, 20)
    for count in itertools.count(1):
        for shared in itertools.product(range(count), repeat=len(boxes)):
            loads = [[box for box, load in zip(boxes, shared, strict=True) if load == each] for each in range(count)]
            if all(sum(load) <= 100 and not (apart and set(apart) <= set(load)) for load in loads):
                return count
    raise AssertionError


SHIFT = ("早番", "遅番", "休み")


def on_duty(day: int, shift: str, swap_from: int | None = None) -> str:
    begins = {"森": 0, "林": 1, "谷": 2}
    if swap_from is not None and day >= swap_from:
        begins["森"], begins["谷"] = begins["谷"], begins["森"]
    return next(who for who, first in begins.items() if SHIFT[(first + day - 1) % 3] == shift)


def single_tickets() -> int:
    return min(books * 3200 + max(0, 26 - 11 * books) * 320 for books in range(4))


def hours(value: Fraction) -> str:
    whole, rest = divmod(value * 60, 60)
    return f"{whole}時間{rest}分" if rest else f"{whole}時間"


def best_price(cost: int) -> int:
    return max(range(500, 1301, 10), key=lambda price: (price - cost) * (80 - (price - 500) // 10))


def lots(drawn: int, right: Callable[[int], bool]) -> Fraction:
    draws = list(itertools.combinations([True] * 3 + [False] * 17, drawn))
    return Fraction(sum(right(sum(draw)) for draw in draws), len(draws))


def gap(values: list[int]) -> float:
    return abs(statistics.mean(values) - statistics.median(values))


def share_of(sizes: tuple[int, ...], place: int) -> int:
    return 84_000 * sizes[place] // sum(sizes)


COMPUTED: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
    "reasoning-01": (
        lambda: f"{seatings('阿井内江岡', lambda at: bench(at) and at['江'] == 5)[0]['岡']}番",
        lambda: f"{len(seatings('阿井内小岡', lambda at: bench(at) and at['小'] not in (1, 5)))}通り",
    ),
    "reasoning-02": (
        lambda: f"{rooms(MEETINGS)}室",
        lambda: "{}時{:02}分".format(*divmod(earliest_for_two_rooms(), 60)),
    ),
    "reasoning-03": (lambda: approver(80_000 + 50_000), lambda: approver(80_000 + 50_000 + 400_000)),
    "reasoning-04": (lambda: f"{shortest()}分", lambda: f"{shortest('HC')}分"),
    "reasoning-05": (lambda: "さんと".join(holders()) + "さん", lambda: f"{holders(lambda who: who == '中村')[0]}さん"),
    "reasoning-06": (lambda: f"{project(4)}日", lambda: f"{project(2)}日"),
    "reasoning-07": (lambda: f"{trips()}回", lambda: f"{trips((60, 40))}回"),
    "reasoning-08": (lambda: f"{22 + 25 - (40 - 5)}人", lambda: f"{25 - (22 + 25 - (40 - 5)) - 4}人"),
    "reasoning-09": (lambda: f"{on_duty(20, '休み')}さん", lambda: f"{on_duty(20, '早番', 11)}さん"),
    "reasoning-10": (
        lambda: next(d for d in range(10) if (3 + d + 7 + 4) % 10 == 9),
        lambda: "見つけられない" if all((a + b) % 10 == (b + a) % 10 for a in range(10) for b in range(10)) else "",
    ),
    "math-01": (lambda: f"{18_000 * 85 * 110 // 10_000:,}円", lambda: f"{(18_000 * 85 // 100 - 500) * 110 // 100:,}円"),
    "math-02": (
        lambda: f"{next(days for days in itertools.count(1) if days * 640 > 12_600)}日",
        lambda: f"{single_tickets():,}円",
    ),
    "math-03": (
        lambda: f"{share_of((120, 180, 60), 1):,}円",
        lambda: f"{share_of((20, 15, 5), 1):,}円（{share_of((120, 180, 60), 1) - share_of((20, 15, 5), 1):,}円少ない）",
    ),
    "math-04": (lambda: f"{600_000 // 5 * 6 // 12:,}円", lambda: f"{600_000 - 60_000 - 600_000 // 5:,}円"),
    "math-05": (lambda: lots(2, lambda hits: hits >= 1), lambda: lots(3, lambda hits: hits == 2)),
    "math-06": (
        lambda: hours(Fraction(150, 60 + 40)),
        lambda: hours(Fraction(1, 2) + (150 - Fraction(40, 2)) / (60 + 40)),
    ),
    "math-07": (
        lambda: hours(1 / (Fraction(1, 6) + Fraction(1, 4))),
        lambda: hours(1 + Fraction(5, 6) / (Fraction(1, 6) + Fraction(1, 4))),
    ),
    "math-08": (lambda: f"{gap([12, 18, 25, 9, 31]):g}時間", lambda: f"{gap([12, 18, 25, 9, 31, 55]):g}時間"),
    "math-09": (lambda: f"{best_price(0)}円", lambda: f"{best_price(300)}円"),
    "math-10": (
        lambda: f"{next(a for a in range(1001) if 6 * a + 9 * (1000 - a) == 7200)}グラム",
        lambda: f"{(Fraction(660 * 600, 100) + Fraction(900 * 400, 100)) / 10}円",
    ),
}


@pytest.mark.parametrize("id", [id for id in ITEMS if id.startswith(("reasoning", "math"))])
def test_the_computed_answer_is_what_the_reference_ends_with(id: str) -> None:
    for compute, reference in zip(COMPUTED[id], ITEMS[id].references, strict=True):
        said, answer = final_answer(reference), str(compute())
        assert said == answer or said.startswith(f"{answer}（"), f"{said}, not {answer}"


_SUM = re.compile(r"([\d,.＋－×÷/()]+)＝([\d,.]+)(?=[円人分日時、。％\n（]|$)")


def test_every_equation_in_numbers_alone_comes_out() -> None:
    checked = 0
    for item in ITEMS.values():
        for left, right in (pair for reference in item.references for pair in _SUM.findall(reference)):
            plain = re.sub(r"[^\d.+\-*/()]", "", left.translate(str.maketrans("＋－×÷", "+-*/")))
            if not plain or "/" in left or not re.search(r"[+\-*/]", plain):
                continue
            assert math.isclose(eval(plain), float(right.replace(",", "").rstrip(".")), rel_tol=1e-9), (item.id, left)
            checked += 1
    assert checked >= 20


# Coding: the references are run.


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
    for wrong in (lambda: stock.take("筆", 2), lambda: stock.add("筆", 0), lambda: stock.take("紙", 1)):
        with pytest.raises(ValueError):
            wrong()
    assert (stock.count("筆"), stock.count("紙")) == (1, 0)
    if turn == 2:
        stock.undo()
        assert stock.count("筆") == 3
        stock.undo()
        assert stock.count("筆") == 0
        with pytest.raises(ValueError):
            stock.undo()


# What stands in texts that are to be read


def test_dates_in_the_texts_exist() -> None:
    assert D(2026, 5, 14).weekday() == 3 and "5月14日（木）" in ITEMS["extraction-01"].turns[0]
    assert D(2026, 6, 27).weekday() == 5 and D(2026, 6, 27).day + 7 > 30 and "27日" in ITEMS["extraction-04"].turns[0]
    assert D(2026, 9, 1).weekday() == 1 and "9月1日は火曜日" in ITEMS["extraction-09"].turns[0]
    assert 6800 * 110 // 100 == 7480 and "税込み7,480円" in ITEMS["extraction-06"].turns[0]


def test_no_two_questions_are_nearly_the_same() -> None:
    found = {item.id: pairs("".join(item.turns)) for item in ITEMS.values()}
    most = max(dice(found[one], found[two]) for one, two in itertools.combinations(found, 2))
    assert most < 0.5
