"""The references of forge-ja are computed here: 13 of 30 published ones of MT-Bench were wrong."""

from __future__ import annotations

import datetime
import itertools
import math
import re
import statistics
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

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


# What stands in texts that are to be read


D = datetime.date


def test_dates_in_the_texts_exist() -> None:
    assert D(2026, 5, 14).weekday() == 3 and "5月14日（木）" in ITEMS["extraction-01"].turns[0]
    assert D(2026, 6, 27).weekday() == 5 and D(2026, 6, 27).day + 7 > 30 and "27日" in ITEMS["extraction-04"].turns[0]
    assert D(2026, 9, 1).weekday() == 1 and "9月1日は火曜日" in ITEMS["extraction-09"].turns[0]
    assert 6800 * 110 // 100 == 7480 and "税込み7,480円" in ITEMS["extraction-06"].turns[0]
