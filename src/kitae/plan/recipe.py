"""What a person may say about a plan: `[plan]` of kitae.toml. Whatever is left out is taken from the catalogue."""

from __future__ import annotations

import datetime
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from ..core.noun import Noun
from ..core.quantity import Count
from ..gate.policy import parse_gpu
from .cards import Card
from .energy import PUE, Grid
from .hidden import Calls, People, usd_of_tokens
from .price import Exchange, Offer, as_value_error, earliest, exchange


class Owned(Noun):
    """`[[plan.hardware]]`: machines that were bought."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    gpu: str
    """Of one machine: `a100-80x8`."""
    machines: int = Field(default=1, ge=1)
    yen: float = Field(ge=0)
    """What one machine cost, with tax."""
    years: float = Field(gt=0)
    """Over which it is written off."""
    hours_per_year: float = Field(gt=0, le=8784)
    """In which it computes something: what stands idle has to be earned by these too."""
    watts: float = Field(default=0.0, ge=0)
    """Of one machine while it computes."""
    yen_per_kwh: float = Field(default=0.0, ge=0)
    staff_yen_per_year: float = Field(default=0.0, ge=0)
    """For looking after one machine."""
    as_of: str
    """Of which year, month or day these figures are."""

    @property
    def yen_per_hour(self) -> float:
        """Depreciation, staff and electricity of one machine, for an hour in which it computes."""
        fixed = (self.yen / self.years + self.staff_yen_per_year) / self.hours_per_year
        return fixed + self.watts / 1000 * self.yen_per_kwh

    def offer(self, rate: Exchange) -> Offer:
        """As if it was rented."""
        return Offer(
            key=f"own:{self.name}:",
            gpu=self.gpu,
            usd=self.yen_per_hour / rate.yen,
            as_of=self.as_of,
            source="[[plan.hardware]]: depreciation, power and staff",
        )

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        with as_value_error():
            earliest(self.as_of)
            if parse_gpu(self.gpu) is None:
                raise ValueError("`gpu` names no GPU")
        return self


class EnergyRecipe(Noun):
    """`[plan.energy]`: power and carbon where the plan is carried out."""

    utilisation: float = Field(default=1.0, gt=0, le=1)
    """Of the cards' design power."""
    host: float = Field(default=1.0, ge=1)
    """Times the cards' power, for processors, memory and network."""
    pue: float = Field(default=PUE, ge=1)
    """Of the building."""
    kg_per_kwh: float | None = Field(default=None, ge=0)
    """Of the grid or the contract; the catalogue's for the region when left out."""
    market: bool = False
    """Whether that counts contracts and certificates instead of the grid."""
    embodied: float = Field(default=0.0, ge=0)
    """kg for a GPU-hour from making the machines."""
    source: str = ""
    """Who published the figure."""
    year: int | None = None

    def grid(self) -> Grid | None:
        """`None` where the region's is to be taken."""
        if self.kg_per_kwh is None:
            return None
        return Grid(
            name="project",
            kg_per_kwh=self.kg_per_kwh,
            market=self.market,
            embodied=self.embodied,
            source=self.source or "[plan.energy]",
            year=self.year,
        )

    @model_validator(mode="after")
    def _says_whose_figure_it_is(self) -> Self:
        if self.kg_per_kwh is not None and not (self.source and self.year):
            raise ValueError("`kg_per_kwh` wants `source` and `year`: who published the figure, and of which year")
        return self


class ServingRecipe(Noun):
    """`[plan.serving]`: how the model will be used."""

    answers_per_month: Count = 0
    """0 where nobody knows: then break-even is told and nothing is multiplied."""
    prompt: Count = 1000
    """Tokens of a prompt with its passages."""
    answer: Count = 200
    at_once: int = Field(default=8, ge=1)
    """Answers that are written at the same time."""
    months: int = Field(default=12, ge=1)
    """Over which training is earned back."""
    offer: str = ""
    """Key of a price: the machine that answers. The cheapest that fits when left out."""
    bytes_per_weight: float = Field(default=2.0, gt=0)
    api_usd_in: float | None = Field(default=None, ge=0)
    api_usd_out: float | None = Field(default=None, ge=0)
    """What an external model asks for a million tokens; no price is built in."""

    @property
    def api_usd(self) -> float | None:
        """For an answer of the external model; `None` where its price is not known."""
        return usd_of_tokens(self.prompt, self.answer, self.api_usd_in, self.api_usd_out)


