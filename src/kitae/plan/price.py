"""What machines cost: the dated catalogue in `prices.toml`, the exchange rate, and consumption tax."""

from __future__ import annotations

import datetime
import functools
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from importlib import resources
from typing import Any, Final, Self

from pydantic import Field, field_validator, model_validator

from ..core.mistakes import Mistake, nearest
from ..core.noun import Noun
from ..core.quantity import Money
from ..core.spelled import ExchangeRate, money
from ..gate.policy import Gpu, parse_gpu
from .billing import Term
from .energy import Grid
from .span import Span

STALE: Final = 90
"""Days after which a price is told to be old. In June 2025 prices fell by a third within one month."""

WORLD: Final = "world"
"""The grid of places of which no figure is in the catalogue."""

COUNTRIES: Final = {
    "ap-northeast-1": "jp",
    "ap-northeast-3": "jp",
    "asia-northeast1": "tokyo",
    "asia-northeast2": "osaka",
    "us-east-1": "us",
    "us-west-2": "us",
    "us-central1": "us",
    "us": "us",
    "ishikari": "jp",
}
"""Grids by region, as far as a figure is in the catalogue; a grid's own name is a region too."""


TERMS: Final[dict[str, Term]] = {"spot": "spot", "block": "block", "reserved": "reservation"}
"""By the end of a key."""

YEAR: Final = r"\d{4}"


class Offer(Noun):
    """A machine that can be rented."""

    key: str
    """`provider:instance:region`, and the term behind it where it is not on demand; no region where none was told."""
    gpu: str
    usd: float | None = Field(default=None, ge=0)
    """For one machine and hour."""
    usd_low: float | None = None
    """Where the price moves: as low as it was seen."""
    yen: float | None = Field(default=None, ge=0)
    """The same, where it is quoted in yen: no rate of exchange moves it."""
    with_tax: bool = False
    """Whether consumption tax is in it already."""
    as_of: str
    """Year, month or day that the price is of, as exactly as its source says it."""
    source: str

    @field_validator("gpu")
    @classmethod
    def _is_a_gpu(cls, written: str) -> str:
        with as_value_error():
            found = parse_gpu(written)
        if found is None:
            raise ValueError("a machine without a GPU is no offer; declare it in [[places]]")
        return written

    @field_validator("key")
    @classmethod
    def _ends_with_a_term(cls, written: str) -> str:
        term = ":".join(written.split(":")[3:])
        if term and term not in TERMS and not re.fullmatch(YEAR, term):
            raise ValueError(f"`{term}` is no way of renting; {nearest(term, TERMS)}, or leave it out for on demand")
        return written

    @field_validator("as_of")
    @classmethod
    def _is_a_date(cls, written: str) -> str:
        with as_value_error():
            earliest(written)
        return written

    @model_validator(mode="after")
    def _has_one_price(self) -> Self:
        if (self.usd is None) == (self.yen is None):
            raise ValueError("a price is wanted, either `usd` or `yen`")
        if self.usd_low is not None and not 0 <= self.usd_low <= (self.usd or 0.0):
            raise ValueError("`usd_low` is no more than `usd`")
        return self

    @property
    def priced(self) -> bool:
        """Whether it costs anything."""
        return bool(self.usd or self.yen)

    @property
    def rented(self) -> bool:
        """Whether it is a provider's, and not bought."""
        return not self.key.startswith("own:")

    @property
    def declared(self) -> bool:
        """Whether it is one of the project's places."""
        return self.key.startswith("place:")

    def dollars(self, rate: Exchange) -> Span:
        """US$ for one machine and hour; of a price that moves the upper end is reckoned with."""
        if self.usd is None:
            return Span.exactly((self.yen or 0.0) / rate.yen)
        return Span(low=self.usd if self.usd_low is None else self.usd_low, mid=self.usd, high=self.usd)

    def hourly(self, rate: Exchange) -> Span:
        """Yen for one machine and hour, at both ends of the price and of the rate."""
        if self.usd is None:
            return Span.exactly(self.yen or 0.0)
        dollars = self.dollars(rate)
        return Span(
            low=rate.yen_of(dollars.low).low, mid=rate.yen_of(dollars.mid).mid, high=rate.yen_of(dollars.high).high
        )

    @property
    def gpus(self) -> Gpu:
        found = parse_gpu(self.gpu)
        assert found is not None
        return found

    @property
    def term(self) -> Term:
        return TERMS.get(self.key.split(":")[-1], "on-demand")

    @property
    def region(self) -> str:
        return self.key.split(":")[2] if self.key.count(":") >= 2 else ""

    @property
    def superseded(self) -> bool:
        """Whether it is kept only to reckon with old plans: its key ends with the year that it held."""
        return re.fullmatch(YEAR, self.key.split(":")[-1]) is not None

    def warning(self, today: datetime.date) -> str:
        """What is to be said wherever the price is used; empty while it is new."""
        return f"the price of {self.key} is {aged(self.as_of, today)}" if stale(self.as_of, today) else ""


