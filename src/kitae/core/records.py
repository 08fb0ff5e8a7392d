"""Records: what cannot be made again. Answers, judgments, the gate's ledger, runs."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
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
    segment and is passed over. The index is in memory and rebuilt from the segments.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._index: dict[str, dict[str, dict[str, Any]]] = {}
        self._writer = f"{socket.gethostname()}-{os.getpid()}-{time.time_ns():x}"

    def add(self, kind: str, key: str, row: dict[str, Any]) -> None:
        """Remembers `row` under `key`, durably. A later row with the same key replaces it for readers."""
        index = self._rows(kind)
        entry = {"format": FORMAT, "key": key, "row": row}
        line = canonical(entry | {"check": digest(entry)[:16]}) + "\n"
        segment = self.folder / kind / f"{self._writer}.jsonl"
        segment.parent.mkdir(parents=True, exist_ok=True)
        with disk_full_is_a_mistake(segment), segment.open("ab", buffering=0) as file:
            start = file.tell()
            try:
                left = memoryview(line.encode())
                while left:
                    left = left[file.write(left) :]
                os.fsync(file.fileno())
            except OSError:
                # Half a line would swallow the next one.
                os.truncate(segment, start)
                raise
        index[key] = json.loads(canonical(row))

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
            for number, _, sound in _lines(segment)
            if not sound
        ]

    def _rows(self, kind: str) -> dict[str, dict[str, Any]]:
        if kind not in self._index:
            segments = sorted((self.folder / kind).glob("*.jsonl"), key=lambda path: (path.stat().st_mtime_ns, path))
            self._index[kind] = {
                entry["key"]: entry["row"]
                for segment in segments
                for _, entry, sound in _lines(segment)
                if entry is not None and sound
            }
        return self._index[kind]


def _lines(segment: Path) -> Iterator[tuple[int, dict[str, Any] | None, bool]]:
    """Number, entry and whether it is as it was written, of each whole line."""
    for number, line in enumerate(segment.read_bytes().split(b"\n")[:-1], start=1):
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
