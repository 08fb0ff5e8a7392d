"""`kitae status`: what there is, and what is stale."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from ..commands import plan
from ..project import Project
from .outputs import StatusOutput, StepLine
from .printing import duration, emit, line, size


def status(folder: Path, *, as_json: bool) -> None:
    project = Project(folder)
    making = plan(project)
    used = {each.id for each in making.used}
    output = StatusOutput(
        project=project.file.project.name,
        artifacts=tuple(line(each, project.store, used=each.id in used) for each in project.store.artifacts()),
        stale=tuple(StepLine.model_validate(vars(step)) for step in making.steps if step.outcome == "stale"),
        unsealed=tuple(str(path.relative_to(project.folder)) for path in project.store.unsealed()),
    )

    def text(console: Console) -> None:
        table = Table("artifact", "no.", "made", "in", "size", "label", box=None, pad_edge=False)
        for each in output.artifacts:
            mark = "" if each.used else " (not used)"
            made = each.created[5:16].replace("T", " ")
            row = (f"{each.id}{mark}", str(each.number), made, duration(each.seconds), size(each.bytes), each.label)
            table.add_row(*row)
        console.print(table)
        for step in output.stale:
            console.print(f"stale: {step.artifact}: {step.why}", markup=False)
        for path in output.unsealed:
            console.print(f"unfinished: {path} (the same run goes on there)", markup=False)
        if not output.stale:
            console.print("nothing is stale")

    emit(output, as_json=as_json, text=text)
