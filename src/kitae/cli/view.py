"""`kitae view`: what judges said, and every answer, as one page."""

from __future__ import annotations

from pathlib import Path

from ..examining import write_view
from ..project import Project
from .examined import ViewOutput
from .printing import emit


def view(folder: Path, *, as_json: bool) -> None:
    """
    Raises:
        Mistake: a judgment in the records is of a form that this kitae does not know.
    """
    file = write_view(Project(folder))
    emit(ViewOutput(page=str(file)), as_json=as_json, text=lambda console: console.print(str(file), markup=False))
