"""`kitae show`: an artifact, from its recipe to its first rows."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

from rich.console import Console

from ..core.artifact import Artifact
from ..core.dialogue import Dialogue
from ..core.mistakes import Mistake
from ..project import Project
from .outputs import ShowOutput
from .printing import duration, emit, line, size


def show(folder: Path, written: str, rows: int, *, mask: bool, as_json: bool) -> None:
    project = Project(folder)
    artifact = project.store.named(written)
    shown = line(artifact, project.store, used=True)
    tables = {
        name.removesuffix(".jsonl"): tuple(itertools.islice(artifact.raw(name.removesuffix(".jsonl")), rows))
        for name in artifact.record.files
        if name.endswith(".jsonl")
    }
    record = artifact.record.model_dump(mode="json", exclude={"files"})
    masks = _masks(project, artifact, rows) if mask else ()
    output = ShowOutput(artifact=shown, run=record, measured=artifact.measured, tables=tables, mask=masks)

    def text(console: Console) -> None:
        console.print(f"{artifact.id}  number {shown.number}, {shown.created}, {size(shown.bytes)}", markup=False)
        console.print(f"label {artifact.label} ({artifact.label.japanese}), groups {', '.join(artifact.groups)}")
        console.print(f"stage {artifact.record.stage}, made in {duration(shown.seconds)}", markup=False)
        for title, values in (("recipe", record["recipe"]), ("facts", artifact.facts)):
            console.print(f"{title}:")
            for key, value in values.items():
                console.print(f"  {key}: {_brief(value)}", markup=False)
        for name, first in tables.items():
            console.print(f"{name}.jsonl:")
            for row in first:
                console.print(f"  {_brief(row, 400)}", markup=False)
        for each in masks:
            console.print(each, markup=False)

    emit(output, as_json=as_json, text=text)


def _masks(project: Project, artifact: Artifact, rows: int) -> tuple[str, ...]:
    """Dialogues with what is learnt between ⟦ and ⟧."""
    if artifact.kind != "dialogues":
        raise Mistake(
            "`--mask` is for dialogues", where=artifact.id, hint="for example `kitae show dialogues/main --mask`"
        )
    from ..engine.chat import Renderer
    from ..train.masks import mask_report

    renderer = Renderer(project.store.named("model/trimmed").folder)
    return tuple(mask_report(renderer, list(itertools.islice(artifact.rows("dialogues", Dialogue), rows)), n=rows))


def _brief(value: object, most: int = 160) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= most else f"{text[: most - 1]}… ({len(text):,} characters)"
