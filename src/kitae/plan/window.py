"""What a team declares about a rented window and the runs in it: `[schedule]` and `[[runs]]` of kitae.toml."""

from __future__ import annotations

import datetime
from typing import Self

from pydantic import AwareDatetime, Field, model_validator

from ..core.noun import Noun
from .billing import RULES, Term, bill
from .price import as_value_error


class Window(Noun):
    """`[schedule]`: machines that are rented from one moment to another, and what has to happen around it."""

    place: str
    """Of `[[places]]`: what is rented."""
    start: AwareDatetime
    """When it bills from, with its offset: `2026-12-07T09:00:00+09:00`."""
    hours: float = Field(gt=0)
    """That are paid for."""
    billing: Term = "on-demand"
    """`block`: prepaid, whole days, ends 30 minutes early. `reservation`: bills whether it is used or not. Spot
    machines have no window."""
    ends_early: float | None = Field(default=None, ge=0)
    """Minutes before the end at which the machines are taken away; 30 of a block, else 0."""
    approval_days: float | None = Field(default=None, ge=0)
    """From the application to the approval, within the company."""
    quota_days: float | None = Field(default=None, ge=0)
    """From asking the provider for so many GPUs to having them."""
    megabits: float | None = Field(default=None, gt=0)
    """A second, between here and there, measured."""
    setup_minutes: float = Field(default=20.0, ge=0)
    """From the start of the machines to the first step: installing, reading, the preflight there."""
    gap_minutes: float = Field(default=10.0, ge=0)
    """Between two runs on the same GPUs."""

    wipe_minutes: float = Field(default=15.0, ge=0)
    """For verifying what came back and wiping, before the machines are gone."""

    @model_validator(mode="after")
    def _is_for_sale(self) -> Self:
        with as_value_error():
            billed = bill(self.billing, 0.0, reserved=self.hours).billed
        if billed != self.hours:
            raise ValueError(f"no {self.billing} of {self.hours:g} hours is sold; the next is `hours = {billed:g}`")
        return self

    @property
    def end(self) -> datetime.datetime:
        return self.start + datetime.timedelta(hours=self.hours)

    @property
    def gone(self) -> datetime.datetime:
        """When the machines are taken away."""
        early = 60 * RULES[self.billing].ends_early if self.ends_early is None else self.ends_early
        return self.end - datetime.timedelta(minutes=early)


class PlannedRun(Noun):
    """`[[runs]]`: an experiment that the team agreed on before it is paid for."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    hypothesis: str
    """What is expected, and by how much."""
    owner: str
    """Who looks after it while it runs."""
    stop: str
    """When it is given up before its end."""
    hours: float = Field(gt=0)
    gpus: int = Field(default=0, ge=0)
    """How many it needs; 0 for all."""
    model: str = "tuned"
    """Name of the model that comes out of it."""
    signed_by: str = ""
    """Who agreed; a run that nobody signed is planned, and does not start."""
