"""Where a killed run goes on."""

from __future__ import annotations

import json
import re
import shutil
import time
import warnings
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.filesystem import FileSystemReader, FileSystemWriter
from torch.distributed.checkpoint.metadata import TensorStorageMetadata
from torch.distributed.checkpoint.staging import DefaultStager, StagingOptions
from torch.distributed.checkpoint.state_dict_loader import load
from torch.distributed.checkpoint.state_dict_saver import save

from ..core.files import disk_full_is_a_mistake, file_digest, sync_folder, write_atomically
from ..core.mistakes import Mistake
from .ranks import ALONE, Alone, part_of

EVERY_SECONDS: Final = 30.0
SHARE: Final = 0.05
"""At most this share of the time goes into writing checkpoints."""

KEPT: Final = 3
"""Checkpoints that stay: training that went wrong goes back to one of two steps before, even if each step has one."""

ROOM: Final = 64 * 2**20
"""Bytes that are left free beside a checkpoint."""

SEAL: Final = "seal.json"
"""What a checkpoint is of, and the digest of each of its files; its own digest is part of the folder's name."""

BESIDE: Final = ".writing"
METADATA: Final = ".metadata"
"""Torch's list of what is in which file."""

_NAME = re.compile(r"(?:step|best)-(\d{8})-([0-9a-f]{16})")


@dataclass(frozen=True)
class Checkpoint:
    """All that training depends on after `step` steps: nothing else is carried from step to step."""

    step: int
    tensors: Mapping[str, Tensor]
    """Of several ranks each has its own parts of them."""
    state: dict[str, Any]
    """What is no tensor: the curve so far. JSON."""


