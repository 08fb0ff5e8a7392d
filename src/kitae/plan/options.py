"""Where a training could be done: the places that fit, the cheapest first, and why others fell out."""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from ..core.architecture import Architecture
from ..core.mistakes import Mistake
from .billing import RULES, Rule
from .cards import card
from .energy import Grid
from .estimate import Ask, Estimate, estimate
from .hidden import EXPERIMENTS
from .price import Extras, Offer, grid_of, yen_told
from .reason import Reason
from .recipe import PlanRecipe
from .span import Span
from .time import Work

DAY: Final = 24.0

LONGEST: Final = 365 * DAY
"""Hours. What takes longer is no plan, whatever it costs."""


MADE_AGAIN: Final = {"selective": "活性値の一部を計算し直せば", "full": "活性値を計算し直せば"}

AS_DEAR: Final = 0.1
"""More machines that are faster, and whose training is dearer by no more than this share, are told too."""

DECLARED: Final = "declared in [[places]]; others may need it too"

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
    parts: dict[str, float | None]
    """Of `whole`, at the middle figure; `None` what has no price. The sum of the others is `whole`."""
    kwh: float | None
    kg: float | None
    risk: str
    why_out: Reason | None = None
    """`None` while it fits."""
    at_worst: Reason | None = None
    """What speaks against it at the upper end alone."""
    faster: Option | None = None
    """The same on more machines, where that is about as dear."""
    estimate: Estimate | None = None
    """`None` for a place without GPUs."""
    offer: Offer | None = None

    @property
    def idle_yen(self) -> float:
        """Paid for, and nothing is computed; with tax."""
        return self.parts.get("paid but idle") or 0.0


@dataclass(frozen=True)
class Kind:
    """Machines of one kind."""

    offer: Offer
    most: int
    """So many there are."""
    works: Sequence[Work] | None = None
    """As they were learnt to take here; those of everywhere when left out."""
    whole: bool = False
    """Whether all of them train or none: a declared place is one thing."""
    watts: float | None = None
    """Of one at the plug, where somebody has metered that."""
    grid: Grid | None = None
    """Of the place; the region's when left out."""


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
    own: Sequence[Kind] = (),
    places: Sequence[Option] = (),
) -> tuple[list[Option], list[Option]]:
    """Those that fit, cheapest first, and those that fell out.

    Args:
        own: The project's places with GPUs.
        places: What was reckoned elsewhere: machines without GPUs.
    """
    found = [_option(model, works, recipe, wish, each) for each in _looked_at(recipe, own)]
    judged = [*found, *(_judged(each, wish, recipe) for each in places)]
    fitting = [each for each in judged if not each.why_out]
    judged = [_not_needed(each, fitting) for each in judged]
    fitting = sorted((each for each in judged if not each.why_out), key=lambda each: (each.whole.mid, each.hours.mid))
    return fitting, [each for each in judged if each.why_out]


def _looked_at(recipe: PlanRecipe, own: Sequence[Kind]) -> list[Kind]:
    """The catalogue's offers with the project's over them, what was bought, and the project's places."""
    rented = [Kind(each, recipe.machines) for each in recipe.known.values() if not each.superseded]
    hardware = [Kind(each.offer, each.machines) for each in recipe.hardware]
    known = [*rented, *hardware, *own]
    return [each for each in known if recipe.looks_at(each.offer.key)]


def ask_for(model: Architecture, works: Sequence[Work], recipe: PlanRecipe, kind: Kind, machines: int = 1) -> Ask:
    """What is asked of so many machines of a kind."""
    offer = kind.offer
    # What was bought is no window, and nothing leaves a provider.
    reserved = recipe.hours_reserved if offer.rented and offer.term != "spot" else None
    grid = kind.grid or grid_of(offer.region)
    return Ask(
        model=model,
        works=tuple(kind.works or works),
        gpu=offer.gpus,
        gpus=machines * offer.gpus.count,
        offer=offer,
        hours_reserved=reserved,
        setup_hours=recipe.setup_minutes / 60,
        micro_batch=recipe.micro_batch,
        extras=recipe.extras if offer.rented else Extras(),
        utilisation=recipe.energy.utilisation,
        host=recipe.energy.host,
        pue=recipe.energy.pue,
        watts=None if kind.watts is None else kind.watts * machines,
        grid=recipe.energy.over(grid),
    )


def experiments(recipe: PlanRecipe) -> Span:
    """For each yen of the training."""
    return EXPERIMENTS if recipe.experiments is None else Span.exactly(recipe.experiments)


def in_all(yen: Span, recipe: PlanRecipe) -> Span:
    """The training with experiments and failed runs, end by end, and with data and people as far as they are known."""
    times = experiments(recipe)
    tried = Span(low=yen.low * (1 + times.low), mid=yen.mid * (1 + times.mid), high=yen.high * (1 + times.high))
    return tried + Span.exactly(recipe.besides_yen)


def _option(model: Architecture, works: Sequence[Work], recipe: PlanRecipe, wish: Wish, kind: Kind) -> Option:
    """On the number of machines that costs least. Where something speaks against each: on the fewest of which only the
    budget does, else on the most."""
    counts = [kind.most] if kind.whole else _counts(kind.most)
    tried = [_on(machines, model, works, recipe, wish, kind) for machines in counts]
    fitting = [each for each in tried if not each.why_out]
    if not fitting:
        return next((each for each in tried if each.why_out == _too_dear(each, wish)), tried[-1])
    cheapest = min(fitting, key=lambda each: each.whole.mid)
    about = [each for each in fitting if each.yen.mid <= cheapest.yen.mid * (1 + AS_DEAR)]
    fastest = min(about, key=lambda each: each.hours.mid)
    return replace(cheapest, faster=None if fastest is cheapest else fastest)


