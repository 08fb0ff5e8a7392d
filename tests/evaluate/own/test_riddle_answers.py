"""Every riddle whose answer can be computed is computed here, in another way than a person finds it."""

from __future__ import annotations

import datetime
import itertools
import math
from collections.abc import Callable, Iterator
from fractions import Fraction

import pytest

from kitae.evaluate.own.items import Riddle
from kitae.evaluate.own.riddles import score
from kitae.evaluate.suites import own_suite

SUITE = own_suite("riddles-ja")
RIDDLES: dict[str, Riddle] = {item.id: item for item in SUITE.items if isinstance(item, Riddle)}

Order = dict[str, int]


def orders(names: str, right: Callable[[Order], bool]) -> list[tuple[str, ...]]:
    """All orders of the names for which the places (from 1) are right."""
    return [
        order
        for order in itertools.permutations(names.split())
        if right({name: place for place, name in enumerate(order, start=1)})
    ]


def the(found: list[tuple[str, ...]], place: int) -> str:
    """Who stands at a place, which has to be the same in every order that is possible."""
    (name,) = {order[place - 1] for order in found}
    return name


def only(found: Iterator[str] | list[str]) -> str:
    (one,) = list(found)
    return one


WEEK = "月火水木金土日"


def weekday(name: str, days: int) -> str:
    return f"{WEEK[(WEEK.index(name) + days) % 7]}曜日"


def day(date: datetime.date) -> str:
    return f"{date.month}月{date.day}日"


def year_when(month: int, date: int, name: str, *, leap: bool | None = None) -> int:
    """A year in which this date has this weekday."""
    return next(
        year
        for year in range(2001, 2101)
        if WEEK[datetime.date(year, month, date).weekday()] == name
        and (leap is None or leap == (datetime.date(year, 12, 31).timetuple().tm_yday == 366))
    )


def boxes(statements: list[Callable[[str], bool]], names: str, true: int) -> str:
    """Where it has to be for exactly so many statements to be true."""
    return only(name for name in names if sum(each(name) for each in statements) == true)


def honest(people: str, says: dict[str, Callable[[dict[str, bool]], bool]]) -> list[dict[str, bool]]:
    """Who may be honest: those for whom everybody's statement is as true as the person."""
    worlds = [dict(zip(people, each, strict=True)) for each in itertools.product([True, False], repeat=len(people))]
    return [world for world in worlds if all(world[who] == says[who](world) for who in people)]


def stairs(steps: int) -> int:
    return sum(1 for n in range(steps + 1) for way in itertools.product((1, 2), repeat=n) if sum(way) == steps)


def rectangles(rows: int, columns: int) -> int:
    return sum(1 for _ in itertools.combinations(range(rows + 1), 2)) * math.comb(columns + 1, 2)


def business_day(name: str, number: int) -> str:
    days = itertools.islice(itertools.cycle(WEEK), WEEK.index(name), None)
    return next(itertools.islice((d for d in days if d not in "土日"), number - 1, None)) + "曜日"


def weighings(coins: int) -> int:
    """Each weighing has three outcomes."""
    return next(n for n in itertools.count() if 3**n >= coins)


def swapped(items: list[str], *pairs: tuple[int, int]) -> list[str]:
    for one, two in pairs:
        items[one - 1], items[two - 1] = items[two - 1], items[one - 1]
    return items


def reading_order(words: dict[str, str]) -> list[str]:
    """In the order of a dictionary: first by the plain kana, then by the marks."""
    plain = str.maketrans("がぎぐげござじずぜぞだぢづでどばびぶべぼ", "かきくけこさしすせそたちつてとはひふへほ")
    return sorted(words, key=lambda word: (words[word].translate(plain), words[word]))


def shiritori(first: str, last: str, words: str) -> str:
    return only(word for word in words.split() if word[0] == first[-1] and word[-1] == last[0])


MENU = "総会のあと、会計係は会費を集め、司会は会場を片づけた。"