class Checkpoints:
    """The latest checkpoints of a run, in its own folder, and the best weights.

    Each is a folder of torch.distributed.checkpoint, which any number of ranks can write and any other read. It is
    written beside and renamed; a file in it that was damaged does not match its digest, and nothing of it is used.
    """

    def __init__(
        self,
        folder: Path,
        identity: str,
        *,
        every: float = EVERY_SECONDS,
        ranks: Alone = ALONE,
        behind: bool = False,
    ) -> None:
        """
        Args:
            identity: Of recipe, data and model; a checkpoint of another one is not read.
            every: Seconds between two of them, unless writing takes long.
            behind: Whether a copy in memory is written while training goes on: for weights that are on a GPU.
        """
        self.folder = folder
        self.identity = identity
        self.every = every
        self._ranks = ranks
        self._due = time.monotonic() + every
        self._behind = ThreadPoolExecutor(1, "checkpoint") if behind else None
        self._writing: Future[None] | None = None

    def due(self) -> bool:
        return time.monotonic() >= self._due

    def save(self, checkpoint: Checkpoint) -> None:
        """Writes beside, syncs, renames; only then are older ones deleted.

        Raises:
            Mistake: the disk has no room for it, or had none for the one before; those that are there stay.
        """
        self.finish()
        self._check_room(checkpoint)
        if self._behind is None:
            self._save(checkpoint)
        else:
            self._writing = self._behind.submit(self._save, _copied(checkpoint))

    def finish(self) -> None:
        """Waits until what is being written is there.

        Raises:
            Mistake: the disk had no room for it.
        """
        writing, self._writing = self._writing, None
        if writing:
            writing.result()

    def save_best(self, step: int, weights: Mapping[str, Tensor]) -> None:
        """Keeps these weights, and of those that were the best before what is so again if training goes back."""
        self.finish()
        checkpoint = Checkpoint(step, weights, {})
        self._check_room(checkpoint)
        made = self._write("best", checkpoint)

        def needed(whole: list[Path]) -> list[Path]:
            before = [each for each in whole if _step_of(each) < step]
            furthest_back = min(map(_step_of, self._sealed("step")), default=step)
            later = sum(_step_of(each) > furthest_back for each in before)
            return [made, *before[: later + 1]]

        self._keep("best", needed)

    def best(self, step: int, like: Mapping[str, Tensor] | None = None) -> Mapping[str, Tensor]:
        """The weights that `save_best` kept.

        Args:
            like: See `latest`.

        Raises:
            Mistake: they are damaged or gone.
        """
        instead = 'delete this folder and train again, or set `keep = "last"` in the course'
        for path in self._named("best"):
            if _step_of(path) == step and (found := self._whole(path, like or {}, instead)):
                return found.tensors
        raise Mistake(f"the best weights, those of step {step}, are gone", where=str(self.folder), hint=instead)

    def latest(self, at_most: int | None = None, like: Mapping[str, Tensor] | None = None) -> Checkpoint | None:
        """The furthest one of this run, with at most so many steps done.

        Args:
            like: By name, tensors that are spread over ranks as those that are read shall be; they are not changed. A
                tensor without one is read whole.

        Raises:
            Mistake: it is damaged.
        """
        self.finish()
        named = [each for each in self._named("step") if at_most is None or _step_of(each) <= at_most]
        for path, before in zip_longest(named, named[1:]):
            goes_on = f"goes on from step {_step_of(before)}" if before else "begins anew"
            instead = f"look after the disk; delete the folder {path.name}, and training {goes_on}"
            if found := self._whole(path, like or {}, instead):
                return found
        return None

    def forget(self, after: int) -> None:
        """Deletes those of more steps: training has gone back, and will come to other ones."""
        for what in ("step", "best"):
            self._keep(what, lambda whole: [each for each in whole if _step_of(each) <= after])

    def _named(self, what: str) -> list[Path]:
        """The whole checkpoints of a kind, the furthest first, as the first rank sees them.

        One without a seal was cut off where folders are copied file by file, the seal last.
        """
        return self._ranks.once(lambda: sorted(self._sealed(what), reverse=True))

    def _sealed(self, what: str) -> Iterator[Path]:
        for each in self.folder.iterdir() if self.folder.is_dir() else ():
            if each.name.startswith(what) and _NAME.fullmatch(each.name) and (each / SEAL).is_file():
                yield each

    def _save(self, checkpoint: Checkpoint) -> None:
        started = time.monotonic()
        made = self._write("step", checkpoint)
        # Of a step that is written twice, as where a limit stops it, the later one takes the earlier one's place.
        self._keep("step", lambda whole: [made, *(each for each in whole if _step_of(each) < checkpoint.step)][:KEPT])
        took = time.monotonic() - started
        self._due = time.monotonic() + max(self.every, took / SHARE)

    def _write(self, what: str, checkpoint: Checkpoint) -> Path:
        """Where it is then."""
        ranks, beside = self._ranks.aside, self.folder / BESIDE
        ranks.once(lambda: _emptied(beside))
        with disk_full_is_a_mistake(beside):
            _put(checkpoint.tensors, beside, ranks)
        own = {each.name: file_digest(each) for each in beside.iterdir() if _is_of(each.name, ranks.rank)}
        files = dict(ChainMap(*ranks.gathered(own)))
        return ranks.once(lambda: self._seal(what, checkpoint, files))

    def _seal(self, what: str, checkpoint: Checkpoint, files: Mapping[str, str]) -> Path:
        beside = self.folder / BESIDE
        told = {"identity": self.identity, "state": checkpoint.state, "files": files}
        write_atomically(beside / SEAL, [json.dumps(told, sort_keys=True).encode()])
        final = self.folder / f"{what}-{checkpoint.step:08d}-{file_digest(beside / SEAL)[:16]}"
        if final.exists():  # to the last bit the same: of a step that was taken back and made again
            _remove(final)
        beside.replace(final)
        sync_folder(self.folder)
        return final

    def _keep(self, what: str, chosen: Callable[[list[Path]], list[Path]]) -> None:
        """Deletes all of a kind but those chosen, and what a kill left of some that were being deleted."""

        def delete() -> None:
            kept = chosen(sorted(self._sealed(what), reverse=True))
            for each in list(self.folder.glob(f"{what}-*")):
                if each not in kept:
                    _remove(each)

        self._ranks.aside.once(delete)

    def _check_room(self, checkpoint: Checkpoint) -> None:
        """Before it is written: a disk that is filled to the last byte stops others too."""
        own = sum(part_of(each).nbytes for each in checkpoint.tensors.values())
        needed = self._ranks.total(own)
        self._ranks.once(lambda: _check_free(self.folder, needed))

    def _whole(self, path: Path, like: Mapping[str, Tensor], instead: str) -> Checkpoint | None:
        """`None` where it belongs to another run.

        Args:
            instead: What can be done where it is damaged.
        """
        told = self._ranks.once(lambda: _told(path, instead))
        if told["identity"] != self.identity:
            return None
        files: dict[str, str] = told["files"]
        # Ranks share out the files to be held against their digests.
        own = sorted(files)[self._ranks.rank :: self._ranks.count]
        self._ranks.all(lambda: _check_files(path, {name: files[name] for name in own}, instead))
        return Checkpoint(_step_of(path), _got(path, like, self._ranks), told["state"])


