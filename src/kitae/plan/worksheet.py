"""Use cases as a team wrote them down: which of the three ways fits each, and what it is worth a year.

The page is a Markdown table, so that it can be filled in anywhere and be kept with the project. Numbers may be written
as people write them: `週3回`, `１５分`, `6割`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, TypeVar

from ..core.label import JAPANESE, Label
from ..core.mistakes import Mistake, nearest
from ..core.numerals import ambiguous
from ..core.quantity import at, parse_count, parse_money, parse_number

T = TypeVar("T")

Way = Literal["prompt", "retrieval", "tuning"]
Material = Literal["nothing", "pages", "documents"]
Reason = Literal["fits-the-prompt", "stands-in-documents", "shown-by-examples"]

COLUMNS: Final = ("task", "often", "minutes", "label", "material", "examples", "saved", "way")
HEADS: Final[dict[str, tuple[str, ...]]] = {
    "ja": ("作業", "回数", "1回の分", "区分", "見るもの", "見本の数", "減る割合", "方法"),
    "en": ("task", "how often", "minutes each", "label", "looks at", "examples", "saved", "way"),
}
MATERIALS: Final[dict[str, Material]] = {
    "なし": "nothing",
    "nothing": "nothing",
    "数枚": "pages",
    "pages": "pages",
    "文書": "documents",
    "documents": "documents",
}
WAYS: Final[dict[str, Way]] = {
    "プロンプト": "prompt",
    "prompt": "prompt",
    "検索": "retrieval",
    "retrieval": "retrieval",
    "学習": "tuning",
    "tuning": "tuning",
}
LABELS: Final = {japanese: Label(name) for name, japanese in JAPANESE.items()} | {str(label): label for label in Label}

EXAMPLES: Final = 300
"""From so many worked examples on tuning is proposed: the fewest dialogues with which a gain was measured here."""

PERIODS: Final[dict[str, tuple[Decimal, bool]]] = {
    "日": (Decimal(1), True),
    "day": (Decimal(1), True),
    "週": (Decimal(1) / 5, True),
    "week": (Decimal(1) / 5, True),
    "月": (Decimal(12), False),
    "month": (Decimal(12), False),
    "年": (Decimal(1), False),
    "year": (Decimal(1), False),
}
"""How often: in a year, or (`True`) for each working day of it."""

EVERY: Final = {"": Decimal(1), "毎": Decimal(1), "隔": Decimal(2), "半": Decimal("0.5")}
"""Periods; otherwise a number stands before the period: 2週間に1回."""
TIMES: Final = {"once": Decimal(1), "twice": Decimal(2)}

_TIMES = r"(?P<times>[^回件通本枚個人名問度]*?)\s*(?:[回件通本枚個人名問度]|times?)?\s*(?:程度|ほど|くらい|ぐらい)?\s*"
_OFTEN: Final = (
    re.compile(
        rf"{_TIMES}(?:/|\b(?:a|per|every)\b)\s*(?P<every>[\d.,]*)\s*(?P<period>[日週月年]|day|week|month|year)s?"
    ),
    re.compile(rf"{_TIMES}(?P<period>dai|week|month|year)ly"),
    re.compile(rf"(?P<every>[^日週月年]*?)\s*(?P<counted>[かヶケカヵ箇])?(?P<period>[日週月年])間?[にで]?\s*{_TIMES}"),
)

_WAGE = re.compile(r"^-\s*(?:時給|hourly)[^:：]*[:：](.*)$", re.IGNORECASE)
_DAYS = re.compile(r"^-\s*(?:年間の働く日数|working days)[^:：]*[:：](.*)$", re.IGNORECASE)


@dataclass(frozen=True)
class UseCase:
    """A task that people do today."""

    task: str
    yearly: Decimal
    """How often."""
    minutes: Decimal
    label: Label
    material: Material
    examples: int
    """Worked ones that exist: inputs with the right output."""
    saved: Decimal
    """Share of the time that the team expects to save."""
    chosen: Way | None
    """What the team chose; `None` leaves it to the rule."""

    @property
    def proposed(self) -> tuple[Way, Reason]:
        """What fits, and why. Retrieval comes first: only it can name its source, and follows a changed document."""
        if self.material == "documents":
            return "retrieval", "stands-in-documents"
        if self.examples >= EXAMPLES:
            return "tuning", "shown-by-examples"
        return "prompt", "fits-the-prompt"

    @property
    def way(self) -> Way:
        return self.chosen or self.proposed[0]

    def hours(self) -> Decimal:
        """That it takes today, a year."""
        return self.yearly * self.minutes / 60

    def value(self, wage: Decimal) -> Decimal:
        """Yen a year."""
        return self.hours() * self.saved * wage


@dataclass(frozen=True)
class Worksheet:
    """A page that was filled in."""

    wage: Decimal
    """Yen an hour."""
    cases: tuple[UseCase, ...]

    @property
    def value(self) -> Decimal:
        """Yen a year, of all."""
        return sum((case.value(self.wage) for case in self.cases), Decimal(0))

    @property
    def answers_per_month(self) -> Decimal:
        return sum((case.yearly for case in self.cases), Decimal(0)) / 12

    def stays(self, may_leave: Label | None) -> list[UseCase]:
        """What no endpoint may receive, so that only a model of one's own can do it."""
        return [case for case in self.cases if may_leave is None or not case.label.may_go_to(may_leave)]

    def months(self, once: Decimal, monthly: Decimal) -> Decimal | None:
        """Until what it saves has paid for `once` and the `monthly` cost; `None` if it never does."""
        left = self.value / 12 - monthly
        return once / left if left > 0 else None

    def enough_answers(self, monthly: Decimal, once: Decimal = Decimal(0), months: int = 24) -> Decimal | None:
        """A month: with fewer of these tasks, mixed as they are, it is not paid back within so many months."""
        if not self.value:
            return None
        return (monthly + once / months) / (self.value / 12 / self.answers_per_month)


