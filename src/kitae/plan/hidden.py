"""Work that no price of a GPU-hour shows: experiments and failed runs, the making of data, people."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from ..core.noun import Noun
from .span import Span

DEVELOPMENT: Final = 0.5
"""Of the final training's figure, spent on development: the OLMo series (spec of its own reports, 493 t in all)."""

EXPERIMENTS_OF_ALL: Final = 0.822
"""Of everything that Olmo 3 cost, spent on experiments and failed runs (arXiv:2605.01158)."""

EXPERIMENTS: Final = Span.between(DEVELOPMENT, EXPERIMENTS_OF_ALL / (1 - EXPERIMENTS_OF_ALL))
"""For each yen of the final training, so many on experiments and failed runs: 0.5 to 4.6 as published. Both are of
research groups; a company that repeats a recipe needs less, and nobody has published how much."""


class Tokens(Noun):
    """What a model that is called over a network asks for a million tokens, in US$. `None` where nobody has said it."""

    usd_in: float | None = Field(default=None, ge=0)
    usd_out: float | None = Field(default=None, ge=0)

    def usd(self, tokens_in: float, tokens_out: float) -> float | None:
        """For so many tokens."""
        if self.usd_in is None or self.usd_out is None:
            return None
        return (tokens_in * self.usd_in + tokens_out * self.usd_out) / 1e6


class Calls(Noun):
    """Calls of a teacher or a judge."""

    number: int = Field(default=0, ge=0)
    tokens_in: float = Field(default=0.0, ge=0)
    tokens_out: float = Field(default=0.0, ge=0)
    """Of each."""
    price: Tokens = Tokens()

    @property
    def usd(self) -> float | None:
        """Of all; `None` where the price is not known."""
        return 0.0 if not self.number else self.price.usd(self.number * self.tokens_in, self.number * self.tokens_out)


class People(Noun):
    """Days of people's work."""

    days: float | None = Field(default=None, ge=0)
    yen_per_day: float | None = Field(default=None, ge=0)

    @property
    def yen(self) -> float | None:
        """`None` where nobody has said it."""
        return None if self.days is None or self.yen_per_day is None else self.days * self.yen_per_day
