"""`kitae gc`: delete what is no longer used and cheap to make again."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

from rich.console import Console

from ..commands import plan
from ..core.artifact import Artifact
from ..core.memo import forget_folders
from ..project import Project
from .outputs import GcOutput
from .printing import emit, size

CHEAP = 60.0
"""Seconds. What took longer to make cost something and goes only by name."""


def gc(folder: Path, named: tuple[str, ...], *, dry: bool, as_json: bool) -> None:
    project = Project(folder)
    planned = plan(project)
    used = {each.id for each in planned.used}
    # An unfinished run that would go on at the next `kitae run` is no rubbish.
    abandoned = [path for path in project.store.unsealed() if f"{path.parent.name}/{path.name}" not in used]
    wanted = {project.store.named(name).id for name in named}
    unused = [each for each in project.store.artifacts() if each.id not in used or each.id in wanted]
    going = [each for each in unused if each.id in wanted or _cheap(each)]
    kept = [each for each in unused if each not in going]
    freed = sum(seal.size for each in going for seal in each.record.files.values())
    contents = {each.content for each in planned.used}
    with nullcontext() if dry else project.store.lock():
        # Rows as tokens: cheap, and of no use without the artifact that they are of.
        freed += forget_folders(project.store.memo_file, lambda key: bool(key) and key["of"] in contents, dry=dry)
        for each in () if dry else going:
            project.store.remove(each.folder)
        for path in () if dry else abandoned:
            project.store.remove(path)
    deleted = [each.id for each in going] + [f"{path.parent.name}/{path.name}" for path in abandoned]
    output = GcOutput(dry=dry, deleted=tuple(deleted), kept=tuple(a.id for a in kept), bytes=freed)

    def text(console: Console) -> None:
        for name in deleted:
            console.print(f"{'would delete' if dry else 'deleted'} {name}", markup=False)
        for each in kept:
            console.print(f"kept {each.id}: it cost {each.measured.get('seconds', 0):.0f} s; name it to delete it")
        console.print(f"{size(freed)} {'would be ' if dry else ''}freed; records are never deleted")

    emit(output, as_json=as_json, text=text)


def _cheap(artifact: Artifact) -> bool:
    return float(artifact.measured.get("seconds", 0.0)) < CHEAP and not artifact.measured.get("yen")
