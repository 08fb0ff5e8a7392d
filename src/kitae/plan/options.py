"""Where a training could be done: the places that fit, the cheapest first, and why others fell out."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ..core.architecture import Architecture
from ..core.mistakes import Mistake
from .billing import RULES
from .cards import Card, card
from .estimate import Ask, Estimate, Extras, estimate
from .hidden import EXPERIMENTS
from .price import Offer, offers
from .recipe import PlanRecipe
from .span import Span
from .time import Work

DAY: Final = 24.0

LONGEST: Final = 365 * DAY
"""Hours. What takes longer is no plan, whatever it costs."""


UNPRICED: Final = "no price is set: right for a machine that is paid for anyway"


@dataclass(frozen=True)
class Option:
    """A place where the training could be done."""

    name: str
    """Key of its price, or the place's name."""
    what: str
    """`16 × A100 40 GB`, in words for a table."""
    hours: Span
    """From its start to the end of the last step."""
    yen: Span
    """Of the window with tax, at both ends of time and exchange."""
    whole: Span
    """With experiments and failed runs, data and people."""
    idle_yen: float
    kwh: float | None
    kg: float | None
    risk: str
    why_out: str = ""
    """Empty while it fits."""
    estimate: Estimate | None = None
    """`None` for a place without GPUs."""


@dataclass(frozen=True)
class Wish:
    """What limits the choice."""

    today: datetime.date
    by: datetime.date | None = None
    budget_yen: float | None = None


def options(
    model: Architecture,
    works: Sequence[Work],
    recipe: PlanRecipe,
    wish: Wish,
    *,
    own: Sequence[tuple[Offer, int]] = (),
    places: Sequence[Option] = (),
) -> tuple[list[Option], list[Option]]:
    """Those that fit, cheapest first, and those that fell out.

    Args:
        own: Offers of the project's places, and how many machines each has.
        places: What was reckoned elsewhere: machines without GPUs.
    """
    found = [_option(model, works, recipe, wish, each, most) for each, most in _looked_at(recipe, own)]
    judged = [*found, *(_judged(each, wish, recipe) for each in places)]
    fitting = [each for each in judged if not each.why_out]
    judged = [_not_needed(each, fitting) for each in judged]
    fitting = sorted((each for each in judged if not each.why_out), key=lambda each: (each.whole.mid, each.hours.mid))
    return fitting, [each for each in judged if each.why_out]


def _looked_at(recipe: PlanRecipe, own: Sequence[tuple[Offer, int]]) -> list[tuple[Offer, int]]:
    """The catalogue's offers with the project's over them, and how many machines there are of each."""
    rented = {**offers(), **{each.key: each for each in recipe.offers}}
    hardware = [(each.offer(recipe.exchange), each.machines) for each in recipe.hardware]
    known = [*((each, recipe.machines) for each in rented.values() if not each.superseded), *hardware, *own]
    return [(each, most) for each, most in known if not recipe.only or each.key.startswith(recipe.only)]


def ask_for(model: Architecture, works: Sequence[Work], recipe: PlanRecipe, offer: Offer, machines: int = 1) -> Ask:
    """What is asked of a kind of machine."""
    reserved = recipe.hours_reserved if offer.term != "spot" else None
    extras = {key: getattr(recipe, key) for key in Extras.model_fields}
    return Ask(
        model=model,
        works=tuple(works),
        gpu=offer.gpus,
        gpus=machines * offer.gpus.count,
        offer=offer,
        hours_reserved=reserved,
        setup_hours=recipe.setup_minutes / 60,
        micro_batch=recipe.micro_batch,
        extras=Extras.model_validate(extras),
        utilisation=recipe.energy.utilisation,
        host=recipe.energy.host,
        pue=recipe.energy.pue,
        grid=recipe.energy.grid(),
    )


def experiments(recipe: PlanRecipe) -> Span:
    """For each yen of the training."""
    return EXPERIMENTS if recipe.experiments is None else Span.exactly(recipe.experiments)


def in_all(yen: Span, recipe: PlanRecipe) -> Span:
    """The training with experiments and failed runs, end by end, and with data and people as far as they are known."""
    times = experiments(recipe)
    tried = Span(low=yen.low * (1 + times.low), mid=yen.mid * (1 + times.mid), high=yen.high * (1 + times.high))
    return tried + Span.exactly(recipe.besides_yen)


def _option(
    model: Architecture, works: Sequence[Work], recipe: PlanRecipe, wish: Wish, offer: Offer, most: int
) -> Option:
    """On as few machines as nothing speaks against; as many as are allowed where something always does."""
    tried = None
    for machines in _counts(most):
        ask = ask_for(model, works, recipe, offer, machines)
        try:
            tried = _judged(_as_option(offer, machines, _estimated(ask, recipe, wish), recipe), wish, recipe)
        except Mistake as mistake:
            tried = _no_option(offer, mistake.what)
        if not tried.why_out:
            return tried
    assert tried is not None
    return tried


