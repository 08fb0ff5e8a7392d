"""Numbers as people write them, and quantities that say how they are known."""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BeforeValidator

from . import numerals
from .mistakes import Mistake
from .noun import Noun

T = TypeVar("T")

How = Literal["estimated", "quoted", "measured"]

CURRENCIES: Final[dict[str, Literal["JPY", "USD"]]] = {
    "¥": "JPY",
    "円": "JPY",
    "jpy": "JPY",
    "yen": "JPY",
    "us$": "USD",
    "$": "USD",
    "米ドル": "USD",
    "ドル": "USD",
    "usd": "USD",
    "dollars": "USD",
    "dollar": "USD",
}
"""Marks before or behind an amount. Longer ones stand before those that they contain."""

FORMAL: Final = re.compile(r"^金(?=.)|也$")
"""As on receipts: 金壱百萬円也."""


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
    """Reads `7B`, `100k`, `10万`, `1.5億`, `１２万３千`, `二十`, `7×10⁹`, `2,000,000` exactly.

    Raises:
        Mistake: it can be read in no way or in more than one (`1.000.000`, `1,5`, a range, a sign).
    """
    with at(where):
        return _number(written)


@contextmanager
def at(where: str) -> Iterator[None]:
    """Adds to a Mistake where that stands which was read."""
    try:
        yield
    except Mistake as mistake:
        mistake.where = mistake.where or where
        raise


def _number(written: Any) -> Decimal:
    if isinstance(written, bool) or not isinstance(written, (int, float, str, Decimal)):
        raise Mistake(f"`{written}` is not a number", hint=numerals.HINT)
    if isinstance(written, str):
        return numerals.read(written)
    return _checked(Decimal(str(written)), written)


def _checked(number: Decimal, written: Any) -> Decimal:
    if not number.is_finite() or number < 0:
        raise Mistake(f"`{written}` does not fit here", hint="write a finite number that is not negative")
    return number


def parse_count(written: Any, *, where: str = "") -> int:
    """A whole number of things: tokens, dialogues, people.

    Raises:
        Mistake: it is no number, or not a whole one (`1.5`; `1.5k` is whole).
    """
    with at(where):
        if isinstance(written, str):
            numerals.point_or_thousands(written, written)
        number = _number(written)
        if number != number.to_integral_value():
            raise Mistake(f"`{written}` is not a whole number", hint="write a whole number")
        return int(number)


class Money(Noun):
    """An amount in one currency."""

    amount: Decimal
    currency: Literal["JPY", "USD"]

    def __str__(self) -> str:
        return f"¥{self.amount:,.0f}" if self.currency == "JPY" else f"${self.amount:,.2f}"

    def __add__(self, other: Money) -> Money:
        """
        Raises:
            Mistake: the currencies differ, and nobody has said at which rate.
        """
        if self.currency != other.currency:
            raise Mistake(f"{self} and {other} cannot be added", hint="name prices in one currency")
        return Money(amount=self.amount + other.amount, currency=self.currency)


def total(amounts: Iterable[Money | None]) -> Money | None:
    """Of the amounts that are known; `None` where none is.

    Raises:
        Mistake: they are in different currencies.
    """
    known = [each for each in amounts if each is not None]
    return functools.reduce(operator.add, known) if known else None


def parse_money(written: Any, *, where: str = "") -> Money:
    """Reads `¥2,000,000`, `200万円`, `1,200百万円`, `金壱百萬円也`, `$3,500`, `3.5k USD`.

    Raises:
        Mistake: no currency, two currencies, or no number.
    """
    hint = "write for example ¥2,000,000, 200万円 or $3,500"
    with at(where):
        if not isinstance(written, str):
            raise Mistake(f"`{written}` names no currency", hint=hint)
        plain = FORMAL.sub("", numerals.folded(written))
        named = {code for mark, code in CURRENCIES.items() if mark in plain}
        if len(named) > 1:
            raise Mistake(f"`{written}` names more than one currency", hint=hint)
        number = without_currency(plain)
        numerals.point_or_thousands(number, written)
        amount = numerals.read(number, shown=written)
        if not named:
            readings = (f"¥{amount:,f}", f"${amount:,f}")
            raise Mistake(f"`{written}` names no currency: {' or '.join(readings)}", hint=hint, readings=readings)
        return Money(amount=amount, currency=named.pop())


def without_currency(plain: str) -> str:
    """Without the marks around an amount, or around both ends of a range; one inside is left to be refused."""
    marks = "|".join(map(re.escape, CURRENCIES))
    return re.sub(rf"^(?:{marks})|(?:{marks})$|(?:{marks})(?=[-–〜~か])|(?<=[-–〜~])(?:{marks})", "", plain)


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
