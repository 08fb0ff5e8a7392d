"""`kitae plan estimate`: what a training takes, from a few figures."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import get_args

from rich.console import Console

from ..core.amount import parse_amount
from ..core.mistakes import Mistake, nearest
from ..core.quantity import Money
from ..core.spelled import money, number
from ..gate.policy import Gpu, parse_gpu
from ..plan.architecture import typical
from ..plan.estimate import Ask, Cost, Estimate
from ..plan.estimate import estimate as reckon
from ..plan.memory import Memory
from ..plan.price import Exchange, exchange, offer
from ..plan.slips import Asked, check
from ..plan.span import Span
from ..plan.time import Work
from ..train.recipe import Method
from .plan_outputs import CostLine, MemoryLine, PlanEstimateOutput
from .printing import emit, wrapping

NODE = 8
"""GPUs of a machine, where no price says how many it has."""


def read(
    params: str,
    tokens: str,
    gpu: str,
    gpus: int,
    *,
    price: str,
    method: str,
    sequence: int,
    hours_reserved: float | None,
) -> Ask:
    """The arguments as what is asked.

    Raises:
        Mistake: a number, card, price or method that cannot be read, or a price of another card.
    """
    if method not in get_args(Method):
        raise Mistake(f"no method `{method}`", where="--method", hint=nearest(method, get_args(Method)))
    found = offer(price) if price else None
    one = _card(gpu, found.gpus.count if found else min(NODE, gpus))
    if found and (found.gpus.card, found.gpus.gib) != (one.card, one.gib):
        theirs = f"{found.gpus.card}-{found.gpus.gib}"
        raise Mistake(f"{price} has {theirs}, not {gpu}", where="--price and --gpu", hint=f"write --gpu {theirs}")
    work = Work.model_validate(
        {
            "tokens": float(parse_amount(tokens, "tokens", where="--tokens").value),
            "method": method,
            "sequence": sequence,
        }
    )
    parameters = float(parse_amount(params, "parameters", where="--params").value)
    if not parameters:
        raise Mistake("a model of no parameters", where="--params", hint="write for example 7B")
    if hours_reserved is not None and hours_reserved <= 0:
        raise Mistake("a window of no hours", where="--hours-reserved", hint="leave it out, or write how long it is")
    return Ask(model=typical(parameters), works=(work,), gpu=one, gpus=gpus, offer=found, hours_reserved=hours_reserved)


def estimate(ask: Ask, *, fx: float | None, as_written: bool, as_json: bool) -> None:
    """
    Raises:
        Mistake: a figure is probably a slip, nothing is known of the card, or the window is not for sale.
    """
    work = ask.works[0]
    whole = work.method == "full"
    asked = Asked(ask.model.parameters, ask.gpus, ask.gpu.gib, ask.gpu.card, tokens=work.tokens, whole=whole)
    if not as_written:
        check(asked, where="kitae plan estimate")
    rate = exchange()
    if fx is not None:
        rate = rate.model_copy(update={"yen": fx, "on": datetime.date.today(), "source": "as you said"})
    found = reckon(ask, rate=rate)
    output = PlanEstimateOutput(
        gpu_hours=found.gpu_hours,
        wall_hours=found.wall_hours,
        hour_parts=found.hour_parts,
        memory_gib=memory_line(found.memory, fits=found.fits),
        cost=CostLine.model_validate(found.cost.model_dump()) if found.cost else None,
        energy_kwh=found.kwh,
        co2_kg=found.kg,
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
        say(f"energy     about {found.kwh:,.0f} kWh, {found.kg:,.0f} kg CO2e")
    for title, lines in (("watch out", found.warnings), ("sources", found.sources)):
        say(f"\n{title}:")
        for told in lines:
            say(f"  {told}")


def span(found: Span, unit: str = "") -> str:
    """`735 (526 to 1,026)`."""
    form = ",.0f" if found.mid >= 10 else ",.2f"
    return f"about {found.mid:{form}}{unit} ({found.low:{form}} to {found.high:{form}})"


def memory_told(found: Estimate) -> str:
    """`about 29 of 40 GiB on each GPU (25 to 33): fits, with selective checkpointing`."""
    memory, has = found.memory, found.gpu.gib
    how = "" if memory.checkpointing == "none" else f", with {memory.checkpointing} activation checkpointing"
    fits = "fits" if found.fits else "does NOT fit"
    ends = f"{memory.span.low:,.0f} to {memory.span.high:,.0f}"
    return f"about {memory.total:,.0f} of {has} GiB a GPU ({ends}): {fits}{how}"


def cost_told(cost: Cost, rate: Exchange) -> list[str]:
    """The bill, with what is idle in its own line."""
    usd = Money(amount=Decimal(str(round(cost.usd, 2))), currency="USD")
    window = f"{cost.machines} × {cost.billed_hours:,.1f} h, {cost.term}"
    share = cost.idle_usd / cost.usd if cost.usd else 0.0
    return [
        f"cost       {money(usd, rate.rate)}",
        f"           {window}; with tax ¥{cost.jpy + cost.tax_jpy:,.0f}",
        f"           ¥{cost.jpy_low:,.0f} to ¥{cost.jpy_high:,.0f} before tax, as the rate and the time go",
        f"idle       ${cost.idle_usd:,.0f}: paid for, and nothing is computed ({share:.0%})",
    ]
