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
from .energy import IDLE, RESTING, Grid, Power, carbon, kwh
from .memory import Memory, Training, least_effort
from .price import WORLD, Exchange, Extras, Offer, exchange, grid_of, tax
from .span import Span
from .time import Hours, Work, hours, together

MONTH: Final = 730.0
"""Hours."""


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
    micro_batch: int = Field(default=1, ge=1)
    extras: Extras = Extras()
    utilisation: float = Field(default=1.0, gt=0, le=1)
    host: float = Field(default=1.0, ge=1)
    pue: float = Field(default=1.1, ge=1)
    watts: float | None = Field(default=None, gt=0)
    """Of all machines together at the plug, where somebody has metered that; goes before the cards' design power."""
    grid: Grid | None = None
    """Of the offer's region when left out."""


class Cost(Noun):
    """US$ and yen of the window; yen without tax, which stands beside it."""

    usd: float
    usd_low: float
    usd_high: float
    """At both ends of the price, and of the time where the window is as long as the work."""
    idle_usd: float
    """Paid for, and nothing is computed: setting up, what is left of the window, GPUs that no work uses. In `usd`."""
    storage_usd: float | None
    """In `usd` where it is known; `None` where it has no price."""
    egress_usd: float | None
    jpy: float
    jpy_low: float
    jpy_high: float
    """At both ends of the band of exchange too, where the price is in US$."""
    tax_jpy: float
    paid_jpy: Span
    """With tax."""
    parts_jpy: dict[str, float | None]
    """Of the middle of that; `None` what has no price."""
    machines: int
    billed_hours: float
    """Of each machine."""
    idle_gpu_hours: float
    """Of all machines: held, and nothing is computed."""
    term: Term
    cancellation: str
    """What the provider's rules say of giving it up."""
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
    """With what is held and idle; `None` where the card's power is not known."""
    kg: float | None
    embodied_kg: float | None
    """Of `kg`, for making the machines; `None` where nobody says."""
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
    idle = cost.idle_gpu_hours if cost else ask.setup_hours * ask.gpus
    energy = _energy(ask, found, time.total.mid, idle)
    sources = [found.source, *time.sources, f"model: {ask.model.source}"]
    sources += [f"{ask.offer.key}: {ask.offer.source}, {ask.offer.as_of}"] if ask.offer else []
    sources += [f"yen: {rate.yen:g} on {rate.on}, ± {rate.band:.0%}, {rate.source}"] if cost else []
    sources += [RESTING] if energy is not None else []
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
        embodied_kg=grid.embodied * time.total.mid if grid.embodied else None,
        sources=(*sources, f"carbon: {grid}"),
        warnings=(*_warnings(ask, cost, rate, today), *_unmeasured(ask, time, grid)),
        known=_known(ask, cost),
    )


def _known(ask: Ask, cost: Cost | None) -> dict[str, How]:
    """How each figure is known. Of a reserved window the dollars are quoted: a price times its hours."""
    figures = ("gpu_hours", "wall_hours", "hour_parts", "memory_gib", "energy_kwh", "co2_kg")
    known: dict[str, How] = dict.fromkeys(figures, "estimated")
    if cost is None or ask.offer is None:
        return known
    quoted: How = "quoted" if ask.hours_reserved else "estimated"
    yen: How = quoted if ask.offer.usd is None else "estimated"
    return {**known, "cost": quoted, "cost.usd": quoted, "cost.jpy": yen, "cost.idle_usd": "estimated"}


def _memory(ask: Ask) -> Memory:
    """Of the work that takes most."""
    return max((_memory_of(ask, work) for work in ask.works), key=lambda memory: memory.total)


def _memory_of(ask: Ask, work: Work) -> Memory:
    how = Training(
        method=work.method,
        optimiser=work.optimiser,
        shards=ask.gpus,
        sequence=work.sequence,
        micro_batch=ask.micro_batch,
    )
    return least_effort(ask.model, how, ask.gpu.gib)


