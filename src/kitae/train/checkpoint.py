"""Where a killed run goes on."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from ..core.files import disk_full_is_a_mistake, file_digest, sync_folder
from ..core.mistakes import Mistake

EVERY_SECONDS: Final = 30.0
SHARE: Final = 0.05
"""At most this share of the time goes into writing checkpoints."""

KEPT: Final = 2
"""Checkpoints that stay: training that went wrong goes back to one before it did."""

ROOM: Final = 64 * 2**20
"""Bytes that are left free beside a checkpoint."""

_NAME = re.compile(r"(?:step|best)-(\d{8})-([0-9a-f]{16})\.safetensors")


@dataclass(frozen=True)
class Checkpoint:
    """All that training depends on after `step` steps: nothing else is carried from step to step."""

    step: int
    tensors: Mapping[str, Tensor]
    state: dict[str, Any]
    """What is no tensor: the curve so far. JSON."""


class Checkpoints:
    """The latest checkpoints of a run, in its own folder, and the best weights.

    The digest of a file is part of its name: a file that was damaged does not match and is never read.
    """

    def __init__(self, folder: Path, identity: str, *, every: float = EVERY_SECONDS) -> None:
        """
        Args:
            identity: Of recipe, data and model; a checkpoint of another one is not read.
            every: Seconds between two of them, unless writing takes long.
        """
        self.folder = folder
        self.identity = identity
        self.every = every
        self._due = time.monotonic() + every

    def due(self) -> bool:
        return time.monotonic() >= self._due

    def save(self, checkpoint: Checkpoint) -> None:
        """Writes beside, syncs, renames; only then are older ones deleted.

        Raises:
            Mistake: the disk has no room for it; those that are there stay.
        """
        started = time.monotonic()
        self._write("step", checkpoint)
        for old in self._named("step")[KEPT:]:
            old.unlink()
        took = time.monotonic() - started
        self._due = time.monotonic() + max(self.every, took / SHARE)

    def save_best(self, step: int, weights: Mapping[str, Tensor]) -> None:
        """Keeps these weights in place of those that were the best before."""
        before = self._named("best")
        kept = self._write("best", Checkpoint(step, weights, {}))
        for old in before:
            if old != kept:
                old.unlink()

    def best(self, step: int) -> Mapping[str, Tensor]:
        """The weights that `save_best` kept.

        Raises:
            Mistake: they are damaged or gone.
        """
        for path in self._named("best"):
            found = self._whole(path)
            if found and found.step == step:
                return found.tensors
        raise Mistake(
            f"the best weights, those of step {step}, are gone",
            where=str(self.folder),
            hint='delete this folder and train again, or set `keep = "last"` in the course',
        )

    def latest(self, at_most: int | None = None) -> Checkpoint | None:
        """The furthest one of this run, with at most so many steps done.

        Raises:
            Mistake: it is damaged.
        """
        for path in self._named("step"):
            step = int(path.name.split("-")[1])
            if (at_most is None or step <= at_most) and (found := self._whole(path)):
                return found
        return None

    def _named(self, what: str) -> list[Path]:
        """The whole files of a kind, the furthest first."""
        files = self.folder.iterdir() if self.folder.is_dir() else ()
        return sorted(
            (each for each in files if each.name.startswith(what) and _NAME.fullmatch(each.name)), reverse=True
        )

    def _write(self, what: str, checkpoint: Checkpoint) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._check_room(checkpoint)
        beside = self.folder / ".writing.tmp"
        told = {"identity": self.identity, "step": str(checkpoint.step), "state": json.dumps(checkpoint.state)}
        with disk_full_is_a_mistake(beside):
            save_file({name: each.detach().contiguous() for name, each in checkpoint.tensors.items()}, beside, told)
            with beside.open("rb+") as file:
                os.fsync(file.fileno())
        final = self.folder / f"{what}-{checkpoint.step:08d}-{file_digest(beside)[:16]}.safetensors"
        beside.replace(final)
        sync_folder(self.folder)
        return final

    def _check_room(self, checkpoint: Checkpoint) -> None:
        """Before it is written: a disk that is filled to the last byte stops others too."""
        needed = sum(each.numel() * each.element_size() for each in checkpoint.tensors.values())
        free = shutil.disk_usage(self.folder).free
        if free < needed + ROOM:
            raise Mistake(
                f"a checkpoint needs {needed / 1e9:.1f} GB, and the disk has {free / 1e9:.1f} GB left",
                where=str(self.folder),
                hint="make room (`kitae gc` names what can go) and run the same command again: it goes on from the "
                "checkpoint before",
            )

    def _whole(self, path: Path) -> Checkpoint | None:
        """`None` where it belongs to another run."""
        named = _NAME.fullmatch(path.name)
        assert named is not None
        if file_digest(path)[:16] != named[2]:
            raise Mistake(
                f"the checkpoint of step {int(named[1])} is damaged: it is not what was written",
                where=str(path),
                hint="look after the disk; delete the file, and training goes on from the checkpoint before, or anew",
            )
        return self._read(path)

    def _read(self, path: Path) -> Checkpoint | None:
        with safe_open(path, framework="pt") as file:
            told = file.metadata()
            if told["identity"] != self.identity:
                return None
            # Copied out of the file's mapping, since the file is deleted while training goes on.
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
        return Checkpoint(int(told["step"]), tensors, json.loads(told["state"]))
