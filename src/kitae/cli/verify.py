"""`kitae verify`: is everything as it was sealed?"""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from ..core.mistakes import Mistake
from ..project import Project
from .outputs import VerifyOutput
from .printing import emit


def verify(folder: Path, *, as_json: bool) -> None:
    """
    Raises:
        Mistake: a file or a record was edited; it is named.
    """
    project = Project(folder)
    artifacts = project.store.artifacts()
    edited = [str(a.folder.relative_to(project.folder) / name) for a in artifacts for name in a.edited()]
    damaged = project.records.damaged()
    output = VerifyOutput(
        sound=not edited and not damaged,
        artifacts=len(artifacts),
        edited=tuple(edited),
        damaged_records=tuple(damaged),
    )

    def text(console: Console) -> None:
        console.print(f"{len(artifacts)} artifacts checked, {len(edited)} edited files, {len(damaged)} damaged records")

    emit(output, as_json=as_json, text=text)
    if not output.sound:
        raise Mistake(
            "not everything is as it was sealed",
            where=", ".join([*edited, *damaged]),
            hint="delete the folder of an edited artifact and run again; pull damaged records from a copy",
        )
