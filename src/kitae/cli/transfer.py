"""`kitae push` and `kitae pull`: artifacts and records from one store to another."""

from __future__ import annotations

import shutil
from pathlib import Path

from rich.console import Console

from ..core.mistakes import Mistake
from ..core.store import Store
from ..project import Project
from .outputs import TransferOutput
from .printing import emit


def transfer(folder: Path, other: Path, *, push: bool, as_json: bool) -> None:
    """Copies what the other side lacks. Fingerprints make names that cannot collide, segments have one writer each.

    Raises:
        Mistake: there is nothing to pull from, or a file on this side was edited.
    """
    project = Project(folder)
    if not push and not (other / "store").is_dir():
        raise Mistake("nothing was pushed there", where=str(other), hint="name the folder that `kitae push` wrote")
    here, there = (project.store, project.folder / "records"), (Store(other / "store"), other / "records")
    (store, records), (target, target_records) = (here, there) if push else (there, here)
    with target.lock():
        copied = store.copy_to(target)
        segments = _copy_segments(records, target_records)
    output = TransferOutput(copied=tuple(copied), records=segments)

    def text(console: Console) -> None:
        for each in copied:
            console.print(f"copied {each}")
        console.print(f"{len(copied)} artifacts and {segments} segments of records copied")

    emit(output, as_json=as_json, text=text)


def _copy_segments(source: Path, target: Path) -> int:
    """A segment only ever grows, so the longer of two copies holds all of the shorter one."""
    copied = 0
    for segment in sorted(source.glob("*/*.jsonl")):
        copy = target / segment.relative_to(source)
        if copy.exists() and copy.stat().st_size >= segment.stat().st_size:
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        arriving = copy.with_suffix(".arriving")
        shutil.copy2(segment, arriving)
        arriving.replace(copy)
        copied += 1
    return copied
