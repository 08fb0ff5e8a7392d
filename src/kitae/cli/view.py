"""`kitae view`: who scores what, and every answer, as one page."""

from __future__ import annotations

import webbrowser
from pathlib import Path

from ..core.mistakes import Mistake
from ..project import Project
from ..viewing import write_view
from .examined import ViewOutput
from .printing import emit


def view(folder: Path, *, show: bool, as_json: bool) -> None:
    """
    Args:
        show: In the browser of this machine.

    Raises:
        Mistake: the records are of a form that this kitae does not know, or there is no browser to show it in.
    """
    file = write_view(Project(folder))
    if show and not webbrowser.open(file.as_uri()):
        raise Mistake(
            "there is no browser here", where=str(file), hint="the page is written; open it where there is one"
        )
    emit(ViewOutput(page=str(file)), as_json=as_json, text=lambda console: console.print(str(file), markup=False))
