"""Some seconds of real steps on this machine, and from them how long the whole course takes.

What is timed is what training runs: the same loop, packing, number format and order of rows, stopped early by the guard
that stops training, which also writes the one checkpoint that is timed.
"""

from __future__ import annotations

import contextlib
import math
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from torch.optim.optimizer import register_optimizer_step_pre_hook

from ..core.mistakes import Mistake
from ..train.checkpoint import EVERY_SECONDS, SHARE, Checkpoints
from ..train.data import Data
from ..train.example import Example, row_tokens
from ..train.fit import fit, plan
from ..train.guard import Guard, Stopped
from ..train.measure import at_most
from ..train.recipe import Course
from ..train.trainee import Trainee
from .span import Span

SECONDS: Final = 55.0
"""Of the whole probe: what loading, measuring and saving leave of them goes into steps."""

LEAST: Final = 3
"""Steps, however long they take: the first is slower than the others, and one alone has no spread."""

MEASURED: Final = 1024
"""Tokens of held-out examples, and as many of general text: the time of all of them follows from their number."""


@dataclass(frozen=True)
class Timing:
    """What was measured, in seconds."""

    load: float
    """The model, as it is trained."""
    measuring: float
    """Once, all held-out examples and the general text."""
    first: float
    """Row, which is slower."""
    rows: tuple[tuple[int, float], ...]
    """Tokens and seconds of each of the others."""
    update: float
    """Of the weights, at the end of a step, however many rows it has."""
    checkpoint: float
    save: float
    """The whole model, at the end."""

    @property
    def tokens_per_second(self) -> float:
        return sum(tokens for tokens, _ in self.rows) / sum(seconds for _, seconds in self.rows)

    @property
    def spread(self) -> float:
        """Two standard errors of a token's mean time, relative to it; 0 where one step was timed."""
        each = [seconds / tokens for tokens, seconds in self.rows]
        if len(each) < 2:
            return 0.0
        return 2 * statistics.stdev(each) / math.sqrt(len(each)) / statistics.mean(each)


@dataclass(frozen=True)
class Forecast:
    """How long a course takes, in seconds, and of what that is made up."""

    timing: Timing
    tokens: int
    """Of the whole course."""
    steps: int
    measures: int
    """So often it measures, before the first step included."""

    @property
    def training(self) -> float:
        """All steps, the slow first row included."""
        rest = max(0, self.tokens - self.timing.rows[0][0])
        return self.timing.first + rest / self.timing.tokens_per_second + self.steps * self.timing.update

    @property
    def checkpoints(self) -> float:
        """All but the one at a stop: as often as `Checkpoints` would write them."""
        cycle = max(EVERY_SECONDS, self.timing.checkpoint / SHARE)
        return math.floor(self.training / (cycle + self.timing.checkpoint)) * self.timing.checkpoint

    @property
    def parts(self) -> dict[str, float]:
        return {
            "load": self.timing.load,
            "measuring": self.measures * self.timing.measuring,
            "training": self.training,
            "checkpoints": self.checkpoints,
            "save": self.timing.save,
        }

    @property
    def seconds(self) -> float:
        return sum(self.parts.values())

    @property
    def interval(self) -> tuple[float, float]:
        """As far as the steps that were timed differ; a machine that becomes busier is not in it."""
        apart = self.training * self.timing.spread
        return self.seconds - apart, self.seconds + apart

    def share_of_peak(self, operations: float, peak_tflops: float, gpus: int) -> Span:
        """Of what the cards could compute, over the whole run: `mfu_low` and `mfu_high` of `[plan.cards.NAME]`.

        Args:
            operations: For one token: see `plan.time`.
            peak_tflops: Of one card.
        """
        most = peak_tflops * 1e12 * gpus / (operations * self.tokens)
        quick, slow = self.interval
        return Span.between(1 / (slow * most), 1 / (quick * most))


