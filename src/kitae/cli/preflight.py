"""`kitae train --preflight`: is training right on this data and this model, and what will it take?"""

from __future__ import annotations

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
    emit(output, as_json=as_json, text=lambda console: _tell(console, output))
    if failed := [
        f"{line.model}: {check.name}" for line in output.courses for check in line.checks if not check.passed
    ]:
        raise Refused(
            f"{len(failed)} checks failed: {', '.join(failed)}",
            where=str(folder),
            hint="do not train before it is known why",
        )


def _tell(console: Console, output: PreflightOutput) -> None:
    def say(line: str = "") -> None:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    for line in output.courses:
        say(f"model/{line.model} ({line.course})")
        for check in line.checks:
            say(f"  {'pass' if check.passed else 'FAIL'}  {check.name:<19} {check.figure}")
            if not check.passed:
                say(f"        {check.means}")
        for source, share in line.shares.items():
            say(f"  {share:>5.1%} of what is learnt is of {source}")
        takes = [f"{line.tokens:,} tokens at {line.tokens_per_second:,.0f}/s: {duration(line.seconds)}"]
        takes += [f"¥{line.yen:,.0f}"] if line.yen else []
        takes += [f"{line.kwh:,.2f} kWh"] if line.kwh else []
        say(f"  {', '.join(takes)}; {size(line.peak_memory_bytes)} of memory")
        for shown in line.masks:
            say()
            say(shown)
        say()


def _line(flight: Flight) -> FlightLine:
    found, probe = flight.found, flight.found.probe
    return FlightLine.model_validate(
        {
            "model": flight.model,
            "course": found.course,
            "passed": found.passed,
            "checks": [CheckLine.model_validate(check.model_dump()) for check in found.checks],
            "shares": found.shares,
            "masks": found.masks,
            "tokens": probe.tokens,
            "tokens_per_second": probe.tokens_per_second,
            "peak_memory_bytes": probe.peak_memory_bytes,
            "seconds": probe.seconds,
            "yen": flight.yen,
            "kwh": flight.kwh,
        }
    )
