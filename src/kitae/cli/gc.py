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
    """
    Raises:
        Mistake: there is no such artifact, or a run is at work on the store: what it reads is not deleted.
    """
    project = Project(folder)
    with nullcontext() if dry else project.store.lock():
        output, kept = _collect(project, named, dry=dry)

    def text(console: Console) -> None:
        for name in output.deleted:
            console.print(f"{'would delete' if dry else 'deleted'} {name}", markup=False)
        for each in kept:
            console.print(f"kept {each.id}: it cost {each.measured.get('seconds', 0):.0f} s; name it to delete it")
        console.print(f"{size(output.bytes)} {'would be ' if dry else ''}freed; records are never deleted")

    emit(output, as_json=as_json, text=text)


def _collect(project: Project, named: tuple[str, ...], *, dry: bool) -> tuple[GcOutput, list[Artifact]]:
    """Deletes it, unless `dry`; the artifacts are those that are kept though nothing uses them."""
    from ..train.shards import read_of

    store, planned = project.store, plan(project).used
    used = {each.id for each in planned}
    # An unfinished run that would go on at the next `kitae run` is no rubbish.
    abandoned = [path for path in store.unsealed() if f"{path.parent.name}/{path.name}" not in used]
    wanted = {store.named(name).id for name in named}
    unused = [each for each in store.artifacts() if each.id not in used or each.id in wanted]
    going = [each for each in unused if each.id in wanted or _cheap(each)]
    kept = [each for each in unused if each not in going]
    freed = sum(seal.size for each in going for seal in each.record.files.values())
    # Rows as tokens are cheap, and of no use without the artifact that they are of and the tokenizer that made them.
    freed += forget_folders(store.memo_file, read_of(planned), dry=dry)
    for path in () if dry else [*(each.folder for each in going), *abandoned]:
        store.remove(path)
    deleted = [each.id for each in going] + [f"{path.parent.name}/{path.name}" for path in abandoned]
    output = GcOutput(dry=dry, deleted=tuple(deleted), kept=tuple(each.id for each in kept), bytes=freed)
    return output, kept


def _cheap(artifact: Artifact) -> bool:
    return float(artifact.measured.get("seconds", 0.0)) < CHEAP and not artifact.measured.get("yen")
