"""Which files a source's folder holds, in an order that is the same everywhere."""

from __future__ import annotations

import fnmatch
import itertools
import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..core.mistakes import Mistake
from .recipe import Source

FORMATS = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "text",
    ".html": "html",
    ".htm": "html",
}
"""What is read, by the ending of the name."""


@dataclass(frozen=True)
class Found:
    """A file of a source."""

    id: str
    """The source's name, then the path below its folder in NFC, with `/`: the document's id."""
    path: Path
    skipped: str = ""
    """Why it is not read; empty where it is."""

    @property
    def format(self) -> str:
        return FORMATS.get(self.path.suffix.lower(), "")

    @property
    def stem(self) -> str:
        """The name without its ending."""
        return PurePosixPath(self.id).stem


def found_in(source: Source, folder: Path) -> list[Found]:
    """All files of a source but hidden ones, sorted by id; those that are not read say why.

    Args:
        folder: The project's folder, which the source's path is below.

    Raises:
        Mistake: the folder is missing, holds no file that is read, or two names differ in their code points alone.
    """
    root = folder / source.path
    where = f"path = {source.path!r} of [[sources]] `{source.name}`"
    if not root.is_dir():
        what = "is a file, not a folder" if root.exists() else "is missing"
        raise Mistake(f"the folder of a source {what}: {root}", where=where, hint="correct `path`")
    found = sorted((_found(path, root, source) for path in _files(root)), key=lambda each: each.id)
    for one, two in itertools.pairwise(found):
        if one.id == two.id:
            raise Mistake(
                f"two files have the same name but for the way its accents are stored: {one.id}",
                where=where,
                hint="delete or rename one of them",
            )
    if not any(not each.skipped for each in found):
        there = f"; {len(found)} files of other kinds are there" if found else ""
        raise Mistake(
            f"the folder of a source holds nothing to read{there}: {root}",
            where=where,
            hint=f"put {', '.join(FORMATS)} files there, or correct `path` and `exclude`",
        )
    return found


def _found(path: Path, root: Path, source: Source) -> Found:
    below = unicodedata.normalize("NFC", path.relative_to(root).as_posix())
    return Found(f"{source.name}/{below}", path, _why_skipped(path, below, root, source))


def _why_skipped(path: Path, below: str, root: Path, source: Source) -> str:
    for glob in source.exclude:
        if fnmatch.fnmatchcase(below, unicodedata.normalize("NFC", glob)):
            return f"excluded by `{glob}`"
    if path.is_symlink():
        if not path.exists() or path.is_dir():
            return "a link to a folder, or to nothing"
        if not path.resolve().is_relative_to(root.resolve()):
            return "a link that leads out of the folder"
    if not path.is_file():
        return "not a file"
    if path.suffix.lower() not in FORMATS:
        return f"no reader for {path.suffix or 'files without an ending'}"
    return ""


def _files(root: Path) -> Iterator[Path]:
    """Everything below but folders and hidden names; links to folders are not followed."""

    def failed(error: OSError) -> None:
        raise Mistake(f"a folder cannot be read: {error.strerror}", where=str(error.filename)) from error

    for above, folders, names in os.walk(root, onerror=failed):
        here = Path(above)
        linked = [name for name in folders if (here / name).is_symlink()]
        folders[:] = [name for name in folders if not name.startswith(".") and name not in linked]
        yield from (here / name for name in [*names, *linked] if not name.startswith("."))
