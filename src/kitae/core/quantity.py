"""Numbers as people write them, and quantities that say how they are known."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator

from .mistakes import Mistake
from .noun import Noun

T = TypeVar("T")

How = Literal["estimated", "quoted", "measured"]

# B is 10⁹ and 兆 10¹²: the pair that people mix up when a paper says billion and a budget says 億.
MAGNITUDES = {
    "k": 10**3,
    "m": 10**6,
    "b": 10**9,
    "t": 10**12,
    "千": 10**3,
    "万": 10**4,
    "億": 10**8,
    "兆": 10**12,
}
CURRENCIES = {"¥": "JPY", "円": "JPY", "$": "USD", "ドル": "USD", "jpy": "JPY", "usd": "USD"}
KANJI_DIGITS = {kanji: value for value, kanji in enumerate("〇一二三四五六七八九")}
SMALL = {"十": 10, "百": 100, "千": 1000}

_DIGITS = r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
_PIECE = re.compile(rf"({_DIGITS}|[〇一二三四五六七八九十百千]+)?(千?[万億兆]|[kmbt千]|)", re.IGNORECASE)


class Quantity(Noun):
    """A value with its unit that says whether it was estimated, quoted or measured."""

    value: float
    unit: str
    how: How

    def __str__(self) -> str:
        mark = {"estimated": "about ", "quoted": "", "measured": ""}[self.how]
        return f"{mark}{self.value:,.4g} {self.unit}"

    def __add__(self, other: Quantity) -> Quantity:
        """The sum is known only as well as the worse known of the two.

        Raises:
            ValueError: the units differ.
        """
        if self.unit != other.unit:
            raise ValueError(f"cannot add {self.unit} and {other.unit}")
        worst: How = min(self.how, other.how, key=("estimated", "quoted", "measured").index)
        return Quantity(value=self.value + other.value, unit=self.unit, how=worst)


def parse_number(written: Any, *, where: str = "") -> Decimal:
    """Reads `7B`, `100k`, `10万`, `1.5億`, `１２万３千`, `二十`, `2,000,000` exactly.

    Raises:
        Mistake: it can be read in no way or in more than one (`1.000.000`, `1,5`, a range, a sign).
    """
    if isinstance(written, bool) or not isinstance(written, (int, float, str, Decimal)):
        raise Mistake(f"`{written}` is not a number", where=where, hint="write for example 20000, 20k or 2万")
    if isinstance(written, (int, float, Decimal)):
        return _checked(Decimal(str(written)), written, where)
    text = unicodedata.normalize("NFKC", written).replace("_", "").replace(" ", "")
    if re.fullmatch(r"\d{1,3}(\.\d{3}){2,}", text) or re.fullmatch(r"\d+,\d{1,2}", text):
        readings = f"{text.replace('.', '').replace(',', '')} or {text.replace(',', '.').split('.')[0]}"
        raise Mistake(
            f"`{written}` can be read as {readings}", where=where, hint="write `,` between thousands, `.` for decimals"
        )
    return _checked(_sum_of_pieces(text, written, where), written, where)


def _sum_of_pieces(text: str, written: Any, where: str) -> Decimal:
    total, position, last = Decimal(0), 0, None
    while position < len(text):
        match = _PIECE.match(text, position)
        if match is None or match[1] is None:
            raise Mistake(f"`{written}` is not a number", where=where, hint="write for example 20000, 20k or 2万")
        magnitude = math.prod(MAGNITUDES[mark] for mark in match[2].lower())
        if last is not None and magnitude >= last:
            raise Mistake(f"`{written}` names magnitudes out of order", where=where, hint="the larger comes first")
        total += _piece_value(match[1]) * magnitude
        last, position = magnitude, match.end()
    if last is None:
        raise Mistake("an empty number", where=where, hint="write for example 20000, 20k or 2万")
    return total


def _piece_value(piece: str) -> Decimal:
    if piece[0].isdigit() or piece[0] == ".":
        try:
            return Decimal(piece.replace(",", ""))
        except InvalidOperation:  # a digit of another script that NFKC leaves alone
            raise Mistake(f"`{piece}` is not a number", hint="write digits 0 to 9") from None
    if not any(character in SMALL for character in piece):
        return Decimal("".join(str(KANJI_DIGITS[character]) for character in piece))
    total, digit = 0, 0
    for character in piece:
        if character in SMALL:
            total, digit = total + (digit or 1) * SMALL[character], 0
        else:
            digit = KANJI_DIGITS[character]
    return Decimal(total + digit)


def _checked(number: Decimal, written: Any, where: str) -> Decimal:
    if not number.is_finite() or number < 0:
        raise Mistake(f"`{written}` does not fit here", where=where, hint="write a finite number that is not negative")
    return number


def parse_count(written: Any, *, where: str = "") -> int:
    """A whole number of things: tokens, dialogues, people.

    Raises:
        Mistake: it is no number, or not a whole one (`1.5`; `1.5k` is whole).
    """
    number = parse_number(written, where=where)
    if number != number.to_integral_value():
        raise Mistake(f"`{written}` is not a whole number", where=where, hint="write a whole number")
    return int(number)


class Money(Noun):
    """An amount in one currency."""

    amount: Decimal
    currency: Literal["JPY", "USD"]

    def __str__(self) -> str:
        return f"¥{self.amount:,.0f}" if self.currency == "JPY" else f"${self.amount:,.2f}"


def parse_money(written: Any, *, where: str = "") -> Money:
    """Reads `¥2,000,000`, `200万円`, `$3,500`, `3.5k USD`.

    Raises:
        Mistake: no currency, two currencies, or no number.
    """
    hint = "write for example ¥2,000,000, 200万円 or $3,500"
    if not isinstance(written, str):
        raise Mistake(f"`{written}` names no currency", where=where, hint=hint)
    text = unicodedata.normalize("NFKC", written).strip()
    named = {code for mark, code in CURRENCIES.items() if mark in text.lower()}
    if len(named) != 1:
        raise Mistake(f"`{written}` names {'no' if not named else 'more than one'} currency", where=where, hint=hint)
    for mark in CURRENCIES:
        text = re.sub(re.escape(mark), "", text, flags=re.IGNORECASE)
    return Money.model_validate({"amount": parse_number(text, where=where), "currency": named.pop()})


def _field(parse: Callable[[Any], T]) -> BeforeValidator:
    """A parser as a validator: pydantic adds where the value stands, so a Mistake becomes a ValueError here."""

    def validate(written: Any) -> T:
        try:
            return parse(written)
        except Mistake as mistake:
            raise ValueError(f"{mistake.what}; {mistake.hint}") from None

    return BeforeValidator(validate)


Count = Annotated[int, _field(parse_count)]
"""A field that takes a count as people write it: `"20k"`, `"2万"`, `20000`."""

Budget = Annotated[Money, _field(lambda written: written if isinstance(written, Money) else parse_money(written))]
"""A field that takes an amount of money as people write it."""