COMPUTED: dict[str, Callable[[], str | int]] = {
    "logic-01": lambda: the(
        orders("青木 石井 上田", lambda at: at["石井"] not in (2, 3) and at["上田"] < at["青木"]), 3
    ),
    "logic-02": lambda: only(
        [
            dict(zip(order, "赤青緑", strict=True))["請求書"]
            for order in itertools.permutations(("契約書", "請求書", "議事録"))
            if order.index("契約書") == 2 and order.index("請求書") != 1
        ]
    ),
    "logic-03": lambda: the(
        orders("佐藤 高橋 中村 山田", lambda at: at["中村"] == 3 and at["山田"] not in (1, 2) and at["高橋"] != 2),
        2,
    ),
    "logic-04": lambda: "箱" + boxes([lambda x: x == "B", lambda x: x != "B", lambda x: x != "A"], "ABC", 1),
    "logic-08": lambda: the(
        orders("岡 木村 清水 原", lambda at: at["岡"] == at["木村"] + 1 and at["清水"] == 4 and at["原"] != 1), 3
    ),
    "logic-09": lambda: only(
        [
            str(100 + order.index("経理") + 1)
            for order in orders(
                "総務 経理 人事 法務",
                lambda at: at["総務"] == 4 and at["法務"] == 3 and at["経理"] == at["人事"] + 1,
            )
        ]
    ),
    "logic-10": lambda: only(
        [
            f"{h}{t}{u}"
            for h, t, u in itertools.product(range(1, 10), range(10), range(10))
            if h == 2 * t and u == h + t and h + t + u == 12
        ]
    ),
    "logic-12": lambda: only([f"{name}曜日" for name in "月火水木金" if name != "月" and WEEK.index(name) < 2]),
    "logic-13": lambda: only([f"{east - 2}歳" for east in range(120) if east + 3 + east + east - 2 == 100]),
    "logic-14": lambda: only([f"{a}脚" for a in range(13) if 3 * a + 5 * (12 - a) == 46]),
    "logic-15": lambda: f"{weighings(20)}回",
    "logic-16": lambda: only([f"{a}個" for a in range(10) if 150 * a + 100 * (9 - a) == 1100]),
    "logic-17": lambda: the(orders("林 森 谷", lambda at: at["林"] != 1 and at["森"] == 3), 1),
    "words-01": lambda: "しんかんせん".replace("ん", ""),
    "words-02": lambda: "かいぎしつ"[::-1],
    "words-03": lambda: "".join(word[0] for word in ("けやき", "いちょう", "ひのき")),
    "words-04": lambda: "".join(word[-1] for word in ("はさみ", "にもつ", "くも", "とり")),
    "words-05": lambda: "でんき".replace("で", "て"),
    "words-06": lambda: shiritori("すいか", "つくえ", "からす かもつ かつお"),
    "words-07": lambda: f"{len('ありがとうございました')}文字",
    "words-08": lambda: f"{'KAIGISHITSU'.count('I')}回",
    "words-16": lambda: only([word for word in ("はしら", "たたみ", "しるし", "みかん") if word == word[::-1]]),
    "words-19": lambda: only(
        [word for word in ("しんさい", "さいしょ", "しんせい", "さんしん") if sorted(word) == sorted("さいしん")]
    ),
    "words-20": lambda: "か".join(("な", "え")),
    "counting-01": lambda: f"{''.join(map(str, range(1, 101))).count('7')}回",
    "counting-02": lambda: f"{sum(1 for n in range(1, 51) if n % 3 and n % 5)}個",
    "counting-03": lambda: f"{len(list(itertools.permutations(range(6), 2)))}枚",
    "counting-04": lambda: f"{len(list(itertools.combinations(range(8), 2)))}試合",
    "counting-05": lambda: f"{23 - 1}試合",
    "counting-06": lambda: f"{len(list(itertools.permutations(range(5), 2)))}通り",
    "counting-07": lambda: f"{len(list(itertools.combinations(range(7), 3)))}通り",
    "counting-08": lambda: f"{MENU.count('会')}回",
    "counting-09": lambda: f"{stairs(10)}通り",
    "counting-10": lambda: f"{len(list(itertools.product('12', repeat=4)))}通り",
    "counting-11": lambda: f"{len(range(9 * 60, 18 * 60 + 1, 30))}回",
    "counting-12": lambda: f"{sum(1 for a in range(6) for b in range(11) if 100 * a + 50 * b == 500)}通り",
    "counting-13": lambda: f"{sum(1 for a, b, c in itertools.product('赤青黄', repeat=3) if a != b != c)}通り",
    "counting-14": lambda: f"{rectangles(4, 5)}個",
    "counting-15": lambda: f"{len(range(0, 61, 5))}個",
    "counting-16": lambda: f"{len(range(0, 60, 5))}本",
    "counting-17": lambda: f"{sum(1 for n in range(10, 100) if n // 10 > n % 10)}個",
    "dates-01": lambda: weekday("日", 28),
    "dates-02": lambda: day(datetime.date(2024, 2, 28) + datetime.timedelta(2)),
    "dates-03": lambda: day(datetime.date(2026, 4, 15) + datetime.timedelta(30)),
    "dates-04": lambda: weekday("木", 100),
    "dates-05": lambda: weekday("水", -10),
    "dates-06": lambda: f"{1989 + 30 - 1}年",
    "dates-07": lambda: f"令和{2030 - 2019 + 1}年",
    "dates-08": lambda: f"{1926 + 60 - 1}年",
    "dates-09": lambda: day(datetime.date(2027, 4, 1) - datetime.timedelta(1)),
    "dates-10": lambda: f"{first_weekday(year_when(11, 30, '日'), 11, '日')}日",
    "dates-11": lambda: f"{first_weekday(year_when(6, 1, '月'), 6, '火') + 14}日",
    "dates-12": lambda: f"{9 + 2}月10日",
    "dates-13": lambda: "{}時{}分".format(*divmod(9 * 60 + 40 + 75, 60)),
    "dates-14": lambda: f"午前{15 - 9}時",
    "dates-15": lambda: "{}時{}分".format(*divmod((22 * 60 + 45 + 8 * 60 + 30) % (24 * 60), 60)),
    "dates-16": lambda: f"{sum(1 for y in range(2024, 2041) if y % 4 == 0 and (y % 100 or y % 400 == 0))}回",
    "dates-17": lambda: day(datetime.date(2026, 1, 1) + datetime.timedelta(99)),
    "dates-18": lambda: business_day("金", 5),
    "dates-19": lambda: weekday("水", 8),
    "order-01": lambda: the(
        orders(
            "江口 大野 加藤 北 久保",
            lambda at: at["大野"] == 1 and at["久保"] == at["加藤"] + 1 and at["北"] == 5 and at["江口"] > at["久保"],
        ),
        3,
    ),
    "order-02": lambda: {Fraction(3, 4): "4分の3", Fraction(7, 10): "0.7", Fraction(18, 25): "72%"}.get(
        sorted([Fraction(3, 4), Fraction(7, 10), Fraction(72, 100), Fraction(5, 7)])[1], "7分の5"
    ),
    "order-03": lambda: reading_order({"会計": "かいけい", "開発": "かいはつ", "海外": "かいがい", "懐石": "かいせき"})[
        2
    ],
    "order-04": lambda: the(orders("A B C D", lambda at: at["C"] < at["A"] < at["B"] and at["D"] < at["C"]), 2),
    "order-05": lambda: f"{6 - 2}位",
    "order-06": lambda: f"{5 + 8 - 1}人",
    "order-07": lambda: f"{5 + 3 - 6 + 4}階",
    "order-08": lambda: swapped(["東", "西", "南", "北"], (1, 3), (2, 4))[2],
    "order-09": lambda: [*["A", "B", "C", "D"][:-2], "E"][-2],
    "order-10": lambda: [*["林", "森", "原", "岡", "堀"] * 2][3],
    "order-11": lambda: sorted(
        {"A": 10 * 60 + 15 + 40, "B": 9 * 60 + 50 + 60, "C": 10 * 60 + 30 + 15}.items(), key=lambda each: each[1]
    )[1][0],
    "order-12": lambda: the(
        orders("印刷 校正 執筆 製本", lambda at: at["執筆"] < at["校正"] < at["印刷"] < at["製本"]), 2
    ),
    "order-13": lambda: the(orders("A社 B社 C社", lambda at: at["C社"] > at["B社"] and at["A社"] == 2), 1),
    "order-14": lambda: ["福岡", "広島", "大阪", "名古屋", "東京"][2 + 2],
    "truth-01": lambda: only(
        [who for who in ("赤井", "市川", "宇野") if sum((who != "赤井", who == "宇野", who != "宇野")) == 1]
    ),
    "truth-02": lambda: {"岩": "岩井", "荒": "荒木"}[
        only(
            [
                who
                for who in "岩荒"
                for world in honest("岩荒", {"岩": lambda w: not w["岩"] and not w["荒"], "荒": lambda w: w["荒"]})
                if world[who]
            ]
        )
    ],
    "truth-03": lambda: only(
        [
            who
            for world in honest(
                "沢辻浜",
                {
                    "沢": lambda w: not w["辻"],
                    "辻": lambda w: not w["浜"],
                    "浜": lambda w: not w["沢"] and not w["辻"],
                },
            )
            for who in "沢辻浜"
            if world[who]
        ]
    ),
    "truth-04": lambda: "アイウ"[[7 * 8 == 54, all(91 % n for n in range(2, 91)), 60 * 60 == 3600].index(True)],
    "truth-05": lambda: "アイウ"[
        [
            all((a + b) % 2 for a, b in itertools.product(range(1, 20, 2), repeat=2)),
            all(a * b % 2 == 0 for a in range(0, 20, 2) for b in range(1, 20, 2)),
            all(a * a % 2 == 0 for a in range(1, 20, 2)),
        ].index(True)
    ],
    "truth-08": lambda: sum(
        number
        for number, true in enumerate(
            (24 * 60 == 1440, 1000 * 100 == 10_000, 1_000_000 // 1000 == 1000, 100 * 100 == 1000), start=1
        )
        if true
    ),
    "truth-09": lambda: the(orders("甲 乙 丙", lambda at: at["甲"] == 1 and at["乙"] != 2 and at["丙"] != 3), 2),
    "truth-10": lambda: only(
        [
            who
            for day in "月火水"
            for said in ({"増田": day == "月", "三宅": day == "水", "村上": day != "火"},)
            if said["増田"] and list(said.values()).count(False) == 1
            for who in said
            if not said[who]
        ]
    ),
    "truth-11": lambda: only([box for box in "1234" if box not in "12" and box != "3"]),
}


def first_weekday(year: int, month: int, name: str) -> int:
    return next(d for d in range(1, 8) if WEEK[datetime.date(year, month, d).weekday()] == name)


def implied(options: dict[str, Callable[..., bool]], premise: Callable[..., bool], size: int) -> str:
    """The option that holds in every world in which the premise holds."""
    worlds = [world for world in itertools.product([True, False], repeat=size) if premise(*world)]
    return only(name for name, option in options.items() if all(option(*world) for world in worlds))


SEALED: dict[str, Callable[[bool, bool], bool]] = {
    "ア": lambda seal, valid: not valid or seal,
    "イ": lambda seal, valid: not seal or valid,
    "ウ": lambda seal, valid: valid or not seal,
}

COMPUTED |= {
    # Ten thousand yen or more; the head of the department; the head of the section.
    "logic-05": lambda: implied(
        {"ア": lambda a, b, k: a, "イ": lambda a, b, k: not a, "ウ": lambda a, b, k: k},
        lambda a, b, k: (not a or b) and not b,
        3,
    ),
    "logic-06": lambda: implied(
        {"ア": lambda k, t, c: k, "イ": lambda k, t, c: t, "ウ": lambda k, t, c: not k},
        lambda k, t, c: (not k or t) and (not t or c) and not c,
        3,
    ),
    # Two people of the department: a licence and a course for each.
    "logic-07": lambda: implied(
        {
            "ア": lambda l1, c1, l2, c2: c1 or c2,
            "イ": lambda l1, c1, l2, c2: c1 and c2,
            "ウ": lambda l1, c1, l2, c2: (not c1 or l1) and (not c2 or l2),
        },
        lambda l1, c1, l2, c2: (l1 or l2) and (not l1 or c1) and (not l2 or c2),
        4,
    ),
    # A card has to be turned when some back could break the rule.
    "logic-11": lambda: "と".join(
        number
        for number, front, seal in (("1", True, None), ("2", False, None), ("3", None, True), ("4", None, False))
        if any(
            urgent and not sealed
            for urgent in ((front,) if front is not None else (True, False))
            for sealed in ((seal,) if seal is not None else (True, False))
        )
    ),
    "truth-06": lambda: implied(
        {"ア": lambda *c: not any(c), "イ": lambda *c: not any(c) and c[0], "ウ": lambda *c: not all(c)},
        lambda *c: not all(c),
        3,
    ),
    "truth-07": lambda: only(
        name
        for name, option in SEALED.items()
        if all(option(s, v) == (s or not v) for s, v in itertools.product([True, False], repeat=2))
    ),
}

READ = {f"words-{n:02d}" for n in (9, 10, 11, 12, 13, 14, 15, 17, 18)}
"""Kanji and words: only a reader can say."""


def test_every_riddle_that_a_program_can_solve_is_solved() -> None:
    assert set(COMPUTED) | READ == {id for id in RIDDLES if not id.startswith("nazonazo")}
    assert not set(COMPUTED) & READ


@pytest.mark.parametrize("id", sorted(COMPUTED))
def test_the_computed_answer_is_the_accepted_one(id: str) -> None:
    answer = str(COMPUTED[id]())
    assert score(RIDDLES[id], f"答え：{answer}").right, f"{answer}, not {RIDDLES[id].accepted}"
    assert answer == RIDDLES[id].accepted[0] or answer in RIDDLES[id].accepted


def test_the_text_that_is_counted_in_stands_in_both_wordings() -> None:
    assert all(MENU in wording for wording in RIDDLES["counting-08"].wordings)
