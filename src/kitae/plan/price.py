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
from typing import Any, Final

from pydantic import Field, field_validator

from ..core.mistakes import Mistake, nearest
from ..core.noun import Noun
from ..core.spelled import ExchangeRate
from ..gate.policy import Gpu, parse_gpu
from .billing import Term
from .energy import Grid

STALE: Final = 90
"""Days after which a price is told to be old. In June 2025 prices fell by a third within one month."""

COUNTRIES: Final = {
    "ap-northeast-1": "jp",
    "ap-northeast-3": "jp",
    "asia-northeast1": "tokyo",
    "asia-northeast2": "osaka",
    "us-east-1": "us",
    "us-west-2": "us",
    "us-central1": "us",
    "us": "us",
}
"""Grids by region, as far as a figure is in the catalogue."""


class Offer(Noun):
    """A machine that can be rented."""

    key: str
    """`provider:instance:region`, and the term behind it where it is not on demand; no region where none was told."""
    gpu: str
    usd: float = Field(ge=0)
    """For one machine and hour, before tax."""
    usd_low: float | None = None
    """Where the price moves: as low as it was seen."""
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

    @field_validator("as_of")
    @classmethod
    def _is_a_date(cls, written: str) -> str:
        with as_value_error():
            earliest(written)
        return written

    @property
    def gpus(self) -> Gpu:
        found = parse_gpu(self.gpu)
        assert found is not None
        return found

    @property
    def term(self) -> Term:
        last = self.key.split(":")[-1]
        return "spot" if last == "spot" else "block" if last == "block" else "on-demand"

    @property
    def region(self) -> str:
        return self.key.split(":")[2] if self.key.count(":") >= 2 else ""

    @property
    def superseded(self) -> bool:
        """Whether it is kept only to reckon with old plans: its key ends with the year that it held."""
        return re.fullmatch(r"\d{4}", self.key.split(":")[-1]) is not None

    def age(self, today: datetime.date) -> int:
        """Days since the earliest day that it may be of."""
        return (today - earliest(self.as_of)).days

    def warning(self, today: datetime.date) -> str:
        """What is to be said wherever the price is used; empty while it is new."""
        days = self.age(today)
        if days <= STALE:
            return ""
        return f"the price of {self.key} is of {self.as_of}, up to {days} days old: ask for today's"


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

    def yen_of(self, usd: float) -> tuple[float, float, float]:
        """At the lower end of the band, at the rate, at the upper end."""
        return usd * self.yen * (1 - self.band), usd * self.yen, usd * self.yen * (1 + self.band)


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
    return grids()[COUNTRIES.get(region, "world" if region else "jp")]


@contextmanager
def as_value_error() -> Iterator[None]:
    """Of a field, a Mistake becomes a ValueError, to which pydantic adds where the value stands."""
    try:
        yield
    except Mistake as mistake:
        raise ValueError(f"{mistake.what}; {mistake.hint}") from None


def earliest(as_of: str) -> datetime.date:
    """The first day that `2026`, `2026-03` or `2026-03-14` may mean.

    Raises:
        Mistake: it is no date.
    """
    parts = [*as_of.split("-"), "1", "1"][:3]
    try:
        return datetime.date(*map(int, parts))
    except ValueError:
        raise Mistake(
            f"`{as_of}` is no date", where="as_of of a price", hint="write 2026, 2026-03 or 2026-03-14"
        ) from None