def _copied(checkpoint: Checkpoint) -> Checkpoint:
    """The same in the memory of the processor, so that training may go on."""
    copied = DefaultStager(StagingOptions(False, False, False, False)).stage(dict(checkpoint.tensors))
    assert isinstance(copied, dict)  # and no promise of it, as is not asked for
    return replace(checkpoint, tensors=copied)


def _put(tensors: Mapping[str, Tensor], folder: Path, ranks: Alone) -> None:
    """
    Raises:
        OSError: of any rank.
    """
    detached = {name: each.detach() for name, each in tensors.items()}
    try:
        with _quietly():
            save(detached, storage_writer=FileSystemWriter(folder), **_how(ranks))
    except CheckpointException as error:
        for failure, _ in error.failures.values():
            if isinstance(failure, OSError):
                raise failure from error
        raise


def _got(folder: Path, like: Mapping[str, Tensor], ranks: Alone) -> dict[str, Tensor]:
    reader = FileSystemReader(folder)
    tensors = {
        name: torch.empty_like(like[name]) if name in like else torch.empty(each.size, dtype=each.properties.dtype)
        for name, each in reader.read_metadata().state_dict_metadata.items()
        if isinstance(each, TensorStorageMetadata)  # there is nothing else in one
    }
    with _quietly():
        load(tensors, storage_reader=reader, **_how(ranks))
    return tensors


def _how(ranks: Alone) -> dict[str, Any]:
    return {"process_group": ranks.group, "no_dist": ranks.count == 1}


@contextmanager
def _quietly() -> Iterator[None]:
    """Torch warns that there is one process where it was told so."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="torch.distributed is disabled")
        yield


def _is_of(name: str, rank: int) -> bool:
    """Whether this rank wrote a file, as torch names them."""
    return name.startswith(f"__{rank}_") or (name == METADATA and rank == 0)


def _told(folder: Path, instead: str) -> dict[str, Any]:
    """What the seal says.

    Raises:
        Mistake: it is not what was written.
    """
    _check_files(folder, {SEAL: folder.name.rpartition("-")[2]}, instead)
    told: dict[str, Any] = json.loads((folder / SEAL).read_bytes())
    return told


def _check_files(folder: Path, files: Mapping[str, str], instead: str) -> None:
    """
    Args:
        files: Their names, and what their digests begin with.
        instead: What can be done where one is damaged.

    Raises:
        Mistake: one is not what was written.
    """
    for name, digest in files.items():
        if not (folder / name).is_file() or not file_digest(folder / name).startswith(digest):
            raise Mistake(
                f"the checkpoint of step {_step_of(folder)} is damaged: it is not what was written",
                where=str(folder / name),
                hint=instead,
            )


def _check_free(folder: Path, needed: float) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < needed + ROOM:
        raise Mistake(
            f"a checkpoint needs {needed / 1e9:.1f} GB, and the disk has {free / 1e9:.1f} GB left",
            where=str(folder),
            hint="make room (`kitae gc` names what can go) and run the same command again: it goes on from the "
            "checkpoint before",
        )


def _step_of(folder: Path) -> int:
    return int(folder.name.split("-")[1])


def _emptied(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _remove(folder: Path) -> None:
    """The seal first, so that half of it is never read."""
    (folder / SEAL).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
