"""What cards can do, and how much of it published training reached: read from `cards.toml`."""

from __future__ import annotations

import functools
import math
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any, Final, Self

from pydantic import Field, model_validator

from ..core.mistakes import Mistake, nearest
from ..core.noun import Noun
from ..core.spelled import number
from .span import Span

LIKE: Final = 2.0
"""Measured rows of up to twice and down to half the size speak for a model."""

FAR: Final = 8.0
"""Times larger or smaller than every measured row. No published run that the rule was held against is so far away."""

SLOWER: Final = 0.5
"""Of the slower end, for every ten times beyond that: an assumption. Small models fill a card less, and how much less
nobody has published for these."""


class Card(Noun):
    """A kind of GPU."""

    card: str = ""
    """Its name, where that is not said already."""
    peak_tflops: float = Field(default=0.0, gt=0)
    """Dense, in bfloat16; 0 where that is left to the bundled card of the name."""
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

    @model_validator(mode="after")
    def _has_both_ends(self) -> Self:
        if (self.mfu_low is None) != (self.mfu_high is None):
            raise ValueError("`mfu_low` and `mfu_high` belong together: the slowest and the fastest of your runs")
        if self.mfu_low is not None and self.mfu_high is not None and self.mfu_low > self.mfu_high:
            raise ValueError("`mfu_low` is no more than `mfu_high`")
        return self

    def over(self, bundled: Card) -> Card:
        """The bundled card, with what is said here."""
        said = {name: getattr(self, name) for name in self.model_fields_set}
        speeds = {**bundled.terabytes_per_second, **self.terabytes_per_second}
        source = f"{self.source}; {bundled.source}"
        return bundled.model_copy(update={**said, "terabytes_per_second": speeds, "source": source})

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
        own: Cards of the project; what they say goes before the bundled ones, field by field.

    Raises:
        Mistake: nothing is known of the card, or not its peak.
    """
    known = known_cards(own)
    if name not in known or not known[name].peak_tflops:
        raise Mistake(
            f"nothing is known of the card `{name}`",
            where="[plan.cards]",
            hint=f"{nearest(name, known)}; or add its peak_tflops as [plan.cards.{name}]",
        )
    return known[name].model_copy(update={"card": name})


def peak(name: str, own: Mapping[str, Card] | None = None) -> float:
    """Floating-point operations a second, dense, in 16 bits; 0 where nothing is known of the card."""
    found = known_cards(own).get(name)
    return found.peak_tflops * 1e12 if found else 0.0


def known_cards(own: Mapping[str, Card] | None = None) -> dict[str, Card]:
    """The bundled ones, with what the project says over them."""
    bundled = cards()
    said = {name: each.over(bundled[name]) if name in bundled else each for name, each in (own or {}).items()}
    return {**bundled, **said}


class Steady(Noun):
    """How much of its peak a card reaches while nothing goes wrong."""

    mfu: Span
    sources: tuple[str, ...]
    """Whose rows."""
    warning: str = ""
    """Where no row is of such a model."""


def steady(found: Card, parameters: float) -> Steady:
    """From the slowest measured row to the fastest.

    Rows of the card whose model is up to `LIKE` times larger or smaller; where there is none, those up to `LIKE` times
    as far away as the nearest; where the card has none at all, the range of all cards. Beyond `FAR` the slower end
    falls. Nothing here is fitted to runs.
    """
    if found.mfu:
        return Steady(mfu=found.mfu, sources=(f"[plan.cards.{found.card}]",))
    own = [row for row in reached() if row.card == found.card]
    apart = {row: _times(row.parameters, parameters) for row in own or reached()}
    nearest_row = min(apart, key=lambda row: apart[row])
    times = apart[nearest_row]
    within = LIKE if times <= LIKE else LIKE * times
    chosen = [row for row in apart if not own or apart[row] <= within]
    low, high = min(row.mfu for row in chosen), max(row.mfu for row in chosen)
    low *= SLOWER ** math.log10(max(1.0, times / FAR))
    on_none = f"nothing is measured on {found.card}: the range of all measured cards"
    if not own:
        return Steady(mfu=Span.between(low, high), sources=(on_none,), warning=on_none)
    far = f"nothing of this size is measured on {found.card}; the nearest, {number(nearest_row.parameters)}, is "
    return Steady(
        mfu=Span.between(low, high),
        sources=tuple(dict.fromkeys(row.source for row in chosen)),
        warning=f"{far}{times:,.1f} times away, so the hours reach further up" if times > LIKE else "",
    )


def _times(one: float, other: float) -> float:
    return max(one / other, other / one)
