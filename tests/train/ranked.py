"""Processes that train together, forked from one that has imported everything already."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import socket
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch

from kitae.train.checkpoint import Checkpoints
from kitae.train.curve import CurveRow
from kitae.train.example import Example
from kitae.train.fit import fit
from kitae.train.measure import scores
from kitae.train.objective import DirectPreference, Likelihood, Objective
from kitae.train.ranks import ALONE, Alone, Several, whole
from kitae.train.recipe import Computing, Course
from kitae.train.trainee import Trainee

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([__name__])

LONGEST = 240.0
"""Seconds that anything here may take."""


@dataclass(frozen=True)
class Job:
    """A course, as every rank is told it."""

    base: Path
    course: Course
    examples: Sequence[Example]
    checkpoints: Path
    often: bool = False
    """Whether a checkpoint is written after each step."""
    held_out: Sequence[Example] = ()
    shard: str = "all"
    number_format: str = "float64"
    preferences: bool = False


@dataclass(frozen=True)
class Outcome:
    curve: list[CurveRow]
    weights: dict[str, torch.Tensor]
    kept: int


class Always(Checkpoints):
    def due(self) -> bool:
        return True


def train(ranks: Alone, job: Job) -> Outcome:
    """What every rank does; all have the same outcome."""
    computing = Computing.model_validate({"shard": job.shard})
    trainee = Trainee(job.base, job.course, number_format=job.number_format, ranks=ranks, computing=computing)
    objective: Objective = Likelihood()
    if job.preferences:
        plain = DirectPreference(beta=0.2, likelihood=0.1)
        before = scores(trainee, [*job.examples, *job.held_out], job.course, plain)
        objective = DirectPreference(beta=0.2, likelihood=0.1, before=before)
    checkpoints = (Always if job.often else Checkpoints)(job.checkpoints, "same", every=1e9, ranks=ranks)
    fitted = fit(trainee, job.course, job.examples, objective=objective, held_out=job.held_out, checkpoints=checkpoints)
    weights = {name: whole(each.detach()).clone() for name, each in trainee.trained.items()}
    return Outcome(fitted.curve, weights, fitted.kept)


def alone(job: Job) -> Outcome:
    return train(ALONE, job)


class Together:
    """So many processes that do the same."""

    def __init__(self, count: int, act: Callable[..., Any], *arguments: Any, machines: int = 1) -> None:
        self.errors = Path(tempfile.mkdtemp())
        port, self._pipes, self.processes = _free_port(), [], []
        for rank in range(count):
            ours, theirs = CONTEXT.Pipe()
            environment = {
                "RANK": str(rank),
                "LOCAL_RANK": str(rank % (count // machines)),
                "WORLD_SIZE": str(count),
                "LOCAL_WORLD_SIZE": str(count // machines),
                "MASTER_ADDR": "127.0.0.1",
                "MASTER_PORT": str(port),
            }
            told = (environment, self.errors / f"{rank}.txt", theirs, act, arguments)
            process = CONTEXT.Process(target=_work, args=told, daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self.processes.append(process)

    def outcomes(self) -> list[Any]:
        """What each of them comes to."""
        found = []
        for rank, pipe in enumerate(self._pipes):
            assert pipe.poll(LONGEST), f"process {rank} takes too long: {self.told(rank)}"
            try:
                found.append(pickle.loads(pipe.recv_bytes()))
            except EOFError:
                raise AssertionError(f"process {rank} died: {self.told(rank)}") from None
        for process in self.processes:
            process.join(LONGEST)
        return found

    def kill(self, rank: int) -> None:
        self.processes[rank].kill()

    def ended(self, rank: int) -> int | None:
        """The exit code, once it has ended."""
        self.processes[rank].join(LONGEST)
        return self.processes[rank].exitcode

    def until_saved(self, job: Job) -> None:
        """Waits until they have written another checkpoint."""
        before = set(job.checkpoints.glob("step-*"))
        self.until(lambda: set(job.checkpoints.glob("step-*")) - before)

    def until(self, what: Callable[[], object]) -> None:
        """Waits for something that comes while all of them are at work."""
        deadline = time.monotonic() + LONGEST
        while not what():
            assert all(each.exitcode is None for each in self.processes), self.told(0)
            assert time.monotonic() < deadline, "it never came"
            time.sleep(0.0005)

    def told(self, rank: int) -> str:
        """What it wrote to its standard error."""
        path = self.errors / f"{rank}.txt"
        return path.read_text(encoding="utf-8") if path.is_file() else ""


def together(count: int, job: Job, machines: int = 1) -> Outcome:
    """The outcome of the first of so many; that of the others is held against it."""
    first, *others = Together(count, train, job, machines=machines).outcomes()
    for other in others:
        assert other.curve == first.curve
        assert all(torch.equal(weight, other.weights[name]) for name, weight in first.weights.items())
    found: Outcome = first
    return found


def furthest(one: Outcome, other: Outcome) -> float:
    """The largest relative difference of losses, gradient norms and weights."""
    assert [row.step for row in one.curve] == [row.step for row in other.curve]
    assert [row.targets for row in one.curve] == [row.targets for row in other.curve]
    numbers = [
        torch.tensor([[row.loss or 0, row.gradient_norm or 0, row.held_out_loss or 0] for row in each.curve]).double()
        for each in (one, other)
    ]
    pairs = [(numbers[0], numbers[1]), *((weight, other.weights[name]) for name, weight in one.weights.items())]
    return max(float((a - b).abs().max() / b.abs().max().clamp_min(1e-12)) for a, b in pairs)


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def _work(
    environment: dict[str, str], errors: Path, pipe: Connection, act: Callable[..., Any], arguments: tuple[Any, ...]
) -> None:
    os.environ.update(environment)
    sys.stderr = errors.open("w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), 2)
    torch.set_num_threads(1)
    try:
        with Several("cpu") if environment["WORLD_SIZE"] != "1" else nullcontext(ALONE) as ranks:
            # Not `send`, which would hand on files that are gone when the process is.
            pipe.send_bytes(pickle.dumps(act(ranks, *arguments)))
    except BaseException:
        traceback.print_exc()
        raise
