"""`kitae report`: write report.html from what is there."""

from __future__ import annotations

from pathlib import Path

from ..commands import sealed, write_report
from ..project import Project
from .outputs import ReportOutput
from .printing import emit


def report(folder: Path, *, as_json: bool) -> None:
    """
    Raises:
        Mistake: something is stale.
    """
    project = Project(folder)
    file = write_report(project, sealed(project)[0])
    emit(ReportOutput(report=str(file)), as_json=as_json, text=lambda console: console.print(str(file), markup=False))