class Exchange(Noun):
    """Yen for a dollar, on a day, and how far it may move until the bill comes."""

    yen: float = Field(gt=0)
    on: datetime.date
    band: float = Field(default=0.1, ge=0, lt=1)
    """Share up and down."""
    source: str

    @property
    def rate(self) -> ExchangeRate:
        return ExchangeRate(yen=Decimal(str(self.yen)), on=self.on)

    def yen_of(self, usd: float) -> Span:
        """At the lower end of the band, at the rate, at the upper end."""
        yen = usd * self.yen
        return Span(low=yen * (1 - self.band), mid=yen, high=yen * (1 + self.band))

    def in_yen(self, amount: Money) -> float:
        """At the rate itself."""
        return float(amount.amount) * (self.yen if amount.currency == "USD" else 1.0)

    def warning(self, today: datetime.date) -> str:
        """What is to be said wherever it is used; empty while it is new."""
        on = str(self.on)
        return f"the exchange rate is {aged(on, today)}" if stale(on, today) else ""


class Extras(Noun):
    """What a provider charges besides machines. `None` where nobody has said the price: then it is not in the sum."""

    storage_gb: float = Field(default=0.0, ge=0)
    storage_usd: float | None = Field(default=None, ge=0)
    """For a GB and month."""
    egress_gb: float = Field(default=0.0, ge=0)
    egress_usd: float | None = Field(default=None, ge=0)
    """For a GB that leaves."""

    @property
    def missing(self) -> list[str]:
        """What has no price."""
        prices = {"storage": self.storage_usd, "egress": self.egress_usd}
        return [name for name, price in prices.items() if price is None]


@functools.cache
def _file() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("prices.toml").read_text(encoding="utf-8"))


@functools.cache
def offers() -> Mapping[str, Offer]:
    """All, by key."""
    return {each["key"]: Offer.model_validate(each) for each in _file()["offers"]}


@functools.cache
def grids() -> Mapping[str, Grid]:
    return {each["name"]: Grid.model_validate(each) for each in _file()["grids"]}


@functools.cache
def exchange() -> Exchange:
    return Exchange.model_validate(_file()["exchange"])


@functools.cache
def tax() -> float:
    """Share of consumption tax."""
    return float(_file()["tax"]["share"])


def offer(key: str, own: Mapping[str, Offer] | None = None) -> Offer:
    """
    Args:
        own: Offers of the project, which go before the bundled ones.

    Raises:
        Mistake: there is none of that key.
    """
    known = {**offers(), **(own or {})}
    if key not in known:
        raise Mistake(f"no price `{key}`", where="the catalogue", hint=nearest(key, known))
    return known[key]


def grid_of(region: str) -> Grid:
    """The grid that a region is on: the world's mean where it is not known, Japan's where no region is told."""
    named = region if region in grids() else WORLD
    return grids()[COUNTRIES.get(region, named if region else "jp")]


@contextmanager
def as_value_error() -> Iterator[None]:
    """Of a field, a Mistake becomes a ValueError, to which pydantic adds where the value stands."""
    try:
        yield
    except Mistake as mistake:
        raise ValueError(f"{mistake.what}; {mistake.hint}") from None


def yen_told(amount: float) -> str:
    """Both ways: `¥434,761 (約43.5万円)`."""
    return money(Money(amount=Decimal(round(amount)), currency="JPY"))


def stale(as_of: str, today: datetime.date) -> bool:
    """Whether a price of that year, month or day is too old to be relied on."""
    return (today - earliest(as_of)).days > STALE


def aged(as_of: str, today: datetime.date) -> str:
    """`of 2024, up to 700 days old: ask for today's`."""
    return f"of {as_of}, up to {(today - earliest(as_of)).days} days old: ask for today's"


def earliest(as_of: str) -> datetime.date:
    """The first day that `2026`, `2026-03` or `2026-03-14` may mean.

    Raises:
        Mistake: it is no date.
    """
    parts = [*as_of.split("-"), "1", "1"]
    try:
        if re.fullmatch(rf"{YEAR}(-\d{{1,2}}){{0,2}}", as_of, re.ASCII) is None:
            raise ValueError
        return datetime.date(*map(int, parts[:3]))
    except ValueError:
        raise Mistake(
            f"`{as_of}` is no date", where="as_of of a price", hint="write 2026, 2026-03 or 2026-03-14"
        ) from None
