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
    "圓": "JPY",
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

FORMAL: Final = re.compile(r"^金(?=.)|也$|(?<=[\d円圓])\.?[-−–—―ー]$")
"""As on receipts: 金壱百萬円也, ¥2,000,000-."""

_TAX: Final = re.compile(
    r"[(,、]?(?:(?P<with>(?:消費)?税込み?|内税|(?:incl(?:uding|\.)?|with)tax|taxincluded)"
    r"|(?P<without>(?:消費)?税(?:別|抜き?)|外税|\+税|(?:excl(?:uding|\.)?|plus|before|without)tax|taxexcluded))\)?"
)
"""Beside an amount: whether consumption tax is in it."""

_AT_MOST: Final = re.compile(r"^(?:最大|上限|atmost|upto|max\.?)|(?:以内|以下|まで)(?=\(|$)")
"""Takes nothing away from an amount that is a limit anyway."""


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
    if not number.is_finite() or not 0 <= number < numerals.MOST:
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


def parse_money(written: Any, *, where: str = "", taxed: bool | None = None) -> Money:
    """Reads `¥2,000,000`, `200万円`, `1,200百万円`, `金壱百萬円也`, `$3,500`, `3.5k USD`.

    Args:
        taxed: Whether amounts here are with consumption tax, so that `税込` or `税別` behind one says nothing new;
            where that is not known, either is refused.

    Raises:
        Mistake: no currency, two currencies, no number, or a word about tax that does not fit.
    """
    hint = "write for example ¥2,000,000, 200万円 or $3,500"
    with at(where):
        if not isinstance(written, str):
            raise Mistake(f"`{written}` names no currency", hint=hint)
        plain = FORMAL.sub("", _without_tax(numerals.folded(written), written, taxed))
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


def parse_budget(written: Any, *, where: str = "", taxed: bool | None = None) -> Money:
    """What may be paid at most: as `parse_money`, and `200万円以内`, `200万円まで`, `up to $5`."""
    if isinstance(written, str):
        with at(where):
            plain = numerals.folded(written)
        written = _AT_MOST.sub("", plain) if _AT_MOST.search(plain) else written
    return parse_money(written, where=where, taxed=taxed)


def _without_tax(plain: str, written: str, taxed: bool | None) -> str:
    """Without the word beside an amount that says whether tax is in it.

    Raises:
        Mistake: amounts here are meant the other way, or neither way.
    """
    found = _TAX.search(plain)
    if found is None:
        return plain
    amount = plain[: found.start()] + plain[found.end() :]
    if taxed is None:
        raise Mistake(f"`{written}` speaks of tax, and amounts here do not", hint=f"write `{amount}` if that is meant")
    if taxed != bool(found["with"]):
        said, meant = ("without", "with") if taxed else ("with", "without")
        raise Mistake(f"`{written}` is {said} tax", hint=f"write the amount {meant} consumption tax")
    return amount


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


def _money(parse: Callable[..., Money], *, taxed: bool | None = None) -> BeforeValidator:
    return _field(lambda written: written if isinstance(written, Money) else parse(written, taxed=taxed))


Price = Annotated[Money, _money(parse_money, taxed=False)]
"""A field that takes a price before tax as people write it."""

Budget = Annotated[Money, _money(parse_budget)]
"""A field that takes what prices before tax may come to at most."""

TaxedBudget = Annotated[Money, _money(parse_budget, taxed=True)]
"""A field that takes what may be paid at most, with tax."""
