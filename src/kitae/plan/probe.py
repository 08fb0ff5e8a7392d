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
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..train.checkpoint import EVERY_SECONDS, SHARE, Checkpoints
from ..train.data import Data
from ..train.fit import fit, plan
from ..train.guard import Allowance, Guard, Stopped
from ..train.measure import at_most
from ..train.recipe import Course
from ..train.trainee import Trainee
from .span import Span

SECONDS: Final = 25.0
"""Of steps. With loading, measuring and saving the whole stays below a minute for models that a CPU trains."""

LEAST: Final = 3
"""Steps, however long they take: the first is slower than the others, and one alone has no spread."""


@dataclass(frozen=True)
class Timing:
    """What was measured, in seconds."""

    load: float
    """The model, as it is trained."""
    measuring: float
    """Once, the held-out examples and the general text."""
    first: float
    """Step, which is slower."""
    steps: tuple[tuple[int, float], ...]
    """Tokens and seconds of each of the others."""
    checkpoint: float
    save: float
    """The whole model, at the end."""

    @property
    def tokens_per_second(self) -> float:
        return sum(tokens for tokens, _ in self.steps) / sum(seconds for _, seconds in self.steps)

    @property
    def spread(self) -> float:
        """Two standard errors of a token's mean time, relative to it; 0 where one step was timed."""
        each = [seconds / tokens for tokens, seconds in self.steps]
        if len(each) < 2:
            return 0.0
        return 2 * statistics.stdev(each) / math.sqrt(len(each)) / statistics.mean(each)


@dataclass(frozen=True)
class Forecast:
    """How long a course takes, in seconds, and of what that is made up."""

    timing: Timing
    tokens: int
    """Of the whole course."""
    measures: int
    """So often it measures, before the first step included."""

    @property
    def training(self) -> float:
        """All steps, the slow first one included."""
        rest = self.tokens - self._first_tokens
        return self.timing.first + max(0, rest) / self.timing.tokens_per_second

    @property
    def _first_tokens(self) -> int:
        return min(self.tokens, self.timing.steps[0][0])

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
    """Lets so many steps be made before it stops for the time."""

    def __init__(self, seconds: float, made: list[tuple[int, float]]) -> None:
        super().__init__(Allowance(seconds, "the probe's time"))
        self._made = made

    def reason(self, seconds: float) -> str:
        return super().reason(seconds) if len(self._made) > LEAST else ""


def probe(course: Course, folder: Path, data: Data, *, place: dict[str, str], seconds: float = SECONDS) -> Forecast:
    """Trains for some seconds, keeps nothing, and says how long the whole takes.

    Args:
        folder: Of the model.
        place: What training computes with: `number_format` and `device`.
        seconds: Of steps; at least `LEAST` are made.
    """
    whole = plan(data.examples, course)
    begun = time.perf_counter()
    trainee = Trainee(folder, course, number_format=place["number_format"], device=place["device"])
    loaded = time.perf_counter()
    made: list[tuple[int, float]] = []

    def progress(_: int) -> Callable[[int], None]:
        return lambda tokens: made.append((tokens, time.perf_counter()))

    with tempfile.TemporaryDirectory() as scratch:
        checkpoints = _Timed(Path(scratch) / "checkpoints", "probe", every=math.inf)
        with contextlib.suppress(Stopped):
            fit(
                trainee,
                # Measured before the first step and never again while steps are timed.
                course.model_copy(update={"measures": 1, "keep": "last"}),
                data.examples,
                held_out=at_most(data.held_out, course.held_out_tokens),
                general=at_most(data.general, course.held_out_tokens),
                checkpoints=checkpoints,
                guard=_Guard(seconds, made),
                progress=progress,
            )
        saving = time.perf_counter()
        trainee.save(Path(scratch) / "model")
        saved = time.perf_counter()
    # The loop reports once before its first step: what it measured until then is timed by that.
    before, *steps = made
    first, *others = [(tokens, at - earlier) for (tokens, at), (_, earlier) in zip(steps, made, strict=False)]
    timing = Timing(
        load=loaded - begun,
        measuring=before[1] - loaded,
        first=first[1],
        steps=tuple(others) or (first,),
        checkpoint=checkpoints.took,
        save=saved - saving,
    )
    return Forecast(timing, whole.computed, measures=1 + min(course.measures, whole.steps))
