"""What a person may say about a plan: `[plan]` of kitae.toml. Whatever is left out is taken from the catalogue."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any, Final, Self

from pydantic import Field, field_validator, model_validator

from ..core.mistakes import Mistake, nearest
from ..core.noun import Noun
from ..core.quantity import Count
from ..gate.policy import Endpoint, parse_gpu
from .cards import Card
from .energy import PUE, Grid
from .hidden import Calls, People, check_priced_once, usd_of_tokens
from .price import Exchange, Extras, Offer, aged, as_value_error, earliest, exchange, offers, stale

LONGEST_LEAD: Final = 3650.0
"""Days. What takes longer to be allowed is no plan, and no calendar has the day."""


def begun(as_of: str) -> str:
    """The same where that year, month or day has begun.

    Raises:
        ValueError: it is no date, or it is still to come: a price of that day would never be told to be old.
    """
    with as_value_error():
        first = earliest(as_of)
    # Somewhere it is tomorrow already.
    if first > datetime.date.today() + datetime.timedelta(days=1):
        raise ValueError(f"`{as_of}` is still to come; write of which day the price is")
    return as_of


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

    @property
    def offer(self) -> Offer:
        """As if it was rented."""
        return Offer(
            key=f"own:{self.name}:",
            gpu=self.gpu,
            yen=self.yen_per_hour,
            with_tax=True,
            as_of=self.as_of,
            source="[[plan.hardware]]: depreciation, power and staff",
        )

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        begun(self.as_of)
        with as_value_error():
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
    power_source: str = ""
    """Where the power comes from: `solar, by contract`."""
    hours: str = ""
    """Which hours that figure is of: `9 to 17`; all when left out."""
    source: str = ""
    """Who published the figure."""
    year: int | None = None

    def over(self, region: Grid) -> Grid:
        """The region's grid, with what is known better."""
        changes: dict[str, Any] = {"embodied": self.embodied}
        if self.kg_per_kwh is not None:
            said = ("kg_per_kwh", "market", "power_source", "hours", "source", "year")
            changes |= {"name": "project", **{key: getattr(self, key) for key in said}}
        return region.model_copy(update=changes)

    @model_validator(mode="after")
    def _says_whose_figure_it_is(self) -> Self:
        if self.kg_per_kwh is None and (self.market or self.power_source or self.hours):
            raise ValueError("`market`, `power_source` and `hours` tell about `kg_per_kwh`: write that figure too")
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
    """What an external model asks for a million tokens, before tax; no price is built in."""
    endpoint: str = ""
    """Name of the `[endpoints]` that is this model: its `price_in` and `price_out` count instead."""
    worksheet: str = ""
    """A page that `kitae plan worksheet` wrote and a team filled in: how many answers a month, and their worth."""

    @model_validator(mode="after")
    def _is_priced_once(self) -> Self:
        check_priced_once(self.endpoint, self.api_usd_in, self.api_usd_out)
        return self

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
    lead_days: float = Field(default=0.0, ge=0, le=LONGEST_LEAD)
    """Approval and quota, before a machine can be started; for `--by`."""
    hours_reserved: float | None = Field(default=None, gt=0)
    """Of the window, on machines that can be reserved; as short as it can be when left out."""
    only: tuple[str, ...] = ()
    """Beginnings of the keys to look at: `["aws:p4d", "own:"]`; all when left out."""
    as_written: bool = False
    """Whether `parameters` and the budget are meant, though they look like slips."""
    parameters: Count | None = None
    """Of the model, where its folder is not on this machine."""
    active: Count | None = None
    """Of these, what a token passes in a mixture of experts; all when left out."""
    micro_batch: int = Field(default=1, ge=1)
    packing: float = Field(default=1.0, gt=0, le=1)
    """Share of what is computed that is tokens and not padding."""
    checkpoints: int = Field(default=0, ge=0)
    """Of each course, for which training stands still."""
    checkpoint_seconds: float = Field(default=0.0, ge=0)
    """For each of them."""
    tokenise_minutes: float = Field(default=0.0, ge=0)
    """That the machines wait for text to become tokens; kitae does that before."""
    lost: float | None = Field(default=None, ge=0, lt=1)
    """Share of the hours that waiting, restarts and slow machines cost at most; 0.25 when left out."""
    experiments: float | None = Field(default=None, ge=0)
    """For each yen of the training, so many on experiments and failed runs; 0.5 to 4.6 as published when left out."""
    as_of: str = ""
    """When the prices of storage, egress, API, teacher and judge were asked for: `2026-11-26`."""
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

    @model_validator(mode="after")
    def _says_how_much_is_stored_and_sent(self) -> Self:
        for name in ("storage", "egress"):
            if getattr(self, f"{name}_usd") and not getattr(self, f"{name}_gb"):
                raise ValueError(f"`{name}_usd` is the price of a GB: write `{name}_gb` too")
        return self

    @model_validator(mode="after")
    def _says_what_a_token_passes(self) -> Self:
        if self.active is not None and not 0 < self.active <= (self.parameters or 0):
            raise ValueError("`active` belongs to `parameters`, and is no more than these")
        return self

    @field_validator("as_of")
    @classmethod
    def _is_a_date(cls, written: str) -> str:
        return begun(written) if written else written

    @field_validator("rate_on")
    @classmethod
    def _is_a_day(cls, written: str) -> str:
        return begun(datetime.date.fromisoformat(written).isoformat()) if written else written

    @field_validator("offers", "hardware")
    @classmethod
    def _has_one_price_each(cls, found: tuple[Any, ...]) -> tuple[Any, ...]:
        names = [each.key if isinstance(each, Offer) else each.name for each in found]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"`{min(twice)}` stands there twice, and one of the two would be forgotten")
        for each in found:
            begun(each.as_of)
        return found

    def looks_at(self, key: str) -> bool:
        """Whether a price of this key is among those of `only`."""
        return not self.only or key.startswith(self.only)

    def check_only(self, places: Iterable[str]) -> None:
        """
        Args:
            places: Names of the project's places.

        Raises:
            Mistake: a beginning of `only` is of no key.
        """
        keys = [key for key, each in self.known.items() if not each.superseded]
        keys += [each.offer.key for each in self.hardware] + [f"place:{name}:" for name in places]
        for begin in self.only:
            if not any(key.startswith(begin) for key in keys):
                hint = nearest(begin, {key[: len(begin)] for key in keys})
                raise Mistake(f"no price has a key that begins with `{begin}`", where="only of [plan]", hint=hint)

    @property
    def known(self) -> dict[str, Offer]:
        """The catalogue's offers by key, with the project's over them."""
        return {**offers(), **{each.key: each for each in self.offers}}

    @property
    def extras(self) -> Extras:
        """Storage and egress."""
        return Extras.model_validate({key: getattr(self, key) for key in Extras.model_fields})

    @property
    def calls_yen(self) -> dict[str, float | None]:
        """Of teacher and judge; `None` where a price is missing."""
        calls = {"teacher": self.teacher.usd, "judge": self.judge.usd}
        return {name: None if usd is None else self.taxed(usd) for name, usd in calls.items()}

    def taxed(self, usd: float) -> float:
        """Yen with tax."""
        return self.exchange.yen_of(usd).mid * (1 + self.tax)

    @property
    def api_yen(self) -> float | None:
        """With tax, for an answer of the external model; `None` where its price is not known."""
        return None if self.serving.api_usd is None else self.taxed(self.serving.api_usd)

    def warnings(self, today: datetime.date) -> list[str]:
        """Of the prices that have no date of their own: which are old, or of a day that nobody wrote down."""
        said = {
            "storage": self.storage_usd,
            "egress": self.egress_usd,
            "the API": self.serving.api_usd,
            "the teacher": self.teacher.usd,
            "the judge": self.judge.usd,
        }
        names = ", ".join(name for name, usd in said.items() if usd)
        if not names:
            return []
        if not self.as_of:
            return [f"of which day the prices of {names} are is not said: write as_of in [plan]"]
        return [f"the prices of {names} are {aged(self.as_of, today)}"] if stale(self.as_of, today) else []

    def priced_by(self, endpoints: Mapping[str, Endpoint]) -> Self:
        """With what the endpoints ask that are named here; yen become dollars at this recipe's rate.

        Raises:
            Mistake: there is no endpoint of a name, or it says no price.
        """
        changes: dict[str, Noun] = {}
        if name := self.serving.endpoint:
            read, written = self._asked_by(name, endpoints, "endpoint of [plan.serving]")
            changes["serving"] = self.serving.model_copy(update={"api_usd_in": read, "api_usd_out": written})
        for table, calls in (("teacher", self.teacher), ("judge", self.judge)):
            if calls.endpoint:
                read, written = self._asked_by(calls.endpoint, endpoints, f"endpoint of [plan.{table}]")
                changes[table] = calls.model_copy(update={"usd_in": read, "usd_out": written})
        return self.model_copy(update=changes)

    def _asked_by(self, name: str, endpoints: Mapping[str, Endpoint], where: str) -> tuple[float, float]:
        """Dollars for a million tokens, in and out."""
        if name not in endpoints:
            raise Mistake(f"there is no endpoint `{name}`", where=where, hint=nearest(name, endpoints))
        found = endpoints[name]
        if found.price_in is None or found.price_out is None:
            hint = f'write `price_in = "$2"` and `price_out = "$8"` (for a million tokens) into [endpoints.{name}]'
            raise Mistake(f"the endpoint `{name}` says no price", where=where, hint=hint)
        rate = self.exchange.yen if found.price_in.currency == "JPY" else 1.0
        return float(found.price_in.amount) / rate, float(found.price_out.amount) / rate

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
