"""What cards can do, and how much of it published training reached: read from `cards.toml`."""

from __future__ import annotations

import functools
import math
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any, Final

from pydantic import Field

from ..core.mistakes import Mistake, nearest
from ..core.noun import Noun
from .span import Span

LIKE: Final = 2.0
"""Measured rows of up to twice and down to half the size speak for a model."""


class Card(Noun):
    """A kind of GPU."""

    card: str = ""
    """Its name, where that is not said already."""
    peak_tflops: float = Field(gt=0)
    """Dense, in bfloat16."""
    bfloat16: bool = True
    """Whether it computes the number format that training is reckoned in."""
    watts: float | None = Field(default=None, gt=0)
    """Thermal design power."""
    terabytes_per_second: dict[str, float] = Field(default_factory=dict)
    """Of its memory, by its GiB."""
    mfu_low: float | None = Field(default=None, gt=0, le=1)
    mfu_high: float | None = Field(default=None, gt=0, le=1)
    """Share of the peak in whole runs of one's own, at the slowest and at the fastest; goes before the table."""
    source: str = "kitae.toml"

    @property
    def mfu(self) -> Span | None:
        """Of one's own runs."""
        if self.mfu_low is None or self.mfu_high is None:
            return None
        return Span.between(self.mfu_low, self.mfu_high)


class Reached(Noun):
    """A measured row: which share of its peak a card gave to a model of some size."""

    card: str
    parameters: float
    mfu: float
    source: str


@functools.cache
def _file() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("cards.toml").read_text(encoding="utf-8"))


@functools.cache
def cards() -> Mapping[str, Card]:
    """By name: `a100`."""
    return {each["card"]: Card.model_validate(each) for each in _file()["cards"]}


@functools.cache
def reached() -> tuple[Reached, ...]:
    """All measured rows."""
    return tuple(
        Reached(card=table["card"], parameters=row["parameters"], mfu=mfu / 100, source=table["source"])
        for table in _file()["throughput"]
        for row in table["rows"]
        for mfu in row["mfu"]
    )


def card(name: str, own: Mapping[str, Card] | None = None) -> Card:
    """
    Args:
        own: Cards of the project, which go before the bundled ones.

    Raises:
        Mistake: nothing is known of the card.
    """
    known = {**cards(), **(own or {})}
    if name not in known:
        raise Mistake(
            f"nothing is known of the card `{name}`",
            where="[plan.cards]",
            hint=f"{nearest(name, known)}; or add its peak_tflops as [plan.cards.{name}]",
        )
    return known[name].model_copy(update={"card": name})


def peak(name: str, own: Mapping[str, Card] | None = None) -> float:
    """Floating-point operations a second, dense, in 16 bits; 0 where nothing is known of the card."""
    found = {**cards(), **(own or {})}.get(name)
    return found.peak_tflops * 1e12 if found else 0.0


def steady(found: Card, parameters: float) -> tuple[Span, tuple[str, ...]]:
    """Share of the peak while nothing goes wrong, from the slowest measured row to the fastest, and whose rows.

    Rows of the card whose model is up to `LIKE` times larger or smaller; where there is none, those of the nearest
    size; where the card has none at all, the range of all cards. Nothing here is fitted to runs.
    """
    if found.mfu:
        return found.mfu, (f"[plan.cards.{found.card}]",)
    rows = [row for row in reached() if row.card == found.card]
    if not rows:
        return _between(reached()), (f"nothing is measured on {found.card}: the range of all measured cards",)
    distance = {row: abs(math.log(row.parameters / parameters)) for row in rows}
    near = [row for row in rows if distance[row] <= math.log(LIKE)]
    chosen = near or [row for row in rows if distance[row] == min(distance.values())]
    return _between(chosen), tuple(dict.fromkeys(row.source for row in chosen))


def _between(rows: tuple[Reached, ...] | list[Reached]) -> Span:
    return Span.between(min(row.mfu for row in rows), max(row.mfu for row in rows))
