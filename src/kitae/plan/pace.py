"""What probes found: a plan reckons with it where it is of the same recipe, model and place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ..core.noun import Noun, digest
from ..train.recipe import Course
from .span import Span

KIND: Final = "probes"
"""Of records."""

AMOUNT: Final = {"tokens", "epochs", "share", "seed"}
"""Keys of a recipe that say how much is learnt, and nothing about how fast."""


class Pace(Noun):
    """A row of the records: how fast one course was at one place."""

    recipe: str
    """Of the course, without how much it learns."""
    model: str
    """Name of the folder that training began with."""
    place: str
    at: str
    fixed_seconds: float
    """Loading, measuring, checkpoints, saving."""
    tokens_per_second: Span
    """Of the steps, the slow first one included."""

    def seconds(self, tokens: float) -> Span:
        """Of a course of so many tokens."""
        rate = self.tokens_per_second
        span = Span(low=tokens / rate.high, mid=tokens / rate.mid, high=tokens / rate.low)
        return span + Span.exactly(self.fixed_seconds)


def recipe_of(course: Course) -> str:
    """What a course's speed depends on, as a digest."""
    return digest([course.name, course.model_dump(mode="json", exclude=AMOUNT)])


def paced(rows: Iterable[Mapping[str, Any]], course: Course, *, model: str, place: str) -> Pace | None:
    """The latest probe of this course with this model at this place."""
    asked = recipe_of(course), model, place
    found = [row for row in map(Pace.model_validate, rows) if (row.recipe, row.model, row.place) == asked]
    return max(found, key=lambda row: row.at, default=None)
