"""Where a killed run goes on."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from ..core.files import disk_full_is_a_mistake, file_digest, sync_folder

EVERY_SECONDS: Final = 30.0
SHARE: Final = 0.05
"""At most this share of the time goes into writing checkpoints."""

_NAME = re.compile(r"step-(\d{8})-([0-9a-f]{16})\.safetensors")


@dataclass(frozen=True)
class Checkpoint:
    """All that training depends on after `step` steps: nothing else is carried from step to step."""

    step: int
    tensors: Mapping[str, Tensor]
    state: dict[str, Any]
    """What is no tensor: the curve so far. JSON."""


class Checkpoints:
    """The latest checkpoint of a run, in its own folder.

    The digest of a file is part of its name: a file that was cut off or damaged does not match and is never read.
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
        """Writes beside, syncs, renames; only then is the one before it deleted."""
        started = time.monotonic()
        self.folder.mkdir(parents=True, exist_ok=True)
        before = list(self.folder.iterdir())
        beside = self.folder / ".writing.tmp"
        told = {"identity": self.identity, "step": str(checkpoint.step), "state": json.dumps(checkpoint.state)}
        with disk_full_is_a_mistake(beside):
            save_file({name: each.detach().contiguous() for name, each in checkpoint.tensors.items()}, beside, told)
            with beside.open("rb+") as file:
                os.fsync(file.fileno())
        final = self.folder / f"step-{checkpoint.step:08d}-{file_digest(beside)[:16]}.safetensors"
        beside.replace(final)
        sync_folder(self.folder)
        for old in before:
            if old not in (final, beside):
                old.unlink()
        took = time.monotonic() - started
        self._due = time.monotonic() + max(self.every, took / SHARE)

    def latest(self) -> Checkpoint | None:
        """The furthest one that is whole and belongs to this run."""
        files = self.folder.iterdir() if self.folder.is_dir() else ()
        for path in sorted(files, reverse=True):
            named = _NAME.fullmatch(path.name)
            if named and file_digest(path)[:16] == named[2] and (found := self._read(path)):
                return found
        return None

    def _read(self, path: Path) -> Checkpoint | None:
        with safe_open(path, framework="pt") as file:
            told = file.metadata()
            if told["identity"] != self.identity:
                return None
            # Copied out of the file's mapping, since the file is deleted while training goes on.
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
        return Checkpoint(int(told["step"]), tensors, json.loads(told["state"]))
