"""What may leave: endpoints and places that the project declares, with the highest label each may have."""

from __future__ import annotations

import os
import re
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from ..core.label import Label
from ..core.mistakes import Mistake
from ..core.noun import Noun
from ..core.quantity import Money, Price


class Endpoint(Noun):
    """`[endpoints.NAME]`: a server with the interface of OpenAI's chat completions."""

    url: str
    """Up to and including `/v1`."""
    model: str
    """A dated name, so that an answer can be told apart from next month's."""
    key: str = ""
    """Where the key is: `env:NAME`. Never the key itself."""
    may_receive: Label
    """The highest label that may be sent there. There is no default: somebody has to decide."""
    row: bool = False
    """Whether it answers the suites, as a row of the decision table."""
    timeout: float = Field(default=60.0, gt=0)
    """Seconds for one call."""
    at_once: int = Field(default=8, ge=1, le=1024)
    """How many calls may be under way together, where many are made."""
    per_minute: int | None = Field(default=None, ge=1)
    """How many calls a minute it takes; calls are spread evenly. Its own word (Retry-After) is heeded in any case."""
    price_in: Price | None = None
    """For a million tokens of prompts."""
    price_out: Price | None = None
    """For a million tokens of answers, in the same currency."""

    @model_validator(mode="after")
    def _has_both_prices(self) -> Self:
        prices = [price.currency for price in (self.price_in, self.price_out) if price]
        if len(prices) == 1 or len(set(prices)) > 1:
            raise ValueError("`price_in` and `price_out` want each other, in one currency")
        return self

    @field_validator("url")
    @classmethod
    def _is_a_url(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
            raise ValueError("an http or https address without user name and query is wanted")
        return url.rstrip("/")

    @field_validator("key")
    @classmethod
    def _is_no_key(cls, key: str) -> str:
        if key and not key.startswith("env:"):
            raise ValueError("name an environment variable, `env:NAME`; a key itself does not belong into the file")
        return key

    def price(self, prompt_tokens: int, tokens: int) -> Money | None:
        """Of a call; `None` where the file names no price."""
        if self.price_in is None or self.price_out is None:
            return None
        amount = (self.price_in.amount * prompt_tokens + self.price_out.amount * tokens) / 10**6
        return Money(amount=amount, currency=self.price_in.currency)

    def secret(self) -> str:
        """The key, read when it is needed.

        Raises:
            Mistake: the environment variable is not set.
        """
        if not self.key:
            return ""
        name = self.key.removeprefix("env:")
        if name not in os.environ:
            raise Mistake(f"the environment variable {name} is not set", where="[endpoints]", hint=f"export {name}=…")
        return os.environ[name]


class Gpu(Noun):
    """The GPUs of one node: `a100-80x8` is eight A100 of 80 GiB."""

    card: str
    """As its maker calls it, lower case, one word."""
    gib: int
    """Memory of one of them, as it is sold; drivers show a little less."""
    count: int
    """On one node."""


NO_GPU = "none"

_GPU = re.compile(r"([a-z][a-z0-9]*)-([1-9][0-9]{0,3})x([1-9][0-9]?)")


def parse_gpu(written: str) -> Gpu | None:
    """Reads `a100-80x8` (card, GiB, how many on a node); `None` for `none`.

    Raises:
        Mistake: it is written in any other way.
    """
    if written == NO_GPU:
        return None
    found = _GPU.fullmatch(written)
    if found is None:
        raise Mistake(
            f"`{written}` names no GPU",
            where="[[places]] gpu in kitae.toml",
            hint='write card, GiB and how many on a node: "a100-80x8"; or "none"',
        )
    return Gpu(card=found[1], gib=int(found[2]), count=int(found[3]))


class Place(Noun):
    """`[[places]]`: where work may happen, and what may be there."""

    name: str
    gpu: str = NO_GPU
    """`a100-80x8`: see `parse_gpu`."""
    nodes: int = Field(default=1, ge=1)
    """Of this kind, for one training."""
    may_hold: Label
    yen_per_hour: float = Field(default=0.0, ge=0)
    """What an hour there costs; 0 for a machine that is paid for anyway."""
    watts: float = Field(default=0.0, ge=0)
    """What the whole machine draws while it trains, at the plug; 0 where nobody knows."""
    power_source: str = ""
    """Where its power comes from, in words."""
    grams_co2_per_kwh: float | None = Field(default=None, ge=0)
    """Of the grid. None is built in: published figures for one grid and year differ by a quarter."""
    grid_source: str = ""
    """Who published that figure, and of which year."""

    @model_validator(mode="after")
    def _says_whose_figure_it_is(self) -> Self:
        if self.grams_co2_per_kwh is not None and not re.search(r"\d{4}", self.grid_source):
            raise ValueError("`grams_co2_per_kwh` wants `grid_source`: who published the figure, and of which year")
        return self

    @field_validator("gpu")
    @classmethod
    def _is_a_gpu(cls, written: str) -> str:
        try:
            parse_gpu(written)
        except Mistake as mistake:
            raise ValueError(f"{mistake.what}; {mistake.hint}") from None
        return written

    @property
    def gpus(self) -> Gpu | None:
        """The GPUs of one of its nodes."""
        return parse_gpu(self.gpu)


Purpose = Literal["answer", "judge", "teach"]


def check_endpoint(name: str, endpoint: Endpoint, label: Label) -> None:
    """Refuses what may not be sent there.

    Raises:
        Mistake: the label is higher than the endpoint may receive.
    """
    if not label.may_go_to(endpoint.may_receive):
        raise Mistake(
            f"the endpoint `{name}` may receive `{endpoint.may_receive}` ({endpoint.may_receive.japanese}); "
            f"this is `{label}` ({label.japanese})",
            where=f"[endpoints.{name}] may_receive in kitae.toml",
            hint="nothing was sent. Take the row out, or have the owner of the documents raise `may_receive`",
        )


def check_place(place: Place | None, label: Label) -> None:
    """Refuses work on what may not be at a place. Where no place is declared, everything is where it always was.

    Raises:
        Mistake: the label is higher than the place may hold.
    """
    if place is not None and not label.may_go_to(place.may_hold):
        raise Mistake(
            f"the place `{place.name}` may hold `{place.may_hold}` ({place.may_hold.japanese}); "
            f"this project has documents that are `{label}` ({label.japanese})",
            where="[[places]] may_hold in kitae.toml",
            hint="take the source out, or work at a place that may hold it",
        )
