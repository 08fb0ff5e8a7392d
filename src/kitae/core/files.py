"""Writing so that a kill at any moment leaves the old file or the new one, and digests of files."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from .mistakes import Mistake


@contextlib.contextmanager
def disk_full_is_a_mistake(where: Path) -> Iterator[None]:
    """Turns the system's 'no space left' (or a quota) into a Mistake; nothing that was sealed is touched by it."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise Mistake(
            "the disk is full; everything that was sealed before is intact",
            where=str(where),
            hint="make room (`kitae gc` names what can go) and run the same command again: it goes on from here",
        ) from error


def sync_folder(folder: Path) -> None:
    """Makes a rename in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomically(path: Path, chunks: Iterable[bytes]) -> None:
    """Writes beside the file, syncs, and renames over it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with disk_full_is_a_mistake(path), beside.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        sync_folder(path.parent)
    finally:
        beside.unlink(missing_ok=True)


def file_digest(path: Path) -> str:
    """SHA-256 (hex) of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_text(file: Path) -> str:
    """A text file in UTF-8, or in CP932 as Excel writes it.

    Raises:
        Mistake: it is neither.
    """
    data = file.read_bytes()
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Mistake("the encoding is not recognised", where=str(file), hint="save it as UTF-8")
