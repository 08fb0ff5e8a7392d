"""Records: what cannot be made again. Answers, judgments, the gate's ledger, runs."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from io import FileIO
from pathlib import Path
from typing import Any

from .files import disk_full_is_a_mistake
from .mistakes import Mistake
from .noun import canonical, digest

FORMAT = 1


class Records:
    """Append-only segments `records/<kind>/<writer>.jsonl`, one writer each.

    Each process writes a segment of its own, so that a shared folder needs no lock and two machines' records merge
    by copying files. A line is on the disk before `add` returns; a line that was cut off by a kill is the last of its
    segment and is passed over. The index is in memory and rebuilt from the segments; a kind that is only written to
    (the ledger) is never read. Safe to use from several threads.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._index: dict[str, dict[str, dict[str, Any]]] = {}
        self._seen: dict[Path, int] = {}
        """How many bytes of each segment the index holds."""
        self._lock = threading.RLock()
        self._writer = f"{socket.gethostname()}-{os.getpid()}-{time.time_ns():x}"

    def add(self, kind: str, key: str, row: dict[str, Any]) -> None:
        """Remembers `row` under `key`, durably. A later row with the same key replaces it for readers."""
        self.add_all(kind, {key: row})

    def add_all(self, kind: str, rows: Mapping[str, dict[str, Any]]) -> None:
        """Remembers several rows with one sync; of what a kill cuts off, the whole lines are kept."""
        lines = {key: _line(key, row) for key, row in rows.items()}
        segment = self.folder / kind / f"{self._writer}.jsonl"
        with self._lock:
            segment.parent.mkdir(parents=True, exist_ok=True)
            with disk_full_is_a_mistake(segment), segment.open("ab", buffering=0) as file:
                _append(file, "".join(lines.values()).encode(), segment)
            if kind in self._index:
                self._index[kind] |= {key: json.loads(line)["row"] for key, line in lines.items()}

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        """The latest row with this key."""
        return self._rows(kind).get(key)

    def all(self, kind: str) -> Iterator[dict[str, Any]]:
        """Every row of a kind, in the order of segments and lines, the latest for each key."""
        yield from self._rows(kind).values()

    def kinds(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir() if path.is_dir()) if self.folder.is_dir() else []

    def damaged(self) -> list[str]:
        """Lines that are not what was written, as `file:line`. A torn last line is no damage."""
        return [
            f"{segment}:{number}"
            for segment in sorted(self.folder.glob("*/*.jsonl"))
            for number, _, sound in _lines(segment, _whole_lines(segment))
            if not sound
        ]

    def refresh(self, kind: str) -> None:
        """Reads what other writers have added to a kind since it was read."""
        with self._lock:
            if kind in self._index:
                self._read(kind)

    def _rows(self, kind: str) -> dict[str, dict[str, Any]]:
        with self._lock:
            if kind not in self._index:
                self._index[kind] = {}
                self._read(kind, own=True)
            return self._index[kind]

    def _read(self, kind: str, *, own: bool = False) -> None:
        """Adds to the index what stands beyond what was read of each segment; its own rows are there already."""
        found = [
            (path.stat(), path) for path in (self.folder / kind).glob("*.jsonl") if own or path.stem != self._writer
        ]
        for stat, segment in sorted(found, key=lambda pair: (pair[0].st_mtime_ns, pair[1])):
            start = self._seen.get(segment, 0)
            if stat.st_size <= start:
                continue
            data = _whole_lines(segment, start)
            self._index[kind] |= {
                entry["key"]: entry["row"] for _, entry, sound in _lines(segment, data) if entry is not None and sound
            }
            self._seen[segment] = start + len(data)


def _line(key: str, row: dict[str, Any]) -> str:
    entry = {"format": FORMAT, "key": key, "row": row}
    return canonical(entry | {"check": digest(entry)[:16]}) + "\n"


def _append(file: FileIO, data: bytes, segment: Path) -> None:
    start = file.tell()
    try:
        left = memoryview(data)
        while left:
            left = left[file.write(left) :]
        os.fsync(file.fileno())
    except OSError:
        # Half a line would swallow the next one.
        os.truncate(segment, start)
        raise


def _whole_lines(segment: Path, start: int = 0) -> bytes:
    """The bytes of a segment from `start` up to its last line break: what follows is being written, or was cut off."""
    with segment.open("rb") as file:
        file.seek(start)
        data = file.read()
    return data[: data.rfind(b"\n") + 1]


def _lines(segment: Path, data: bytes) -> Iterator[tuple[int, dict[str, Any] | None, bool]]:
    """Number, entry and whether it is as it was written, of each line of a segment's bytes."""
    for number, line in enumerate(data.split(b"\n")[:-1], start=1):
        try:
            entry = json.loads(line)
            check = entry.pop("check")
        except (ValueError, KeyError, AttributeError):
            yield number, None, False
            continue
        if entry["format"] > FORMAT:
            raise Mistake(
                f"records of format {entry['format']} are newer than this kitae reads ({FORMAT})",
                where=str(segment),
                hint="install a newer kitae",
            )
        yield number, entry, digest(entry)[:16] == check
