"""Work that no price of a GPU-hour shows: experiments and failed runs, the making of data, people."""

from __future__ import annotations

from typing import Final, Self

from pydantic import Field, model_validator

from ..core.noun import Noun
from ..core.quantity import Count
from .span import Span

DEVELOPMENT: Final = 0.5
"""Of the final training's figure, spent on development: the OLMo series (spec of its own reports, 493 t in all)."""

EXPERIMENTS_OF_ALL: Final = 0.822
"""Of everything that Olmo 3 cost, spent on experiments and failed runs (arXiv:2605.01158)."""

EXPERIMENTS: Final = Span.between(DEVELOPMENT, EXPERIMENTS_OF_ALL / (1 - EXPERIMENTS_OF_ALL))
"""For each yen of the final training, so many on experiments and failed runs: 0.5 to 4.6 as published. Both are of
research groups; a company that repeats a recipe needs less, and nobody has published how much."""


def usd_of_tokens(read: float, written: float, usd_in: float | None, usd_out: float | None) -> float | None:
    """What a model that is called over a network asks for so many tokens; `None` where nobody has said its price.

    Args:
        usd_in: For a million tokens that it reads.
        usd_out: For a million that it writes.
    """
    if usd_in is None or usd_out is None:
        return None
    return (read * usd_in + written * usd_out) / 1e6


def check_priced_once(endpoint: str, *prices: float | None) -> None:
    """
    Raises:
        ValueError: an endpoint is named and its price is written too.
    """
    if endpoint and any(price is not None for price in prices):
        raise ValueError("`endpoint` has its price in [endpoints]: write the one or the other")


class Calls(Noun):
    """`[plan.teacher]` and `[plan.judge]`: calls of an external model."""

    number: Count = 0
    tokens_in: Count = 0
    tokens_out: Count = 0
    """Of each call."""
    usd_in: float | None = Field(default=None, ge=0)
    usd_out: float | None = Field(default=None, ge=0)
    """For a million tokens; no price is built in."""
    endpoint: str = ""
    """Name of the `[endpoints]` whose `price_in` and `price_out` count instead."""

    @model_validator(mode="after")
    def _is_priced_once(self) -> Self:
        check_priced_once(self.endpoint, self.usd_in, self.usd_out)
        return self

    @property
    def usd(self) -> float | None:
        """Of all; `None` where the price is not known."""
        read, written = self.number * self.tokens_in, self.number * self.tokens_out
        return usd_of_tokens(read, written, self.usd_in, self.usd_out) if self.number else 0.0


class People(Noun):
    """`[plan.people]`: days of work."""

    days: float | None = Field(default=None, ge=0)
    yen_per_day: float | None = Field(default=None, ge=0)

    @property
    def yen(self) -> float | None:
        """`None` where nobody has said it."""
        return None if self.days is None or self.yen_per_day is None else self.days * self.yen_per_day