class _Timed(Checkpoints):
    """Writes only where training is stopped, and times that."""

    took = 0.0

    def save(self, checkpoint: Any) -> None:
        started = time.perf_counter()
        super().save(checkpoint)
        self.took = time.perf_counter() - started


class _Guard(Guard):
    """Lets so many steps be made before it stops for the time, which is that of a clock."""

    def __init__(self, until: float, made: list[tuple[int, float]]) -> None:
        super().__init__()
        self._until, self._made = until, made

    def reason(self, seconds: float, joules: float | None = None) -> str:
        # The next row takes about as long as the last one did.
        now, last = time.perf_counter(), self._made[-1][1] - self._made[-2][1]
        over = now + last > self._until and len(self._made) > LEAST
        return "the probe's time" if over else super().reason(seconds)


@contextlib.contextmanager
def _updates() -> Iterator[list[float]]:
    """Seconds from the beginning of each of an optimiser's steps, until what it changed has been brought in line."""
    begun: list[float] = []
    hook = register_optimizer_step_pre_hook(lambda *_: begun.append(time.perf_counter()))
    try:
        yield begun
    finally:
        hook.remove()


def _refuse(told: str) -> None:
    raise Mistake(told, where="a probe", hint="a course that goes wrong so soon has to be mended before it is timed")


def _some(examples: Sequence[Example], tokens: int) -> tuple[list[Example], float]:
    """Some of the examples that a course measures, and how many times as many it measures."""
    every = at_most(examples, tokens)
    some = at_most(every, MEASURED) or every[:1]
    return some, row_tokens(every) / row_tokens(some) if some else 1.0


def probe(course: Course, folder: Path, data: Data, *, place: dict[str, str], seconds: float = SECONDS) -> Forecast:
    """Trains for some seconds, keeps nothing, and says how long the whole takes.

    Args:
        folder: Of the model.
        place: What training computes with: `number_format` and `device`.
        seconds: Of the whole probe; at least `LEAST` rows are trained on.

    Raises:
        Mistake: loss or gradient was not a number, or sprang up.
    """
    whole = plan(data.examples, course)
    begun = time.perf_counter()
    trainee = Trainee(folder, course, number_format=place["number_format"], device=place["device"])
    loaded = time.perf_counter()
    held_out, times = _some(data.held_out, course.held_out_tokens)
    general, _ = _some(data.general, course.held_out_tokens)
    made: list[tuple[int, float]] = []

    def progress(_: int) -> Callable[[int], None]:
        return lambda tokens: made.append((tokens, time.perf_counter()))

    with tempfile.TemporaryDirectory() as scratch, _updates() as updates:
        checkpoints = _Timed(Path(scratch) / "checkpoints", "probe", every=math.inf)
        with contextlib.suppress(Stopped):
            fit(
                trainee,
                # Steps of one row, so that many end in time; and nothing is measured while they are timed.
                course.model_copy(update={"batch_tokens": course.sequence, "measures": 1, "keep": "last"}),
                data.examples,
                held_out=held_out,
                general=general,
                checkpoints=checkpoints,
                # What was read is written twice, as a checkpoint and whole.
                guard=_Guard(begun + seconds - 2 * (loaded - begun), made),
                progress=progress,
                say=_refuse,
            )
        saving = time.perf_counter()
        trainee.save(Path(scratch) / "model")
        saved = time.perf_counter()
    # The loop reports once before its first step: what it measured until then is timed by that.
    before, *steps = made
    update = [at - started for started, (_, at) in zip(updates, steps, strict=True)]
    rows = [
        (tokens, at - earlier - own) for (tokens, at), (_, earlier), own in zip(steps, made[:-1], update, strict=True)
    ]
    timing = Timing(
        load=loaded - begun,
        measuring=(before[1] - loaded) * times,
        first=rows[0][1],
        rows=tuple(rows[1:] or rows),
        update=statistics.median(update),
        checkpoint=checkpoints.took,
        save=saved - saving,
    )
    return Forecast(timing, whole.computed, whole.steps, measures=1 + min(course.measures, whole.steps))