def read_worksheet(text: str, *, where: str) -> Worksheet:
    """
    Raises:
        Mistake: no wage, no table, no use case, or a cell that cannot be read; with its line.
    """
    lines = list(_lines(text))
    wage = _setting(lines, _WAGE, where, "write what an hour of work costs, for example `- 時給: 4,000円`")
    days = _setting(lines, _DAYS, where, "write the working days of a year, for example `- 年間の働く日数: 240`")
    with at(where):
        paid, working = parse_money(wage), Decimal(parse_count(re.sub(r"日$|days$", "", days.strip())))
    if paid.currency != "JPY":
        raise Mistake("the wage is not in yen", where=where, hint="write it in yen: 4,000円")
    cases = tuple(_case(cells, working, f"{where}, line {number}") for number, cells in _rows(lines))
    if not cases:
        raise Mistake("no use case is filled in", where=where, hint="one row of the table for each task")
    return Worksheet(paid.amount, cases)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Numbered, without fenced blocks: those show how it is filled in."""
    fenced = False
    for number, line in enumerate(unicodedata.normalize("NFKC", text).splitlines(), start=1):
        if line.startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield number, line


def _setting(lines: Sequence[tuple[int, str]], pattern: re.Pattern[str], where: str, hint: str) -> str:
    found = next((match[1].strip() for _, line in lines if (match := pattern.match(line))), "")
    if not found:
        raise Mistake("a line at the top is not filled in", where=where, hint=hint)
    return found


def _rows(lines: Sequence[tuple[int, str]]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The filled-in rows below the heads of either language."""
    inside = False
    for number, line in lines:
        cells = tuple(cell.strip() for cell in line.strip().strip("|").split("|"))
        if cells in HEADS.values():
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and cells[0] and not set(cells[0]) <= set("-: "):
            yield number, cells


def _case(cells: tuple[str, ...], days: Decimal, where: str) -> UseCase:
    if len(cells) != len(COLUMNS):
        raise Mistake(
            f"a row has {len(cells)} cells, not {len(COLUMNS)}", where=where, hint="write no `|` inside a cell"
        )
    cell = dict(zip(COLUMNS, cells, strict=True))
    with at(where):
        return UseCase(
            task=cell["task"],
            yearly=_yearly(cell["often"], days),
            minutes=parse_number(re.sub(r"(?:分|minutes|min)$", "", cell["minutes"])),
            label=_one_of(cell["label"], LABELS),
            material=_one_of(cell["material"], MATERIALS),
            examples=parse_count(re.sub(r"[件個]$", "", cell["examples"] or "0")),
            saved=_share(cell["saved"]),
            chosen=_one_of(cell["way"], WAYS) if cell["way"] else None,
        )


def _yearly(often: str, days: Decimal) -> Decimal:
    """`1日20回`, `週3`, `月40`, `2週間に1回`, `20 a day`, `4/year`, `once every 3 months`."""
    plain = often.casefold().strip()
    found = next((match for each in _OFTEN if (match := each.fullmatch(plain))), None)
    if found is None:
        raise _not_often(often)
    said = {"every": "", **found.groupdict()}
    every, times = said["every"], said["times"]
    if "counted" in said and every not in EVERY:
        _check_period(often, found)
    periods = EVERY[every] if every in EVERY else parse_number(every)
    if not periods:
        raise _not_often(often)
    number = TIMES[times] if times in TIMES else parse_number(times or "1")
    factor, of_days = PERIODS[said["period"].replace("dai", "day")]
    return number * factor * (days if of_days else 1) / periods


def _check_period(often: str, found: re.Match[str]) -> None:
    """
    Raises:
        Mistake: 2週 says not how often in it, and 3月に1回 may be in March.
    """
    every, times = found["every"], found["times"]
    if not times:
        raise _not_often(often)
    if found["period"] == "月" and not found["counted"]:
        readings = (f"{every}か月に{times}回", f"{every}月に、年{times}回")
        raise ambiguous(often, readings, "write か月, or how often in a year")


def _not_often(often: str) -> Mistake:
    return Mistake(f"`{often}` does not say how often", hint="write for example 1日20回, 週3回, 2週間に1回 or 20 a day")


def _share(written: str) -> Decimal:
    """`60%`, `6割`, `0.6`."""
    for mark, part in (("%", 100), ("割", 10)):
        if written.endswith(mark):
            share = parse_number(written.removesuffix(mark)) / part
            break
    else:
        share = parse_number(written)
    if share > 1:
        raise Mistake(
            f"`{written}` is more than all of the time", hint="write the share that is saved: 60%, 6割 or 0.6"
        )
    return share


def _one_of(written: str, known: Mapping[str, T]) -> T:
    if written.casefold() not in known:
        raise Mistake(f"`{written}` is none of the choices", hint=nearest(written, known))
    return known[written.casefold()]
