"""`kitae plan schedule`: the rented window, as a page that the team shares."""

from __future__ import annotations

import datetime
from pathlib import Path

from rich.console import Console

from ..plan.billing import RULES
from ..plan.schedule import Schedule
from ..planning import write_schedule
from ..project import Project
from .plan_outputs import DueLine, ScheduleOutput, SlotLine
from .printing import emit, wrapping


def schedule(folder: Path, *, as_json: bool) -> None:
    """
    Raises:
        Mistake: no window is declared, or it cannot be.
    """
    planned, files = write_schedule(Project(folder))
    output = _output(planned, [folder / file.name for file in files])
    emit(output, as_json=as_json, text=lambda console: _tell(console, output))


def _output(planned: Schedule, files: list[Path]) -> ScheduleOutput:
    return ScheduleOutput(
        files=tuple(map(str, files)),
        place=planned.window.place,
        due=tuple(
            DueLine(what=due.what, at=due.at.isoformat() if due.at else None)
            for due in (*planned.before, *planned.during)
        ),
        runs=tuple(
            SlotLine(
                run=slot.run.name,
                start=slot.start.isoformat(),
                end=slot.end.isoformat(),
                gpus=len(slot.lanes),
                signed_by=slot.run.signed_by,
            )
            for slot in planned.slots
        ),
        left_out=tuple(run.name for run in planned.left_out),
        unsigned=tuple(run.name for run in planned.unsigned),
        reserved_gpu_hours=planned.reserved,
        used_gpu_hours=planned.used,
        idle_gpu_hours=planned.idle,
        cancellation=RULES[planned.window.billing].cancellation,
    )


def _tell(console: Console, output: ScheduleOutput) -> None:
    say = wrapping(console)

    for due in output.due:
        say(f"{_when(due.at):<17} {due.what}")
    say("")
    for slot in output.runs:
        signed = f"signed by {slot.signed_by}" if slot.signed_by else "NOT SIGNED: does not start"
        say(f"{_when(slot.start)} to {_when(slot.end)}  {slot.gpus} GPUs  {slot.run}")
        say(f"                  {signed}")
    for name in output.left_out:
        say(f"does not fit before the last checkpoint: {name}")
    share = output.idle_gpu_hours / output.reserved_gpu_hours
    say(f"\n{output.reserved_gpu_hours:,.1f} GPU-hours are paid for, {output.used_gpu_hours:,.1f} have a run")
    say(f"{output.idle_gpu_hours:,.1f} are idle ({share:.0%})")
    say(f"giving it up: {output.cancellation}\n")
    for file in output.files:
        say(f"wrote {file}")


def _when(moment: str | None) -> str:
    return datetime.datetime.fromisoformat(moment).strftime("%Y-%m-%d %H:%M") if moment else "open: find out"