def _on(
    machines: int, model: Architecture, works: Sequence[Work], recipe: PlanRecipe, wish: Wish, kind: Kind
) -> Option:
    ask = ask_for(model, works, recipe, kind, machines)
    try:
        return _judged(_as_option(kind.offer, machines, _estimated(ask, recipe, wish), recipe), wish, recipe)
    except Mistake as mistake:
        return _no_option(kind.offer, Reason(f"借りられない：{mistake.what}", mistake.what))


def _counts(most: int) -> list[int]:
    """1, 2, 4 … and the most."""
    return [*(2**power for power in range(most.bit_length()) if 2**power < most), most]


def _estimated(ask: Ask, recipe: PlanRecipe, wish: Wish) -> Estimate:
    return estimate(ask, rate=recipe.exchange, own_cards=recipe.cards, today=wish.today, tax_share=recipe.tax)


def _as_option(offer: Offer, machines: int, found: Estimate, recipe: PlanRecipe) -> Option:
    cost = found.cost
    assert cost is not None
    return Option(
        name=offer.key,
        what=f"{machines * offer.gpus.count} × {offer.gpus.card.upper()} {offer.gpus.gib} GB",
        hours=found.wall_hours,
        yen=cost.paid_jpy,
        whole=in_all(cost.paid_jpy, recipe),
        parts={**cost.parts_jpy, **hidden_parts(cost.paid_jpy, recipe)},
        kwh=found.kwh,
        kg=found.kg,
        risk=_risk(offer, RULES[cost.term]),
        estimate=found,
        offer=offer,
    )


def hidden_parts(yen: Span, recipe: PlanRecipe) -> dict[str, float | None]:
    """What comes to the bill of a training; `None` what nobody has said."""
    return {
        "experiments and failed runs": yen.mid * experiments(recipe).mid,
        **recipe.calls_yen,
        "people": recipe.people.yen,
    }


def _risk(offer: Offer, rule: Rule) -> str:
    if not offer.rented:
        return "the machines are there; others may need them too"
    if not offer.priced:
        return UNPRICED
    return DECLARED if offer.declared else rule.risk


def _no_option(offer: Offer, why: Reason) -> Option:
    nothing = Span.exactly(0.0)
    what = f"{offer.gpus.count} × {offer.gpus.card.upper()} {offer.gpus.gib} GB"
    return Option(offer.key, what, nothing, nothing, nothing, {}, None, None, "", why_out=why, offer=offer)


def _judged(option: Option, wish: Wish, recipe: PlanRecipe) -> Option:
    """With the first reason why it does not fit."""
    if option.why_out:
        return option
    if why := _unfit(option, recipe) or _too_late(option, wish, recipe) or _too_dear(option, wish):
        return replace(option, why_out=why)
    return replace(option, at_worst=_too_dear_at_worst(option, wish))


def _unfit(option: Option, recipe: PlanRecipe) -> Reason | None:
    """What the machine itself cannot do, or not within its window."""
    found, hours = option.estimate, option.hours.mid
    if found and not found.fits:
        need, has = found.memory.span.high, found.gpu.gib
        return Reason(
            f"メモリが足りない：GPU1枚に最大{need:,.0f} GiB要るが{has} GiBしかない",
            f"too little memory: up to {need:,.0f} GiB of {has} on each GPU",
        )
    if found and not card(found.gpu.card, recipe.cards).bfloat16:
        return Reason(
            "bfloat16を計算できない。float32では何倍も遅い",
            "the card has no bfloat16; in float32 it would be many times as slow",
        )
    if found and found.cost and not found.cost.enough:
        window = found.cost.billed_hours
        return Reason(f"{window:g}時間の枠に収まらない", f"the window of {window:g} hours is shorter than the work")
    if hours > LONGEST:
        return Reason(f"{hours / LONGEST:,.0f}年かかる", f"takes {hours / LONGEST:,.0f} years")
    return None


def _too_late(option: Option, wish: Wish, recipe: PlanRecipe) -> Reason | None:
    """When it would be ready, if that is later than wished. The upper end of the time counts."""
    if wish.by is None:
        return None
    ready = wish.today + datetime.timedelta(days=math.ceil(recipe.lead_days + option.hours.high / DAY))
    if ready <= wish.by:
        return None
    return Reason(f"{wish.by}に間に合わない：遅ければ{ready}", f"not ready by {wish.by}: {ready} at worst")


def _too_dear(option: Option, wish: Wish) -> Reason | None:
    if wish.budget_yen is None or option.whole.mid <= wish.budget_yen:
        return None
    over = yen_told(option.whole.mid - wish.budget_yen)
    return Reason(f"予算を{over}超える", f"over the budget by {over}")


def _too_dear_at_worst(option: Option, wish: Wish) -> Reason | None:
    if wish.budget_yen is None or option.whole.high <= wish.budget_yen:
        return None
    over = yen_told(option.whole.high - wish.budget_yen)
    return Reason(f"悪ければ予算を{over}超える", f"over the budget at worst: by {over}")


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
            less = 1 - other.yen.mid / option.yen.mid
            by, by_ja = ("", "") if how == "none" else (f" with {how} activation checkpointing", MADE_AGAIN[how])
            why = Reason(
                f"要らない：{by_ja}{smaller.gpu.gib} GBで足り、この価格では{less:.0%}安い",
                f"not needed: {smaller.gpu.gib} GB fits{by}, {less:.0%} less at these prices",
            )
            return replace(option, why_out=why)
    return option


def _market(option: Option) -> tuple[str, str, str]:
    """Provider, region and term: what is compared is the card alone."""
    parts = [*option.name.split(":"), "", "", ""]
    return parts[0], parts[2], parts[3]