def _cost(ask: Ask, wall: Span, rate: Exchange, tax_share: float) -> Cost:
    assert ask.offer is not None
    machines = math.ceil(ask.gpus / ask.offer.gpus.count)
    low, mid, high = (_bill(ask, used) for used in (wall.low, wall.mid, wall.high))
    held = mid.billed * machines * ask.offer.gpus.count
    idle_hours = held - max(0.0, min(mid.used, mid.billed) - ask.setup_hours) * ask.gpus
    idle = idle_hours / held if held else 0.0
    storage, egress = _extras(ask.extras, mid.billed)
    besides = (storage or 0.0) + (egress or 0.0)
    dollars = _billed(ask.offer.dollars(rate) * machines, low, mid, high)
    usd = dollars + Span.exactly(besides)
    rented = _billed(ask.offer.hourly(rate) * machines, low, mid, high)
    yen = rented + rate.yen_of(besides)
    of_rent = 1.0 if ask.offer.with_tax else 1 + tax_share
    paid = rented * of_rent + rate.yen_of(besides) * (1 + tax_share)
    return Cost(
        usd=usd.mid,
        usd_low=usd.low,
        usd_high=usd.high,
        idle_usd=dollars.mid * idle,
        storage_usd=storage,
        egress_usd=egress,
        jpy=yen.mid,
        jpy_low=yen.low,
        jpy_high=yen.high,
        tax_jpy=paid.mid - yen.mid,
        paid_jpy=paid,
        parts_jpy={
            "computing": rented.mid * of_rent * (1 - idle),
            "paid but idle": rented.mid * of_rent * idle,
            "storage": None if storage is None else rate.yen_of(storage).mid * (1 + tax_share),
            "egress": None if egress is None else rate.yen_of(egress).mid * (1 + tax_share),
        },
        machines=machines,
        billed_hours=mid.billed,
        idle_gpu_hours=idle_hours,
        term=mid.term,
        cancellation=RULES[mid.term].cancellation,
        enough=mid.enough,
        enough_at_worst=not (ask.hours_reserved or RULES[mid.term].steps) or wall.high <= mid.usable,
    )


def _billed(hourly: Span, low: Bill, mid: Bill, high: Bill) -> Span:
    return Span(low=hourly.low * low.billed, mid=hourly.mid * mid.billed, high=hourly.high * high.billed)


def _bill(ask: Ask, used: float) -> Bill:
    assert ask.offer is not None
    return bill(ask.offer.term, used, reserved=ask.hours_reserved)


def _extras(extras: Extras, billed: float) -> tuple[float | None, float | None]:
    storage = None if extras.storage_usd is None else extras.storage_gb * extras.storage_usd * billed / MONTH
    egress = None if extras.egress_usd is None else extras.egress_gb * extras.egress_usd
    return storage, egress


def _energy(ask: Ask, found: Card, gpu_hours: float, idle: float) -> float | None:
    """kWh of what computes, and of GPU-hours that are held and idle."""
    if ask.watts is not None:
        return ask.watts / 1000 * (gpu_hours + IDLE * idle) / ask.gpus
    if found.watts is None:
        return None
    busy = Power(watts=found.watts, utilisation=ask.utilisation, host=ask.host, pue=ask.pue)
    resting = busy.model_copy(update={"utilisation": min(IDLE, ask.utilisation)})
    return kwh(gpu_hours, busy).value + kwh(idle, resting).value


def _kg(energy: float, grid: Grid, gpu_hours: float) -> float:
    return carbon(Quantity(value=energy, unit="kWh", how="estimated"), grid, gpu_hours=gpu_hours).value


def _warnings(ask: Ask, cost: Cost | None, rate: Exchange, today: datetime.date) -> tuple[str, ...]:
    if ask.offer is None or cost is None:
        return ()
    told = [ask.offer.warning(today), rate.warning(today)]
    if not cost.enough:
        told += [f"the window of {cost.billed_hours:g} hours is shorter than the work"]
    elif not cost.enough_at_worst:
        told += ["the window is long enough by the middle figure, and too short by the upper one"]
    if unused := cost.machines * ask.offer.gpus.count - ask.gpus:
        told += [f"{unused} GPUs of the machines are paid for, and no work uses them"]
    if ask.offer.rented and (missing := ask.extras.missing):
        told += [f"{' and '.join(missing)} have no price here and are not in the sum: set them in [plan]"]
    if RULES[cost.term].prepaid:
        told += [f"{ask.offer.key}: {RULES[cost.term].cancellation}"]
    return tuple(each for each in told if each)


def _unmeasured(ask: Ask, time: Hours, grid: Grid) -> tuple[str, ...]:
    """Where a mean stands in for what nobody measured or published."""
    if grid.name != WORLD or ask.offer is None:
        return time.warnings
    told = f"no grid is known for `{ask.offer.region}`: the carbon is of the world's mean"
    return (*time.warnings, f"{told}; set kg_per_kwh in [plan.energy]")
