"""Work on one document, remembered by what went into it."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from .files import disk_full_is_a_mistake
from .noun import canonical, digest

SQLITE_NEEDS = 2**17
"""Bytes. With less than this left SQLite fails on its side files, and calls that an input/output error."""

KEY = "key.json"
"""In a folder of files: what it is remembered for."""

_TABLE = "CREATE TABLE IF NOT EXISTS memo (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"


class Memo:
    """A cache of JSON values in one SQLite file; safe to delete at any time.

    An edited rule costs every document once, an edited document costs one. A file that is damaged is thrown away:
    what it held can be made again.
    """

    def __init__(self, file: Path | None) -> None:
        """`None` remembers nothing beyond this process.

        Raises:
            Mistake: the disk is full.
        """
        self._file = file
        with _disk_full_is_a_mistake(file):
            self._connection = _open(file)
        self.hits = 0
        self.misses = 0

    def get(self, key: Any, make: Callable[[], Any]) -> Any:
        """The value remembered for `key`, or `make()`, remembered from now on. Both go through JSON."""
        name = digest(key)
        found = self._connection.execute("SELECT value FROM memo WHERE key = ?", (name,)).fetchone()
        if found is not None:
            self.hits += 1
            return json.loads(found[0])
        self.misses += 1
        value = canonical(make())
        with _disk_full_is_a_mistake(self._file), self._connection:
            self._connection.execute("INSERT OR REPLACE INTO memo VALUES (?, ?)", (name, value))
        return json.loads(value)

    def folder(self, key: Any, make: Callable[[Path], None], whole: Callable[[Path], bool]) -> Path:
        """The folder of files remembered for `key`, or one that `make` fills, remembered from now on.

        It is filled beside and renamed, so that a kill leaves none or all of it, and two processes may do so at once.

        Args:
            whole: Whether a folder that is there is as it was made; else it is made again.
        """
        final = self._home / digest(key)
        if final.is_dir():
            if whole(final):
                self.hits += 1
                return final
            shutil.rmtree(final, ignore_errors=True)
        self.misses += 1
        beside = final.with_name(f".{final.name}.{os.getpid()}")
        shutil.rmtree(beside, ignore_errors=True)
        with disk_full_is_a_mistake(beside):
            beside.mkdir(parents=True)
            (beside / KEY).write_text(canonical(key), encoding="utf-8")
            make(beside)
        try:
            beside.rename(final)
        except OSError:  # another process was quicker
            shutil.rmtree(beside)
        return final

    @cached_property
    def _home(self) -> Path:
        return _folders(self._file) if self._file else Path(self._scratch.name)

    @cached_property
    def _scratch(self) -> tempfile.TemporaryDirectory[str]:
        """Without a file, folders are gone with this process, too."""
        return tempfile.TemporaryDirectory(prefix="kitae-memo-", ignore_cleanup_errors=True)

    def close(self) -> None:
        self._connection.close()


def forget_folders(file: Path, used: Callable[[Any], bool], *, dry: bool = False) -> int:
    """Deletes the folders of a memo whose key is not `used`, and those that a kill left half filled.

    Returns:
        Their bytes.
    """
    freed = 0
    for folder in sorted(_folders(file).glob("*")):
        if not folder.name.startswith(".") and used(_key_of(folder)):
            continue
        freed += sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())
        if not dry:
            shutil.rmtree(folder, ignore_errors=True)
    return freed


def _folders(file: Path) -> Path:
    return file.with_suffix("")


@contextlib.contextmanager
def _disk_full_is_a_mistake(file: Path | None) -> Iterator[None]:
    with disk_full_is_a_mistake(file or Path()):
        try:
            yield
        except sqlite3.OperationalError as error:
            if file is None or shutil.disk_usage(file.parent).free >= SQLITE_NEEDS:
                raise
            raise OSError(errno.ENOSPC, str(error)) from error


def _key_of(folder: Path) -> Any:
    file = folder / KEY
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None


def _open(file: Path | None) -> sqlite3.Connection:
    if file is None:
        connection = sqlite3.connect(":memory:")
        connection.execute(_TABLE)
        return connection
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _connect(file)
    except sqlite3.DatabaseError:
        for leftover in file.parent.glob(f"{file.name}*"):
            leftover.unlink()
        return _connect(file)


def _connect(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file)
    # A lost entry is only work to do again, so the file need not reach the disk at every commit.
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute(_TABLE)
    return connection