class PlanRecipe(Noun):
    """`[plan]`."""

    yen_per_dollar: float | None = Field(default=None, gt=0)
    rate_on: str = ""
    """Day of that rate, `2026-11-26`; wanted with it."""
    band: float | None = Field(default=None, ge=0, lt=1)
    """Share by which the rate may move until the bill comes."""
    tax: float = Field(default=0.1, ge=0, lt=1)
    """Consumption tax."""
    machines: int = Field(default=8, ge=1)
    """At most so many of a kind."""
    setup_minutes: float = Field(default=20.0, ge=0)
    """From the start of a machine to the first step; billed."""
    lead_days: float = Field(default=0.0, ge=0)
    """Approval and quota, before a machine can be started; for `--by`."""
    hours_reserved: float | None = Field(default=None, gt=0)
    """Of the window, on machines that can be reserved; as short as it can be when left out."""
    only: tuple[str, ...] = ()
    """Beginnings of the keys to look at: `["aws:p4d", "own:"]`; all when left out."""
    parameters: Count | None = None
    """Of the model, where its folder is not on this machine."""
    micro_batch: int = Field(default=1, ge=1)
    packing: float = Field(default=1.0, gt=0, le=1)
    """Share of what is computed that is tokens and not padding."""
    experiments: float | None = Field(default=None, ge=0)
    """For each yen of the training, so many on experiments and failed runs; 0.5 to 4.6 as published when left out."""
    storage_gb: float = Field(default=0.0, ge=0)
    storage_usd: float | None = Field(default=None, ge=0)
    """For a GB and month; not in the sum when left out."""
    egress_gb: float = Field(default=0.0, ge=0)
    egress_usd: float | None = Field(default=None, ge=0)
    """For a GB that leaves; not in the sum when left out."""
    energy: EnergyRecipe = EnergyRecipe()
    people: People = People()
    teacher: Calls = Calls()
    judge: Calls = Calls()
    serving: ServingRecipe = ServingRecipe()
    offers: tuple[Offer, ...] = ()
    hardware: tuple[Owned, ...] = ()
    cards: dict[str, Card] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _dates_the_rate(self) -> Self:
        if (self.yen_per_dollar is not None) != bool(self.rate_on):
            raise ValueError("`yen_per_dollar` and `rate_on` belong together: a rate is of a day")
        return self

    @field_validator("rate_on")
    @classmethod
    def _is_a_day(cls, written: str) -> str:
        if written:
            datetime.date.fromisoformat(written)
        return written

    @property
    def calls_yen(self) -> dict[str, float | None]:
        """Of teacher and judge; `None` where a price is missing."""
        rate = self.exchange.yen
        return {
            "teacher": None if self.teacher.usd is None else self.teacher.usd * rate,
            "judge": None if self.judge.usd is None else self.judge.usd * rate,
        }

    @property
    def besides_yen(self) -> float:
        """Data and people, as far as somebody has said them."""
        return sum(each or 0.0 for each in (*self.calls_yen.values(), self.people.yen))

    @property
    def exchange(self) -> Exchange:
        """The project's rate, or the catalogue's."""
        found = exchange()
        changes: dict[str, Any] = {} if self.band is None else {"band": self.band}
        if self.yen_per_dollar is not None:
            on = datetime.date.fromisoformat(self.rate_on)
            changes |= {"yen": self.yen_per_dollar, "on": on, "source": "[plan] yen_per_dollar"}
        return found.model_copy(update=changes)
