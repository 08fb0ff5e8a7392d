"""`kitae plan`: what the project's training costs, where, and what else would do."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from ..core.mistakes import Mistake
from ..core.quantity import parse_budget
from ..core.spelled import number
from ..costing import cost_plan
from ..plan.alternatives import Way
from ..plan.options import Option
from ..plan.plan import Plan
from ..plan.price import yen_told as _yen
from ..project import Project
from .plan_outputs import FasterLine, OptionLine, PlanOutput, SaidLine, ServingMemoryLine, WayLine
from .printing import duration, emit, wrapping

Say = Callable[[str], None]


def plan(folder: Path, *, by: str, budget: str, page: bool, as_json: bool) -> None:
    """
    Args:
        page: Whether `plan.html` is written too.

    Raises:
        Mistake: a day or an amount that cannot be read, or a base that is not known well enough.
    """
    wanted = parse_budget(budget, where="--budget", taxed=True) if budget else None
    project = Project(folder)
    found = cost_plan(project, by=_day(by), budget=wanted)
    if page:
        from ..planning import write_plan

        write_plan(project, found)
    output = PlanOutput(
        parameters=found.model.parameters,
        tokens={name: work.tokens for name, work in found.works.items()},
        options=tuple(map(_option, found.fitting)),
        out=tuple(map(_option, found.out)),
        ways=tuple(_way(found, way) for way in found.ways),
        serving=found.serving.name,
        serving_memory=_serving_memory(found),
        jpy_an_answer_when_busy=found.serving.yen_per_answer or None,
        jpy_an_answer_of_the_api=found.api_yen,
        answers_per_month=found.answers,
        answers_per_hour=found.serving.answers_per_hour,
        seconds_per_answer=found.serving.seconds,
        parts=found.parts,
        said=tuple(SaidLine(**vars(each)) for each in found.said),
        warnings=tuple(found.warnings),
        files=(str(folder / "plan.html"),) if page else (),
    )

    def text(console: Console) -> None:
        _tell(console, found)
        for file in output.files:
            console.print(f"wrote {file}", markup=False, soft_wrap=True)

    emit(output, as_json=as_json, text=text)


def _serving_memory(found: Plan) -> ServingMemoryLine:
    memory, wanted = found.serving_memory, found.recipe.serving
    return ServingMemoryLine(
        gib=memory.span, parts=memory.parts, at_once=wanted.at_once, length=wanted.prompt + wanted.answer
    )


def _day(written: str) -> datetime.date | None:
    if not written:
        return None
    try:
        return datetime.date.fromisoformat(written)
    except ValueError:
        raise Mistake(f"`{written}` is no day", where="--by", hint="write it as 2027-01-31") from None


def _option(option: Option) -> OptionLine:
    more = option.faster
    return OptionLine(
        name=option.name,
        what=option.what,
        hours=option.hours,
        jpy=option.yen,
        jpy_in_all=option.whole,
        idle_jpy=option.idle_yen,
        kwh=option.kwh,
        kg=option.kg,
        memory_gib=option.estimate.memory.total if option.estimate else None,
        risk=option.risk,
        why_out=str(option.why_out or ""),
        at_worst=str(option.at_worst or ""),
        faster=None if more is None else FasterLine(what=more.what, hours=more.hours, jpy_in_all=more.whole),
    )


def _way(found: Plan, way: Way) -> WayLine:
    serving = found.recipe.serving
    return WayLine(
        name=way.name,
        jpy_once=way.once,
        jpy_per_month=way.per_month,
        jpy_per_answer=way.per_answer,
        pays_from=found.pays_from.get(way.name),
        jpy_an_answer=way.yen(found.answers, serving.months),
        months_until_paid_back=found.paid_back(way),
        what=way.what,
    )


def _tell(console: Console, found: Plan) -> None:
    say = wrapping(console)

    say(f"{number(found.model.parameters)} parameters ({found.model.source})")
    courses = ", ".join(f"{name} {number(work.tokens)} tokens ({work.method})" for name, work in found.works.items())
    say(courses)
    rate = found.recipe.exchange
    say(f"all figures estimated; ¥{rate.yen:g} a dollar on {rate.on}, tax {found.recipe.tax:.0%}\n")
    _tell_options(say, found)
    _tell_parts(say, found)
    _tell_ways(say, found)
    _tell_warnings(say, found)


def _tell_options(say: Say, found: Plan) -> None:
    say("where it fits, the cheapest first (in all: with failed runs, data, people)")
    for place, each in enumerate(found.shown, start=1):
        say(f"{place:>2}. {each.name}, {each.what}: {_hours(each)}")
        say(f"    {_yen(each.yen.mid)}, in all {_yen(each.whole.mid)}{_energy(each)}")
        if more := each.faster:
            say(f"    or {more.what}: {_hours(more)}, in all {_yen(more.whole.mid)}")
        say(f"    {each.risk}")
        if each.at_worst:
            say(f"    {each.at_worst}")
    if hidden := len(found.fitting) - len(found.shown):
        say(f"    and {hidden} dearer, with --json")
    if not found.fitting:
        say("    nowhere")
    if found.out:
        say("\nwhat fell out")
    for each in found.out:
        say(f"  {each.name}, {each.what}: {each.why_out}")


def _hours(option: Option) -> str:
    """`1 h 40 min (1 h 10 min to 2 h 20 min), 29 of 40 GiB`."""
    low, mid, high = (duration(each * 3600) for each in (option.hours.low, option.hours.mid, option.hours.high))
    told = mid if low == high else f"{mid} ({low} to {high})"
    found = option.estimate
    return told if found is None else f"{told}, {found.memory.total:,.0f} of {found.gpu.gib} GiB"


def _energy(option: Option) -> str:
    if option.kwh is None:
        return ""
    return f"; {option.kwh:,.3g} kWh" + ("" if option.kg is None else f", {option.kg:,.3g} kg CO2e")


def _tell_parts(say: Say, found: Plan) -> None:
    if not found.fitting:
        return
    say(f"\nin {found.fitting[0].name}, with tax")
    for name, yen in found.parts.items():
        say(f"  {name:<29}{_yen(yen) if yen is not None else 'not known: say it in [plan]'}")
    say(f"  {'in all':<29}{_yen(found.fitting[0].whole.mid)}")


def _tell_ways(say: Say, found: Plan) -> None:
    serving, months = found.recipe.serving, found.recipe.serving.months
    say(f"\nother ways (answers by {found.serving.name}; paid back in {months} months)")
    if found.serving.answers_per_hour and found.serving.seconds:
        seconds = found.serving.seconds
        say(f"  it writes {number(round(found.serving.answers_per_hour))} answers an hour or more,")
        say(f"  each in {seconds.low:,.1f} to {seconds.high:,.1f} s, {serving.at_once} at once")
    else:
        say("  how fast it answers is not known: one machine is counted, and no break-even")
    memory = found.serving_memory
    low, high = memory.span.low, memory.span.high
    say(f"  on a GPU it takes {memory.total:,.1f} GiB ({low:,.1f} to {high:,.1f}) of each:")
    say(f"    {', '.join(f'{name} {gib:,.1f}' for name, gib in memory.parts.items())}")
    if not found.serving.yen_per_month:
        say("  ¥0 a month: a machine that is paid for anyway, or whose price is not known")
    if own := found.serving.yen_per_answer:
        api = "" if found.api_yen is None else f", {_small(found.api_yen)} by the API"
        say(f"  an answer: {_small(own)} or less by it when it is always busy{api}")
    if found.worksheet:
        say(f"  worksheet: {number(round(found.answers))} answers a month, {_yen(float(found.worksheet.value))} a year")
    for way in found.ways:
        say(f"  {way.name:<22}{_paid(found, way)}: {way.what}")
        told = _answer_told(found, way)
        if told:
            say(f"  {'':<22}{told}")
    if found.api_yen is None:
        say("  break-even: no price of an API is built in; in [plan.serving] name an")
        say("  endpoint that has one, or set api_usd_in and api_usd_out")
    if not found.answers:
        say("  how many answers a month: set answers_per_month in [plan.serving], or")
        say("  worksheet, a page of `kitae plan worksheet` that was filled in")


def _paid(found: Plan, way: Way) -> str:
    """What is paid once and every month, the calls of an API by the answers that are expected."""
    once = "not known" if way.once is None else _yen(way.once.mid)
    if way.per_answer is None:
        return f"{once} once, so much an answer as the API asks"
    if way.per_answer and not found.answers:
        return f"{once} once, {_small(way.per_answer)} an answer"
    return f"{once} once, {_yen(way.per_month + way.per_answer * found.answers)} a month"


def _answer_told(found: Plan, way: Way) -> str:
    serving = found.recipe.serving
    told = []
    if (yen := way.yen(found.answers, serving.months)) is not None:
        told.append(f"{_small(yen)} an answer")
    if (answers := found.pays_from.get(way.name)) is not None:
        told.append(f"cheaper than the API from {number(round(answers))} answers a month")
    if (months := found.paid_back(way)) is not None:
        told.append(f"paid back by what it saves in {months:,.1f} months")
    return ", ".join(told)


def _tell_warnings(say: Say, found: Plan) -> None:
    ages = [each for each in found.warnings if each.startswith("the price of ")]
    say("\nwatch out")
    if ages:
        say(f"  {len(ages)} prices are older than 90 days, the first: {ages[0]}")
    for each in found.warnings:
        if each not in ages:
            say(f"  {each}")
    say("  nothing may go to a rented machine before it is one of [[places]]")


def _small(value: float) -> str:
    return f"¥{value:,.2f}" if value < 100 else _yen(value)
