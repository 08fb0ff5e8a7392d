"""Some steps of a course, timed: what the rest of it will take."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

import torch

from ..core.memory import forget_peak, give_back, peak
from ..core.noun import Noun
from .along import objective_of
from .data import Data
from .fit import fit
from .flight import never
from .packing import Order
from .recipe import Computing, Course
from .trainee import Trainee
from .views import Picked

STEPS: Final = 20
"""That are timed."""


class Probe(Noun):
    """Some real steps, timed."""

    steps: int
    tokens_per_second: float
    peak_memory_bytes: int
    """While it was timed: of the GPU where there is one, else of the process."""
    tokens: int
    """Of the whole course."""

    @property
    def seconds(self) -> float:
        """Of the whole course at this rate."""
        return self.tokens / self.tokens_per_second


def probe(course: Course, folder: Path, data: Data, whole: Order, place: dict[str, str], computing: Computing) -> Probe:
    """Times steps of the course itself, in the number format and on the device of this place, computed as it will be.

    Args:
        whole: The course, as it is planned.
    """
    steps = min(STEPS, whole.steps)
    tokens = sum(map(whole.tokens, range(steps)))
    learnt = {index for step in range(steps) for row in whole.step(step) for index in row}
    short = course.model_copy(update={"tokens": tokens, "keep": "last"})
    give_back()
    forget_peak()
    if place["device"] == "cuda":
        torch.cuda.reset_peak_memory_stats()
    trainee = Trainee(folder, course, number_format=place["number_format"], device=place["device"], computing=computing)
    objective = objective_of(course, trainee, Picked(data.examples, sorted(learnt)))
    with tempfile.TemporaryDirectory() as scratch:
        fitted = fit(trainee, short, data.examples, objective=objective, checkpoints=never(scratch))
    return Probe(
        steps=fitted.curve[-1].step,
        tokens_per_second=fitted.tokens / fitted.seconds,
        peak_memory_bytes=torch.cuda.max_memory_allocated() if place["device"] == "cuda" else peak(),
        tokens=whole.computed,
    )
