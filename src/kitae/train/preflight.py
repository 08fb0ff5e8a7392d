"""Before money is spent: whether training is right on this data and this model, and how long it will take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from ..core.noun import Noun
from .checks import CHECKS, Check
from .data import Data
from .flight import Flight, checkable, some
from .masks import mask_report
from .objective import together
from .probe import Probe, probe
from .recipe import Course


class Preflight(Noun):
    """What was found."""

    course: str
    checks: tuple[Check, ...]
    masks: tuple[str, ...]
    """Three dialogues with what is learnt between ⟦ and ⟧."""
    shares: dict[str, float]
    """For each artifact that is learnt from, its share of the tokens that are learnt."""
    probe: Probe

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)


def preflight(
    course: Course,
    folder: Path,
    data: Data,
    *,
    place: dict[str, str],
    done: Callable[[int], None] = lambda _: None,
) -> Preflight:
    """Checks a course and times some of its steps; trains nothing that stays.

    Args:
        folder: Of the model.
        place: What training computes with: `number_format` and `device`.
        done: Called with 1 after each check.
    """
    with checkable(folder, course) as (checked, own):
        flight = Flight(checked, own, data, some(data.examples, together(own)))
        checks = []
        for check in CHECKS:
            found = check(flight)
            checks += [found] if found else []
            done(1)
    timed = probe(course, folder, data, place)
    done(1)
    masks = tuple(mask_report(data.renderer, data.dialogues)) if data.dialogues else ()
    return Preflight(course=course.name, checks=tuple(checks), masks=masks, shares=_shares(data), probe=timed)


def _shares(data: Data) -> dict[str, float]:
    """Of the learnt tokens, repetitions counted."""
    learnt: Counter[str] = Counter()
    for place, example in enumerate(data.examples):
        learnt[data.origin(place)] += example.targets * example.repeat
    total = max(1, learnt.total())
    return {source: count / total for source, count in learnt.items()}
