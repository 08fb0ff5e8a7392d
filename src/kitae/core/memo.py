"""Work on one document, remembered by what went into it."""

from __future__ import annotations

import contextlib
import errno
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .files import disk_full_is_a_mistake
from .noun import canonical, digest

SQLITE_NEEDS = 2**17
"""Bytes. With less than this left SQLite fails on its side files, and calls that an input/output error."""

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

    def close(self) -> None:
        self._connection.close()


@contextlib.contextmanager
def _disk_full_is_a_mistake(file: Path | None) -> Iterator[None]:
    with disk_full_is_a_mistake(file or Path()):
        try:
            yield
        except sqlite3.OperationalError as error:
            if file is None or shutil.disk_usage(file.parent).free >= SQLITE_NEEDS:
                raise
            raise OSError(errno.ENOSPC, str(error)) from error


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
