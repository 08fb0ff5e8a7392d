"""`kitae plan estimate`: what a training takes, from a few figures."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import get_args

from rich.console import Console

from ..core.amount import parse_amount
from ..core.mistakes import Mistake, nearest
from ..core.quantity import Money, parse_number
from ..core.spelled import money, number
from ..gate.policy import Gpu, parse_gpu
from ..plan.architecture import typical
from ..plan.estimate import Ask, Cost, Estimate
from ..plan.estimate import estimate as reckon
from ..plan.memory import Memory
from ..plan.price import Exchange, Offer, grid_of, offer, yen_told
from ..plan.recipe import PlanRecipe
from ..plan.slips import Asked, check
from ..plan.span import Span
from ..plan.time import Work
from ..project import FILE, Project
from ..train.recipe import Method, Optimiser
from .plan_outputs import MemoryLine, PlanEstimateOutput
from .printing import emit, wrapping

NODE = 8
"""GPUs of a machine, where no price says how many it has."""


@dataclass(frozen=True)
class Arguments:
    """As they were written."""

    params: str
    tokens: str
    gpu: str
    gpus: int
    active: str = ""
    price: str = ""
    method: str = "full"
    optimiser: str = "adamw"
    sequence: int = 4096
    hours_reserved: float | None = None
    fx: float | None = None
    as_written: bool = False


def recipe_of(folder: Path) -> PlanRecipe:
    """`[plan]` of the project there; an empty one where there is none.

    Raises:
        Mistake: kitae.toml cannot be read.
    """
    return Project(folder).file.plan if (folder / FILE).is_file() else PlanRecipe()


def read(written: Arguments, recipe: PlanRecipe) -> Ask:
    """The arguments as what is asked.

    Raises:
        Mistake: a number, card, price or method that cannot be read, or a price of another card.
    """
    found = _offer(written.price, recipe) if written.price else None
    one = _card(written.gpu, found.gpus.count if found else min(NODE, written.gpus))
    if found and (found.gpus.card, found.gpus.gib) != (one.card, one.gib):
        theirs = f"{found.gpus.card}-{found.gpus.gib}"
        what = f"{written.price} has {theirs}, not {written.gpu}"
        raise Mistake(what, where="--price and --gpu", hint=f"write --gpu {theirs}")
    work = Work.model_validate(
        {
            "tokens": float(parse_amount(written.tokens, "tokens", where="--tokens").value),
            "method": _one_of(written.method, get_args(Method), "--method"),
            "optimiser": _one_of(written.optimiser, get_args(Optimiser), "--optimiser"),
            "sequence": written.sequence,
            "packing": recipe.packing,
            "lost": recipe.lost,
        }
    )
    parameters = float(parse_amount(written.params, "parameters", where="--params").value)
    active = float(parse_amount(written.active, "parameters", where="--active").value) if written.active else None
    if not parameters:
        raise Mistake("a model of no parameters", where="--params", hint="write for example 7B")
    if active is not None and not 0 < active <= parameters:
        raise Mistake("a token passes at most all parameters", where="--active", hint="leave it out for all of them")
    reserved = written.hours_reserved
    if reserved is not None and not parse_number(reserved, where="--hours-reserved"):
        raise Mistake("a window of no hours", where="--hours-reserved", hint="leave it out, or write how long it is")
    region = found.region if found else ""
    return Ask(
        model=typical(parameters, active),
        works=(work,),
        gpu=one,
        gpus=written.gpus,
        offer=found,
        hours_reserved=reserved,
        micro_batch=recipe.micro_batch,
        extras=recipe.extras,
        utilisation=recipe.energy.utilisation,
        host=recipe.energy.host,
        pue=recipe.energy.pue,
        grid=recipe.energy.over(grid_of(region)),
    )


def _offer(key: str, recipe: PlanRecipe) -> Offer:
    own = {each.key: each for each in (*recipe.offers, *(each.offer for each in recipe.hardware))}
    return offer(key, own)


def _one_of(written: str, known: tuple[str, ...], where: str) -> str:
    if written not in known:
        raise Mistake(f"`{written}` is not known", where=where, hint=nearest(written, known))
    return written


def estimate(folder: Path, written: Arguments, *, as_json: bool) -> None:
    """
    Args:
        folder: Where kitae.toml may be: its `[plan]` goes before the catalogue.

    Raises:
        Mistake: a figure cannot be read or is probably a slip, nothing is known of the card, or the window is not for
            sale.
    """
    recipe = recipe_of(folder)
    ask, rate = read(written, recipe), recipe.exchange
    work = ask.works[0]
    whole = work.method == "full"
    asked = Asked(ask.model.parameters, ask.gpus, ask.gpu.gib, ask.gpu.card, tokens=work.tokens, whole=whole)
    if not (written.as_written or recipe.as_written):
        check(asked, where="kitae plan estimate")
    if written.fx is not None:
        yen = float(parse_number(written.fx, where="--fx"))
        rate = rate.model_copy(update={"yen": yen, "on": datetime.date.today(), "source": "as you said"})
    found = reckon(ask, rate=rate, own_cards=recipe.cards, tax_share=recipe.tax)
    output = PlanEstimateOutput(
        gpu_hours=found.gpu_hours,
        wall_hours=found.wall_hours,
        hour_parts=found.hour_parts,
        memory_gib=memory_line(found.memory, fits=found.fits),
        cost=found.cost,
        energy_kwh=found.kwh,
        co2_kg=found.kg,
        embodied_kg=found.embodied_kg,
        sources=found.sources,
        warnings=found.warnings,
        known=found.known,
    )
    emit(output, as_json=as_json, text=lambda console: _tell(console, ask, found, rate))


def memory_line(memory: Memory, *, fits: bool) -> MemoryLine:
    return MemoryLine(
        per_gpu=memory.total,
        low=memory.span.low,
        high=memory.span.high,
        parts=memory.parts,
        checkpointing=memory.checkpointing,
        fits=fits,
    )


def _card(written: str, count: int) -> Gpu:
    try:
        found = parse_gpu(f"{written}x{count}")
    except Mistake:
        found = None
    if found is None:
        raise Mistake(f"`{written}` names no GPU", where="--gpu", hint="write card and GiB: a100-40")
    return found


def _tell(console: Console, ask: Ask, found: Estimate, rate: Exchange) -> None:
    say = wrapping(console)

    work = ask.works[0]
    say(f"{number(ask.model.parameters)} parameters, {number(work.tokens)} tokens, {work.method}")
    say(f"{ask.gpus} × {ask.gpu.card.upper()} {ask.gpu.gib} GB\n")
    say(f"GPU-hours  {span(found.gpu_hours)}")
    say(f"hours      {span(found.wall_hours)}")
    say(f"memory     {memory_told(found)}")
    for line in cost_told(found.cost, rate) if found.cost else ["no price named: --price aws:p4d.24xlarge:us-east-1"]:
        say(line)
    if found.kwh is not None and found.kg is not None:
        made = f", {found.embodied_kg:,.0f} of it from making the machines" if found.embodied_kg else ""
        say(f"energy     about {found.kwh:,.0f} kWh, {found.kg:,.0f} kg CO2e{made}")
    for title, lines in (("watch out", found.warnings), ("sources", found.sources)):
        say(f"\n{title}:")
        for told in lines:
            say(f"  {told}")


def span(found: Span, unit: str = "") -> str:
    """`about 735 (526 to 1,026)`; from 10,000 on each both ways."""
    form = ",.0f" if found.mid >= 10 else ",.2f"
    low, mid, high = (
        number(each) if each >= 10**4 else f"{each:{form}}" for each in (found.low, found.mid, found.high)
    )
    return f"about {mid}{unit} ({low} to {high})"


def memory_told(found: Estimate) -> str:
    """`about 29 of 40 GiB on each GPU (25 to 33): fits, with selective checkpointing`."""
    memory, has = found.memory, found.gpu.gib
    how = "" if memory.checkpointing == "none" else f", with {memory.checkpointing} activation checkpointing"
    fits = "fits" if found.fits else "does NOT fit"
    ends = f"{memory.span.low:,.0f} to {memory.span.high:,.0f}"
    return f"about {memory.total:,.0f} of {has} GiB a GPU ({ends}): {fits}{how}"


def cost_told(cost: Cost, rate: Exchange) -> list[str]:
    """The bill, with what is idle in its own line."""
    window = f"{cost.machines} × {cost.billed_hours:,.1f} h, {cost.term}"
    share = cost.idle_usd / cost.usd if cost.usd else 0.0
    besides = {"storage": cost.storage_usd, "egress": cost.egress_usd}
    return [
        f"cost       {_usd(cost.usd, rate)}",
        f"           {window}; with tax {yen_told(cost.jpy + cost.tax_jpy)}",
        f"           {yen_told(cost.jpy_low)} to {yen_told(cost.jpy_high)} before tax, as the rate and the time go",
        f"idle       {_usd(cost.idle_usd, rate)}: paid for, and nothing is computed ({share:.0%})",
        *(f"{name:<11}${usd:,.2f}" for name, usd in besides.items() if usd is not None),
        f"cancelling {cost.cancellation}",
    ]


def _usd(amount: float, rate: Exchange) -> str:
    """With yen beside it, at the rate."""
    return money(Money(amount=Decimal(str(round(amount, 2))), currency="USD"), rate.rate)
