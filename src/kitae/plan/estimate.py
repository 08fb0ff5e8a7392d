"""One training on one kind of machine: memory, then time, then price, then energy."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from typing import Final

from pydantic import Field

from ..core.architecture import Architecture
from ..core.noun import Noun
from ..core.quantity import How, Quantity
from ..gate.policy import Gpu
from .billing import RULES, Bill, Term, bill
from .cards import Card, card
from .energy import Grid, Power, carbon, kwh
from .memory import Memory, Training, Updating, least_effort
from .price import Exchange, Offer, exchange, grid_of, tax
from .span import Span
from .time import Work, hours, together

MONTH: Final = 730.0
"""Hours."""


class Extras(Noun):
    """What a provider charges besides machines. `None` where nobody has said the price: then it is not in the sum."""

    storage_gb: float = Field(default=0.0, ge=0)
    storage_usd: float | None = Field(default=None, ge=0)
    """For a GB and month."""
    egress_gb: float = Field(default=0.0, ge=0)
    egress_usd: float | None = Field(default=None, ge=0)
    """For a GB that leaves."""


class Ask(Noun):
    """What is to be estimated."""

    model: Architecture
    works: tuple[Work, ...] = Field(min_length=1)
    """One after another, in one window."""
    gpu: Gpu
    """Card and memory; `count` is how many one machine has."""
    gpus: int = Field(ge=1)
    """In all."""
    offer: Offer | None = None
    """At which price; without one nothing is said of money."""
    hours_reserved: float | None = Field(default=None, gt=0)
    """Of the window; as long as the work takes when left out."""
    setup_hours: float = Field(default=0.0, ge=0)
    """From the start of a machine to the first step."""
    optimiser: Updating = "adamw"
    micro_batch: int = Field(default=1, ge=1)
    extras: Extras = Extras()
    utilisation: float = Field(default=1.0, gt=0, le=1)
    host: float = Field(default=1.0, ge=1)
    pue: float = Field(default=1.1, ge=1)
    grid: Grid | None = None
    """Of the offer's region when left out."""


class Cost(Noun):
    """US$ and yen of the window; yen without tax, which stands beside it."""

    usd: float
    usd_low: float
    usd_high: float
    """At both ends of the time, where the window is as long as the work; else the same."""
    idle_usd: float
    """Paid for, and nothing is computed: setting up, and what is left of the window. In `usd`."""
    storage_usd: float | None
    """In `usd` where it is known; `None` where it has no price."""
    egress_usd: float | None
    jpy: float
    jpy_low: float
    jpy_high: float
    """At both ends of the band of exchange, and of the time."""
    tax_jpy: float
    machines: int
    billed_hours: float
    """Of each machine."""
    term: Term
    enough: bool
    """Whether the work fits into the window at its middle figure."""
    enough_at_worst: bool


class Estimate(Noun):
    """What one training takes."""

    gpu_hours: Span
    wall_hours: Span
    hour_parts: dict[str, Span]
    memory: Memory
    fits: bool
    gpus: int
    gpu: Gpu
    cost: Cost | None
    kwh: float | None
    """`None` where the card's power is not known."""
    kg: float | None
    sources: tuple[str, ...]
    warnings: tuple[str, ...]
    known: dict[str, How]


def estimate(
    ask: Ask,
    *,
    rate: Exchange | None = None,
    own_cards: Mapping[str, Card] | None = None,
    today: datetime.date | None = None,
    tax_share: float | None = None,
) -> Estimate:
    """Memory, time, price and energy of one training.

    Args:
        rate: Yen for a dollar; the catalogue's when left out.
        own_cards: What the project says of cards.
        today: For the age of prices.

    Raises:
        Mistake: nothing is known of the card, or the window is not for sale.
    """
    found, rate, today = card(ask.gpu.card, own_cards), rate or exchange(), today or datetime.date.today()
    memory = _memory(ask)
    time = together([hours(ask.model, work, found, gpus=ask.gpus) for work in ask.works])
    wall = time.total * (1 / ask.gpus) + Span.exactly(ask.setup_hours)
    cost = _cost(ask, wall, rate, tax() if tax_share is None else tax_share) if ask.offer else None
    grid = ask.grid or grid_of(ask.offer.region if ask.offer else "")
    energy = _energy(ask, found, time.total.mid)
    sources = [found.source, *time.sources, f"model: {ask.model.source}"]
    sources += [f"{ask.offer.key}: {ask.offer.source}, {ask.offer.as_of}"] if ask.offer else []
    sources += [f"yen: {rate.yen:g} on {rate.on}, ± {rate.band:.0%}, {rate.source}"] if cost else []
    return Estimate(
        gpu_hours=time.total,
        wall_hours=wall,
        hour_parts=time.parts,
        memory=memory,
        fits=memory.fits(ask.gpu.gib),
        gpus=ask.gpus,
        gpu=ask.gpu,
        cost=cost,
        kwh=energy,
        kg=None if energy is None else _kg(energy, grid, time.total.mid),
        sources=(*sources, f"carbon: {grid}"),
        warnings=_warnings(ask, cost, rate, today),
        known=_known(ask),
    )


