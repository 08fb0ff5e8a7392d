"""Amounts with a unit, as people write them: `1.5億トークン`, `7.96B params`, `960 GPU時間`, `16台`, `200万円`."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from . import numerals, spelled
from .mistakes import Mistake, nearest
from .noun import Noun
from .quantity import CURRENCIES, Money, at, parse_money


class Amount(Noun):
    """A number and what it counts."""

    value: Decimal
    unit: str
    """`tokens`, `parameters`, `hours`, `gpu_hours`, `JPY`, `USD`; empty for a bare number."""

    def __str__(self) -> str:
        if self.unit in ("JPY", "USD"):
            return spelled.money(Money.model_validate({"amount": self.value, "currency": self.unit}))
        return f"{spelled.number(self.value)} {self.unit.replace('_', ' ')}".strip()


@dataclass(frozen=True)
class Kind:
    """What may be counted."""

    unit: str
    words: Mapping[str, Fraction]
    """Behind the number, with how many of the unit each is; half-width and lower case, longer ones first."""
    whole: bool = True
    """Whether there are only whole ones, so that `1.500` is as likely 1,500."""
    clash: str = ""
    """A letter that is a unit here and a magnitude everywhere: `90m`."""


def _words(*words: str, each: Fraction | int = 1) -> dict[str, Fraction]:
    return dict.fromkeys(words, Fraction(each))


KINDS: Final[dict[str, Kind]] = {
    "tokens": Kind("tokens", _words("トークン", "tokens", "token", "toks", "tok")),
    "parameters": Kind(
        "parameters", _words("パラメーター", "パラメータ", "parameters", "parameter", "params", "param")
    ),
    "gpu-hours": Kind(
        "gpu_hours", _words("gpu時間", "gpu-hours", "gpu-hour", "gpuhours", "gpuhour", "gpu-h", "gpuh"), whole=False
    ),
    "hours": Kind(
        "hours",
        _words("時間", "hours", "hour", "hrs", "hr", "h")
        | _words("週間", "weeks", "week", each=168)
        | _words("日間", "日", "days", "day", each=24)
        | _words("分間", "分", "minutes", "minute", "mins", "min", each=Fraction(1, 60)),
        whole=False,
        clash="m",
    ),
    "count": Kind(
        "", _words("件", "個", "人", "名", "回", "台", "枚", "本", "基", "冊", "社", "問", "gpus", "gpu", "cards")
    ),
}
"""By the names that `kitae number --kind` takes. `money` is the further one, with its two currencies."""

MONEY: Final = "money"

HALF: Final = "半"
"""Behind a unit, half of it: 2時間半."""

_NUMBER: Final = rf"[\d.,万億{''.join((*numerals.KANJI_DIGITS, *numerals.SMALL))}]+"
"""What may stand before each of several units."""


def parse_amount(written: str, kind: str = "", *, where: str = "") -> Amount:
    """Reads a number with its unit.

    Args:
        kind: One of `KINDS` or `money`; the one that the unit names when left out.

    Raises:
        Mistake: no such kind, a unit of another kind, or a number that can be read in no or in more than one way.
    """
    with at(where):
        if kind and kind not in (*KINDS, MONEY):
            raise Mistake(f"no kind of number `{kind}`", hint=nearest(kind, (*KINDS, MONEY)))
        plain = numerals.folded(written)
        named = _named(plain)
        kind = kind or named or "count"
        if named and named != kind:
            raise Mistake(f"`{written}` is an amount of {named}", hint=f"an amount of {kind} is wanted")
        if kind == MONEY:
            found = parse_money(written)
            return Amount(value=found.amount, unit=found.currency)
        return Amount(value=_value(plain, written, KINDS[kind]), unit=KINDS[kind].unit)


def _named(plain: str) -> str:
    """The kind that the unit names; empty where there is none."""
    if any(mark in plain for mark in CURRENCIES):
        return MONEY
    return next((name for name, kind in KINDS.items() if _word(plain.removesuffix(HALF), kind)), "")


def _word(plain: str, kind: Kind) -> str:
    """The unit that stands at the end."""
    return next((word for word in kind.words if plain.endswith(word) and len(plain) > len(word)), "")


def _value(plain: str, written: str, kind: Kind) -> Decimal:
    word = _word(plain, kind)
    number = plain.removesuffix(word)
    if kind.clash and not word and number.endswith(kind.clash):
        bare = number.removesuffix(kind.clash)
        readings = (f"{bare} minutes", f"{numerals.written(numerals.read(number, shown=written))} {kind.unit}")
        raise numerals.ambiguous(written, readings, "write `min`, or the hours in digits")
    if kind.whole:
        numerals.point_or_thousands(number, written)
    if parts := _parts(plain, kind):
        exact = _together(parts, written)
    else:
        exact = _read(number, written) * kind.words.get(word, 1)
    value = Decimal(exact.numerator) / Decimal(exact.denominator)
    if kind.whole and value != value.to_integral_value():
        raise Mistake(f"`{written}` is not a whole number", hint=f"write whole {kind.unit or 'ones'}")
    return value


def _parts(plain: str, kind: Kind) -> list[tuple[str, Fraction]]:
    """The numbers of `1時間30分` and `2時間半`, each with its unit; empty where there is no second one."""
    part = re.compile(rf"({_NUMBER})({'|'.join(map(re.escape, kind.words))})", re.ASCII)
    found, rest = [], plain
    while match := part.match(rest):
        found.append((match[1], kind.words[match[2]]))
        rest = rest[match.end() :]
    if found and rest == HALF and not kind.whole:
        return [*found, ("0.5", found[-1][1])]
    return found if len(found) > 1 and not rest else []


def _together(parts: Sequence[tuple[str, Fraction]], written: str) -> Fraction:
    """
    Raises:
        Mistake: a part is not less than one of the unit before it, or goes on after a fraction.
    """
    amounts = [_read(number, written) * each for number, each in parts]
    for (before, after), (_, each) in zip(itertools.pairwise(amounts), parts, strict=False):
        if after >= each or before % each:
            raise Mistake(f"`{written}` does not add up to one amount", hint="write it in one unit")
    return sum(amounts, Fraction(0))


def _read(number: str, written: str) -> Fraction:
    return Fraction(numerals.read(number, shown=written))