def _counts(most: int) -> list[int]:
    """1, 2, 4 … and the most."""
    return [*(2**power for power in range(most.bit_length()) if 2**power < most), most]


def _estimated(ask: Ask, recipe: PlanRecipe, wish: Wish) -> Estimate:
    return estimate(ask, rate=recipe.exchange, own_cards=_cards(recipe), today=wish.today, tax_share=recipe.tax)


def _cards(recipe: PlanRecipe) -> Mapping[str, Card]:
    return recipe.cards


def _as_option(offer: Offer, machines: int, found: Estimate, recipe: PlanRecipe) -> Option:
    cost = found.cost
    assert cost is not None
    taxed = Span(low=cost.jpy_low, mid=cost.jpy, high=cost.jpy_high) * (1 + recipe.tax)
    if offer.key.startswith("own:"):
        # Its figures are yen, with tax.
        yen = Span(low=cost.usd_low, mid=cost.usd, high=cost.usd_high) * recipe.exchange.yen
        taxed = yen
    return Option(
        name=offer.key,
        what=f"{machines * offer.gpus.count} × {offer.gpus.card.upper()} {offer.gpus.gib} GB",
        hours=found.wall_hours,
        yen=taxed,
        whole=in_all(taxed, recipe),
        idle_yen=cost.idle_usd * recipe.exchange.yen,
        kwh=found.kwh,
        kg=found.kg,
        risk=RULES[cost.term].risk if offer.usd else UNPRICED,
        estimate=found,
    )


def _no_option(offer: Offer, why: str) -> Option:
    nothing = Span.exactly(0.0)
    what = f"{offer.gpus.count} × {offer.gpus.card.upper()} {offer.gpus.gib} GB"
    return Option(offer.key, what, nothing, nothing, nothing, 0.0, None, None, "", why_out=why)


def _judged(option: Option, wish: Wish, recipe: PlanRecipe) -> Option:
    """With the first reason why it does not fit."""
    found = option.estimate
    if option.why_out:
        return option
    if found and not found.fits:
        need, has = found.memory.span.high, found.gpu.gib
        return replace(option, why_out=f"too little memory: up to {need:,.0f} GiB of {has} on each GPU")
    if found and not card(found.gpu.card, recipe.cards).bfloat16:
        return replace(option, why_out="the card has no bfloat16; in float32 it would be many times as slow")
    if found and found.cost and not found.cost.enough:
        return replace(option, why_out=f"the window of {found.cost.billed_hours:g} hours is shorter than the work")
    if option.hours.mid > LONGEST:
        return replace(option, why_out=f"takes {option.hours.mid / LONGEST:,.0f} years")
    if late := _too_late(option, wish, recipe):
        return replace(option, why_out=f"not ready by {wish.by}: {late}")
    if wish.budget_yen is not None and option.whole.mid > wish.budget_yen:
        return replace(option, why_out=f"over the budget by ¥{option.whole.mid - wish.budget_yen:,.0f}")
    return option


def _too_late(option: Option, wish: Wish, recipe: PlanRecipe) -> str:
    """When it would be ready, if that is later than wished. The upper end of the time counts."""
    if wish.by is None:
        return ""
    ready = wish.today + datetime.timedelta(days=math.ceil(recipe.lead_days + option.hours.high / DAY))
    return f"{ready} at worst" if ready > wish.by else ""


def _not_needed(option: Option, fitting: Sequence[Option]) -> Option:
    """Larger cards fall out where smaller ones of the same kind, provider and region do for less."""
    found = option.estimate
    if option.why_out or found is None:
        return option
    for other in fitting:
        smaller = other.estimate
        if smaller is None or smaller.gpu.card != found.gpu.card or smaller.gpu.gib >= found.gpu.gib:
            continue
        if smaller.gpus == found.gpus and _market(other) == _market(option) and other.yen.mid < option.yen.mid:
            how = smaller.memory.checkpointing
            by = "" if how == "none" else f" with {how} activation checkpointing"
            less = 1 - other.yen.mid / option.yen.mid
            why = f"not needed: {smaller.gpu.gib} GB fits{by}, {less:.0%} less at these prices"
            return replace(option, why_out=why)
    return option


def _market(option: Option) -> tuple[str, str, str]:
    """Provider, region and term: what is compared is the card alone."""
    parts = [*option.name.split(":"), "", "", ""]
    return parts[0], parts[2], parts[3]
