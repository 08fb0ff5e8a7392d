"""`kitae plan --probe`: how long training takes here, from some seconds of real steps."""

from __future__ import annotations

import time
from pathlib import Path

from rich.console import Console

from ..commands import Probed, probes
from ..core import spelled
from ..core.architecture import from_config
from ..gate.policy import Place
from ..plan.cards import card
from ..plan.span import Span
from ..plan.time import Work, operations
from ..project import Project
from ..train.stage import place as machine
from .plan_outputs import ProbeLine, ProbeOutput
from .printing import duration, emit
from .progress import watcher

KNOWN = {"tokens_per_second": "measured", "seconds": "estimated", "yen": "estimated", "kwh": "estimated"}


def probe(folder: Path, *, place: str, as_json: bool) -> None:
    """
    Raises:
        Mistake: whatever the stages before training find.
    """
    project, look, begun = Project(folder), watcher(as_json=as_json), time.perf_counter()
    here = project.place(place)
    try:
        lines = tuple(_line(each, project, here) for each in probes(project, look, place=place))
    finally:
        look.close()
    output = ProbeOutput(courses=lines, took_seconds=time.perf_counter() - begun, known=KNOWN)
    emit(output, as_json=as_json, text=lambda console: _tell(console, output))


def _line(probed: Probed, project: Project, place: Place | None) -> ProbeLine:
    found, course = probed.forecast, probed.course
    low, high = found.interval
    rate, apart = found.timing.tokens_per_second, found.timing.spread
    hours = found.seconds / 3600
    return ProbeLine.model_validate(
        {
            "model": probed.model,
            "course": course.name,
            "tokens": found.tokens,
            "tokens_per_second": Span(low=rate / (1 + apart), mid=rate, high=rate * (1 + apart)),
            "seconds": Span(low=low, mid=found.seconds, high=high),
            "parts": found.parts,
            "mfu": _mfu(probed, project, place),
            "yen": hours * place.yen_per_hour if place else 0.0,
            "kwh": hours * place.watts / 1000 if place else 0.0,
        }
    )


def _mfu(probed: Probed, project: Project, place: Place | None) -> Span | None:
    # A place may declare GPUs that this machine has not; what a processor reached says nothing about them.
    if place is None or place.gpus is None or machine()["device"] != "cuda":
        return None
    peak = card(place.gpus.card, project.file.plan.cards).peak_tflops
    work = Work(tokens=probed.forecast.tokens, method=probed.course.method, sequence=probed.course.sequence)
    computed = operations(from_config(probed.folder), work)
    return probed.forecast.share_of_peak(computed, peak, place.gpus.count * place.nodes)


def _tell(console: Console, output: ProbeOutput) -> None:
    def say(line: str = "") -> None:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    for line in output.courses:
        say(f"model/{line.model} ({line.course})")
        rate, whole = line.tokens_per_second, line.seconds
        say(f"  {spelled.number(line.tokens)} tokens at {rate.mid:,.0f} a second ({rate.low:,.0f} to {rate.high:,.0f})")
        say(f"  takes about {duration(whole.mid)} ({duration(whole.low)} to {duration(whole.high)})")
        say("  of which " + ", ".join(f"{part} {duration(seconds)}" for part, seconds in line.parts.items()))
        costs = [f"¥{line.yen:,.0f}"] if line.yen else []
        costs += [f"{line.kwh:,.3g} kWh"] if line.kwh else []
        if line.mfu:
            say(f"  {line.mfu.mid:.2%} of the cards' peak; so that plans reckon with it:")
            say(f"    [plan.cards.NAME] mfu_low = {line.mfu.low:.3g}, mfu_high = {line.mfu.high:.3g}")
        if costs:
            say(f"  {', '.join(costs)}")
    say(f"\nmeasured in {duration(output.took_seconds)}; nothing that was trained is kept")