def _known(ask: Ask) -> dict[str, How]:
    """How each figure is known. Of a reserved window the dollars are quoted: a price times its hours."""
    quoted: How = "quoted" if ask.hours_reserved else "estimated"
    estimated = ("gpu_hours", "wall_hours", "memory_gib", "energy_kwh", "co2_kg", "cost.jpy", "cost.idle_usd")
    return {**dict.fromkeys(estimated, "estimated"), "cost": quoted, "cost.usd": quoted}


def _memory(ask: Ask) -> Memory:
    """Of the work that takes most."""
    return max((_memory_of(ask, work) for work in ask.works), key=lambda memory: memory.total)


def _memory_of(ask: Ask, work: Work) -> Memory:
    how = Training(
        method=work.method,
        optimiser=ask.optimiser,
        shards=ask.gpus,
        sequence=work.sequence,
        micro_batch=ask.micro_batch,
    )
    return least_effort(ask.model, how, ask.gpu.gib)


def _cost(ask: Ask, wall: Span, rate: Exchange, tax_share: float) -> Cost:
    assert ask.offer is not None
    machines = math.ceil(ask.gpus / ask.offer.gpus.count)
    low, mid, high = (_bill(ask, used) for used in (wall.low, wall.mid, wall.high))
    hourly = machines * ask.offer.usd
    storage, egress = _extras(ask.extras, mid.billed)
    besides = (storage or 0.0) + (egress or 0.0)
    usd, usd_low, usd_high = (hourly * each.billed + besides for each in (mid, low, high))
    return Cost(
        usd=usd,
        usd_low=usd_low,
        usd_high=usd_high,
        idle_usd=hourly * min(mid.idle + ask.setup_hours, mid.billed),
        storage_usd=storage,
        egress_usd=egress,
        jpy=rate.yen_of(usd)[1],
        jpy_low=rate.yen_of(usd_low)[0],
        jpy_high=rate.yen_of(usd_high)[2],
        tax_jpy=rate.yen_of(usd)[1] * tax_share,
        machines=machines,
        billed_hours=mid.billed,
        term=mid.term,
        enough=mid.enough,
        enough_at_worst=not (ask.hours_reserved or RULES[mid.term].steps) or wall.high <= mid.usable,
    )


def _bill(ask: Ask, used: float) -> Bill:
    assert ask.offer is not None
    return bill(ask.offer.term, used, reserved=ask.hours_reserved)


def _extras(extras: Extras, billed: float) -> tuple[float | None, float | None]:
    storage = None if extras.storage_usd is None else extras.storage_gb * extras.storage_usd * billed / MONTH
    egress = None if extras.egress_usd is None else extras.egress_gb * extras.egress_usd
    return storage, egress


def _energy(ask: Ask, found: Card, gpu_hours: float) -> float | None:
    if found.watts is None:
        return None
    power = Power(watts=found.watts, utilisation=ask.utilisation, host=ask.host, pue=ask.pue)
    return kwh(gpu_hours, power).value


def _kg(energy: float, grid: Grid, gpu_hours: float) -> float:
    return carbon(Quantity(value=energy, unit="kWh", how="estimated"), grid, gpu_hours=gpu_hours).value


def _warnings(ask: Ask, cost: Cost | None, rate: Exchange, today: datetime.date) -> tuple[str, ...]:
    if ask.offer is None or cost is None:
        return ()
    told = [ask.offer.warning(today)]
    days = (today - rate.on).days
    told += [f"the exchange rate is {days} days old"] if days > 90 else []
    if not cost.enough:
        told += [f"the window of {cost.billed_hours:g} hours is shorter than the work"]
    elif not cost.enough_at_worst:
        told += ["the window is long enough by the middle figure, and too short by the upper one"]
    if cost.storage_usd is None or cost.egress_usd is None:
        told += ["storage and egress have no price here and are not in the sum"]
    if RULES[cost.term].prepaid:
        told += [f"{ask.offer.key}: {RULES[cost.term].cancellation}"]
    return tuple(each for each in told if each)
