"""`kitae evaluate export`: answers and judgments as FastChat's files."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from ..project import Project
from ..viewing import export
from .examined import EvaluateExportOutput, FileLine
from .printing import emit


def evaluate_export(folder: Path, target: Path, suite: str, *, as_json: bool) -> None:
    """
    Raises:
        Mistake: no such suite, nothing is answered, or there is something already.
    """
    written = export(Project(folder), target, suite)
    files = tuple(FileLine(file=str(file.relative_to(target)), rows=rows) for file, rows in written.items())
    output = EvaluateExportOutput(folder=str(target), files=files)

    def tell(console: Console) -> None:
        for each in files:
            console.print(f"{each.rows:>7,}  {each.file}", markup=False, highlight=False, soft_wrap=True)

    emit(output, as_json=as_json, text=tell)
