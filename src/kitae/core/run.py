"""A run: an artifact while it is being made."""

from __future__ import annotations

import datetime
import json
import os
import platform
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from .artifact import MEASURED, RUN, WORK, Artifact, FileSeal, RunRecord, content_digest
from .files import disk_full_is_a_mistake, file_digest, sync_folder, write_atomically
from .label import Label
from .memo import Memo
from .memory import peak
from .noun import Noun, canonical


@dataclass(frozen=True)
class Meter:
    """What is worth telling of a piece of work besides how far it is. 0 where it is not known."""

    operations: float = 0.0
    """Floating-point operations of a unit of it."""
    peak: float = 0.0
    """Those that the machine could do in a second."""
    yen_per_hour: float = 0.0
    before: float = 0.0
    """Seconds that were paid for before it began, those of earlier tries among them."""
    said: Callable[[], str] = str
    """More about it whenever it is asked: what was spent so far. Empty: nothing."""


class Watcher(Protocol):
    """Somebody who looks on: a terminal, a log, a test."""

    def start(
        self, artifact: str, what: str, total: int, unit: str, meter: Meter | None = None
    ) -> Callable[[int], None]:
        """A piece of work begins; the result is called with how much more of it is done.

        Args:
            meter: Where its pace is worth telling.
        """
        ...

    def say(self, message: str) -> None: ...


class Silent:
    """A watcher that shows nothing."""

    def start(
        self, artifact: str, what: str, total: int, unit: str, meter: Meter | None = None
    ) -> Callable[[int], None]:
        return lambda _: None

    def say(self, message: str) -> None:
        return None


class Run:
    """An artifact that is being made, in its own folder, unsealed until `seal`.

    A killed run is begun again in the same folder: what it put into `work` is still there.
    """

    def __init__(self, folder: Path, record: RunRecord, memo: Memo, watcher: Watcher) -> None:
        self.folder = folder
        self.memo = memo
        self._record = record
        self._watcher = watcher
        self._facts: dict[str, Any] = {}
        self._figures: dict[str, float | int | str] = {}
        self._spent = _seconds_before(folder)
        self._started = time.perf_counter()
        folder.mkdir(parents=True, exist_ok=True)
        self._save("running")

    @property
    def id(self) -> str:
        return f"{self._record.kind}/{self.folder.name}"

    @property
    def work(self) -> Path:
        """Scratch that survives a kill and is gone after the seal."""
        path = self.folder / WORK
        path.mkdir(exist_ok=True)
        return path

    def write(self, name: str, rows: Iterable[Noun | Mapping[str, Any]]) -> int:
        """Writes `<name>.jsonl`, one canonical line a row; returns how many."""
        count = 0

        def lines() -> Iterable[bytes]:
            nonlocal count
            for row in rows:
                count += 1
                yield (canonical(row) + "\n").encode()

        write_atomically(self.folder / f"{name}.jsonl", lines())
        return count

    def path(self, name: str) -> Path:
        """Where to put a file that is no table of rows."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def progress(self, what: str, total: int, unit: str, meter: Meter | None = None) -> Callable[[int], None]:
        """Begins a piece of work of `total` units; call the result with how many more are done.

        Args:
            meter: Where its pace is worth telling; what was spent before is filled in.
        """
        before = self._spent + time.perf_counter() - self._started
        return self._watcher.start(self.id, what, total, unit, meter and replace(meter, before=before))

    def say(self, message: str) -> None:
        self._watcher.say(message)

    def facts(self, **values: Any) -> None:
        """What belongs to what the artifact is: counts, choices that were found. In `run.json`."""
        self._facts |= values

    def measure(self, **figures: float | int | str) -> None:
        """What was measured. In `measured.json`, part of no digest."""
        self._figures |= figures

    def label(self, label: Label, groups: Iterable[str], licences: Iterable[str]) -> None:
        """Says label, groups and licences where they come from outside and not from the inputs."""
        update = {"label": label, "groups": tuple(groups), "licences": tuple(sorted(set(licences)))}
        self._record = self._record.model_copy(update=update)

    def seal(self, *, derived: Iterable[str] = (), content: str | None = None) -> Artifact:
        """Closes the artifact: digests of all files, then `run.json` in one rename. Nothing changes after that."""
        seals = {}
        for path in sorted(self.folder.rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            if path.is_file() and name not in (RUN, MEASURED) and not name.startswith((f"{WORK}/", ".")):
                _to_disk(path)
                seals[name] = FileSeal(sha256=file_digest(path), size=path.stat().st_size)
        derived = tuple(sorted(derived))
        self._write_measured()
        self._record = self._record.model_copy(
            update={"files": seals, "derived": derived, "content": content or content_digest(seals, derived)}
        )
        self._save("sealed")
        shutil.rmtree(self.folder / WORK, ignore_errors=True)
        return Artifact(self.folder, self._record)

    def fail(self, error: BaseException) -> None:
        """Writes down why the run ended without a seal. What it made so far stays for the next try."""
        self._write_measured()
        self._save("failed", error=f"{type(error).__name__}: {error}")

    def _write_measured(self) -> None:
        measured = {
            "seconds": round(self._spent + time.perf_counter() - self._started, 3),
            "host": platform.node(),
            "cores": os.cpu_count() or 1,
            # The peak of the whole process so far, not of this stage alone.
            "peak_memory_bytes": peak(),
            "sealed": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        }
        write_atomically(self.folder / MEASURED, [canonical(measured | self._figures).encode()])

    def _save(self, status: str, error: str = "") -> None:
        record = self._record.model_copy(update={"status": status, "error": error, "facts": self._plain_facts()})
        self._record = record.model_copy(update={"seal": record.sealed_form()})
        text = json.dumps(self._record.model_dump(mode="json"), ensure_ascii=False, indent=1, sort_keys=True)
        write_atomically(self.folder / RUN, [text.encode()])

    def _plain_facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads(canonical(self._facts))
        return facts


def _to_disk(path: Path) -> None:
    with disk_full_is_a_mistake(path), path.open("rb") as file:
        os.fsync(file.fileno())
    sync_folder(path.parent)


def _seconds_before(folder: Path) -> float:
    """What earlier, unfinished tries at the same artifact took."""
    try:
        return float(json.loads((folder / MEASURED).read_text(encoding="utf-8"))["seconds"])
    except (OSError, ValueError, KeyError):
        return 0.0
