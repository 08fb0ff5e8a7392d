"""Numbers printed both ways at once, `7B (70億)`, so that nobody has to convert and be wrong by a factor of ten."""

from __future__ import annotations

import datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Final

from .noun import Noun
from .quantity import Money

WESTERN: Final = ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "k"))
JAPANESE: Final = ((10**16, "京"), (10**12, "兆"), (10**8, "億"), (10**4, "万"))

FIGURES: Final = 4
"""Significant ones that are printed; what has more is rounded."""

CONVERTED: Final = 3
"""The same of an amount in the other currency: a rate of exchange is known no better."""


class ExchangeRate(Noun):
    """Yen for a dollar, on a day."""

    yen: Decimal
    on: datetime.date

    def convert(self, money: Money) -> Money:
        """The same in the other currency."""
        if money.currency == "USD":
            return Money(amount=money.amount * self.yen, currency="JPY")
        return Money(amount=money.amount / self.yen, currency="USD")

    def __str__(self) -> str:
        return f"{self.yen:,.1f} on {self.on}"


def number(value: Decimal | float, figures: int = FIGURES) -> str:
    """`7B (70億)`, `16k (1.6万)`, `1,234`: rounded to so many figures; below 10,000 there is only one way."""
    rounded = round_to(value, figures)
    if rounded < 10**4:
        return _plain(rounded)
    return f"{western(rounded, figures)} ({japanese(rounded, figures)})"


def western(value: Decimal | float, figures: int = FIGURES) -> str:
    """`7B`, `1.235M`."""
    return _with(WESTERN, value, figures)


def japanese(value: Decimal | float, figures: int = FIGURES) -> str:
    """`70億`, `123.5万`."""
    return _with(JAPANESE, value, figures)


def money(amount: Money, rate: ExchangeRate | None = None) -> str:
    """`$2,635 (約39.5万円 at 150.0 on 2026-11-01)`, `¥2,000,000 (200万円)`; the other currency only at a rate."""
    if amount.currency == "JPY":
        yen = round_to(amount.amount, CONVERTED)
        both = f"{'' if yen == amount.amount else '約'}{japanese(yen)}円"
        told = f"¥{amount.amount:,.0f}"
        return f"{told} ({both})" if yen >= 10**4 else told
    told = f"${amount.amount:,.0f}" if amount.amount >= 100 else str(amount)
    if rate is None:
        return told
    return f"{told} (約{japanese(rate.convert(amount).amount, CONVERTED)}円 at {rate})"


def round_to(value: Decimal | float, figures: int) -> Decimal:
    """To so many significant figures, halves away from zero as people round."""
    exact = Decimal(str(value))
    if not exact:
        return Decimal(0)
    with localcontext(prec=80):
        return exact.quantize(Decimal(1).scaleb(exact.adjusted() - figures + 1), ROUND_HALF_UP)


def _with(magnitudes: tuple[tuple[int, str], ...], value: Decimal | float, figures: int) -> str:
    # Rounded first: 9,999,999 is 10M and not 10,000k.
    rounded = round_to(value, figures)
    for magnitude, mark in magnitudes:
        if rounded >= magnitude:
            return f"{_plain(rounded / magnitude)}{mark}"
    return _plain(rounded)


def _plain(value: Decimal) -> str:
    return f"{value.normalize():,f}" if value else "0"
