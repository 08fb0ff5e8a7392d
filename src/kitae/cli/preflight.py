"""`kitae train --preflight`: is training right on this data and this model, and what will it take?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from ..commands import Flight, preflights
from ..core.mistakes import Refused
from ..project import Project
from .outputs import CheckLine, FlightLine, PreflightOutput
from .printing import duration, emit, size
from .progress import watcher


def preflight(folder: Path, *, place: str, as_json: bool) -> None:
    """
    Raises:
        Refused: a check failed; what was found is printed before.
    """
    look = watcher(as_json=as_json)
    try:
        flights = preflights(Project(folder), look, place=place)
    finally:
        look.close()
    output = PreflightOutput(passed=all(flight.found.passed for flight in flights), courses=tuple(map(_line, flights)))
    emit(output, as_json=as_json, text=lambda console: _tell(console, flights))
    if failed := [
        f"{line.model}: {check.name}" for line in output.courses for check in line.checks if not check.passed
    ]:
        raise Refused(
            f"{len(failed)} checks failed: {', '.join(failed)}",
            where=str(folder),
            hint="do not train before it is known why",
        )


def _tell(console: Console, flights: Sequence[Flight]) -> None:
    def say(line: str = "") -> None:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    for flight in flights:
        found = flight.found
        say(f"model/{flight.model} ({found.course})")
        for line in (*found.lines(), f"  {_takes(flight)}"):
            say(line)
        for shown in found.masks:
            say()
            say(shown)
        say()


def _takes(flight: Flight) -> str:
    if (probe := flight.found.probe) is None:
        return "several processes train, so nothing was timed"
    takes = [f"{probe.tokens:,} tokens at {probe.tokens_per_second:,.0f}/s: {duration(probe.seconds)}"]
    takes += [f"¥{flight.yen:,.0f}"] if flight.yen else []
    takes += [f"{flight.kwh:,.2f} kWh"] if flight.kwh else []
    return f"{', '.join(takes)}; {size(probe.peak_memory_bytes)} of memory"


def _line(flight: Flight) -> FlightLine:
    found, probe = flight.found, flight.found.probe
    timed = ("tokens", "tokens_per_second", "peak_memory_bytes", "seconds")
    return FlightLine.model_validate(
        {
            "model": flight.model,
            "course": found.course,
            "passed": found.passed,
            "checks": [CheckLine.model_validate(check.model_dump()) for check in found.checks],
            "shares": found.shares,
            "masks": found.masks,
            **{name: getattr(probe, name, None) for name in timed},
            "yen": flight.yen,
            "kwh": flight.kwh,
        }
    )
