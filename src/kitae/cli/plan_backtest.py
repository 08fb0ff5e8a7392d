"""`kitae plan backtest`: the planner held against published runs."""

from __future__ import annotations

from typing import Final

from rich.console import Console

from ..plan.backtest import Backtest, Backtested
from ..plan.backtest import backtest as run
from ..plan.cards import FAR, LIKE, SLOWER
from ..plan.price import yen_told
from ..plan.time import LOST
from .plan_outputs import PlanBacktestOutput
from .printing import emit, wrapping

RULE: Final = (
    f"from the fastest to the slowest measured row of the card with up to {LIKE:g} times the parameters, else of those "
    f"up to {LIKE:g} times as far as the nearest; beyond {FAR:g} times the slower end is {SLOWER:g} of itself for "
    f"every ten times; at the upper end {LOST:.0%} of the hours are lost; no run is fitted"
)


def backtest(*, as_json: bool) -> None:
    found = run()
    output = PlanBacktestOutput.model_validate({"rule": RULE, **found.model_dump()})
    emit(output, as_json=as_json, text=lambda console: _tell(console, found))


def _tell(console: Console, found: Backtest) -> None:
    say = wrapping(console)

    say(f"rule: {RULE}\n")
    say(f"{'GPU-hours':<24}{'card':<5}{'predicted':>22}{'published':>12}{'off':>7}{'width':>6}")
    for each in found.runs:
        say(_line(each))
    say("")
    for card in found.coverage:
        say(
            f"{card.card}: {card.inside} of {card.runs} inside; "
            f"width {card.median_width:.2f} in the middle, {card.widest:.2f} at most"
        )
    for assumed in (each for each in found.runs if each.assumed):
        say(f"  {assumed.name}: {', '.join(assumed.assumed)} not published, taken from models like it")
    say("\noutside (×), and why:")
    for each in found.runs:
        if not each.inside:
            say(f"  {each.name}: {each.why}")
    say("\nenergy and carbon, to the printed digit:")
    for row in found.energy:
        say(f"  {'same ' if row.exact else 'OTHER'}  {row.name}: {row.mwh or '–'} MWh, {row.tonnes} t")
    say("\nmemory, GiB a GPU:")
    for each_memory in found.memory:
        mark = "  " if each_memory.within else "× "
        figures = f"{each_memory.predicted:6.1f} {each_memory.published:6.1f} {each_memory.residual:+5.0%}"
        say(f"  {mark}{each_memory.name:<36}{figures}")
        if each_memory.why:
            say(f"      {each_memory.why}")
    say("\nwhat a team paid:")
    for line in found.team:
        say(f"  {line.what}: {_yen(line.jpy_low, line.jpy_high)}")
        say(f"      {line.why}")
    say("\nleft out:")
    for left in found.left_out:
        say(f"  {left.name}: {left.why}")


def _line(each: Backtested) -> str:
    ends = f"{each.predicted.low:,.0f}–{each.predicted.high:,.0f}"
    mark = " " if each.inside else "×"
    figures = f"{ends:>22}{each.published:>12,.0f}{each.residual:>+7.0%}{each.width:>6.2f}"
    return f"{each.name:<22}{mark} {each.card:<5}{figures}"


def _yen(low: float | None, high: float | None) -> str:
    return "not known" if low is None or high is None else f"{yen_told(low)} to {yen_told(high)}"
