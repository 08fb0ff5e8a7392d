"""`kitae run`: make what is stale."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from ..commands import decide, make_all, plan
from ..core.making import Making
from ..core.mistakes import Mistake, nearest
from ..estimate import estimate
from ..project import Project
from ..rented.inputs import read_inputs
from ..road import STAGES
from ..train.ranks import gathering
from ..train.stage import place as machine
from .outputs import RunOutput, StepLine
from .printing import duration, emit
from .progress import watcher
from .table import print_table


def run(folder: Path, stage: str, *, dry: bool, place: str, as_json: bool, inputs: Path | None = None) -> None:
    """
    Raises:
        Mistake: no such stage, or whatever the stages find.
    """
    with gathering(_device) as follows:
        if not follows:
            _run(folder, stage, dry=dry, place=place, as_json=as_json, inputs=inputs)


def _run(folder: Path, stage: str, *, dry: bool, place: str, as_json: bool, inputs: Path | None) -> None:
    if stage not in STAGES:
        raise Mistake(f"no stage `{stage}`", hint=nearest(stage, STAGES))
    project = Project(folder)
    given = read_inputs(inputs) if inputs else None
    planned = plan(project, until=stage, place=place, inputs=given)
    stale = [step for step in planned.steps if step.outcome == "stale"]
    # How long a node takes cannot be told from what two cores took, and the documents are not there to be counted.
    seconds = 0.0 if given else estimate(project, planned).value
    if dry:
        emit(
            _output(planned, seconds, dry=True), as_json=as_json, text=lambda console: _tell(console, planned, seconds)
        )
        return
    look = watcher(as_json=as_json)
    if stale:
        about = "" if given else f"; about {duration(seconds)} on two cores"
        look.say(f"{len(stale)} of {len(planned.steps)} artifacts are stale{about}")
    try:
        making, road = make_all(project, look, until=stage, place=place, inputs=given)
    finally:
        look.close()
    output = _output(making, seconds, dry=False)
    report = str(folder / "report.html") if stage == "report" else None
    output = output.model_copy(update={"report": report})

    def text(console: Console) -> None:
        made = sum(step.outcome == "made" for step in making.steps)
        console.print(f"{made} artifacts made, {len(making.steps) - made} reused")
        if road.scorecards:
            print_table(console, project, decide(project, road.scorecards))
        if report:
            console.print(f"\nreport: {report}", markup=False)

    emit(output, as_json=as_json, text=text)


def _device() -> str:
    """What this machine trains on."""
    return machine()["device"]


def _output(making: Making, seconds: float, *, dry: bool) -> RunOutput:
    steps = tuple(StepLine.model_validate(vars(step)) for step in making.steps)
    return RunOutput(dry=dry, steps=steps, estimated_seconds=seconds)


def _tell(console: Console, planned: Making, seconds: float) -> None:
    for step in planned.steps:
        why = f": {step.why}" if step.why else ""
        console.print(f"{step.outcome:<7} {step.artifact}{why}", markup=False)
    stale = sum(step.outcome == "stale" for step in planned.steps)
    console.print(f"{stale} of {len(planned.steps)} are stale; about {duration(seconds)} on two cores (estimated)")
