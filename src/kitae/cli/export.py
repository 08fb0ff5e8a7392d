"""`kitae export`: a model as a plain folder for other programs, with its card."""

from __future__ import annotations

from pathlib import Path

from ..commands import export as command
from ..commands import subject
from ..project import Project
from .outputs import ExportOutput
from .printing import emit, size


def export(folder: Path, artifact: str, target: Path, *, adapter: bool, place: str, as_json: bool) -> None:
    """
    Raises:
        Mistake: there is no such model, place or adapter, the folder is not free, or the model was edited.
    """
    project = Project(folder)
    model = command(project, artifact, target, adapter=adapter, place=place)
    unconvertible = subject(project, model.id, adapter=adapter).unconvertible
    note = unconvertible.only(project.file.project.language) if unconvertible else ""
    files = sorted(file for file in target.iterdir() if file.is_file())
    written = sum(file.stat().st_size for file in files)
    output = ExportOutput(
        artifact=model.id,
        folder=str(target),
        adapter=adapter,
        files=tuple(file.name for file in files),
        bytes=written,
        label=str(model.label),
        groups=model.groups,
        licences=model.licences,
        note=note,
    )
    emit(
        output,
        as_json=as_json,
        text=lambda console: console.print(
            f"{model.id}: {len(files)} files, {size(written)}, in {target}\n"
            f"label {model.label} ({model.label.japanese}), groups {', '.join(model.groups) or 'none'}, "
            f"licences {', '.join(model.licences) or 'none recorded'}: read README.md before you hand it on"
            + (f"\n{note}" if note else ""),
            markup=False,
        ),
    )
