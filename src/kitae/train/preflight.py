"""Before money is spent: whether training is right on this data and this model, and how long it will take."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from ..core.noun import Noun
from .checks import CHECKS, Check
from .data import Data
from .flight import Flight, checkable, some
from .masks import mask_report
from .objective import together
from .probe import Probe, probe
from .ranks import present
from .recipe import PLAIN, Computing, Course


class Preflight(Noun):
    """What was found."""

    course: str
    checks: tuple[Check, ...]
    masks: tuple[str, ...]
    """Three dialogues with what is learnt between ⟦ and ⟧."""
    shares: dict[str, float]
    """For each artifact that is learnt from, its share of the tokens that the planned steps learn."""
    probe: Probe | None
    """`None` where several processes train: one alone has neither their memory nor their speed."""

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)

    def lines(self) -> Iterator[str]:
        """Checks and shares, for people to read."""
        for check in self.checks:
            yield f"  {'pass' if check.passed else 'FAIL'}  {check.name:<19} {check.figure}"
            if not check.passed:
                yield f"        {check.means}"
        for source, share in self.shares.items():
            yield f"  {share:>5.1%} of what is learnt is of {source}"


def preflight(
    course: Course,
    folder: Path,
    data: Data,
    *,
    place: dict[str, str],
    computing: Computing = PLAIN,
    scratch: Path | None = None,
    done: Callable[[int], None] = lambda _: None,
) -> Preflight:
    """Checks a course and times some of its steps; trains nothing that stays.

    Args:
        folder: Of the model.
        place: What training computes with: `number_format` and `device`.
        computing: How it does; only what is timed depends on it.
        scratch: Where a part of a large model and checkpoints are written for a while; the system's place for such
            files if `None`.
        done: Called with 1 after each check.
    """
    with tempfile.TemporaryDirectory(dir=scratch) as apart:
        chosen = some(data.examples, together(course))
        checked, own, examples = checkable(folder, course, chosen, Path(apart))
        flight = Flight(checked, own, data, examples, Path(apart))
        checks = []
        for check in CHECKS:
            found = check(flight)
            checks += [found] if found else []
            done(1)
    timed = probe(course, folder, data, flight.order, place, computing) if present().count == 1 else None
    done(1)
    masks = tuple(mask_report(data.renderer, data.dialogues)) if data.dialogues else ()
    return Preflight(course=course.name, checks=tuple(checks), masks=masks, shares=_shares(flight), probe=timed)


def _shares(flight: Flight) -> dict[str, float]:
    """Of the tokens that the planned steps learn."""
    times = Counter(index for row in flight.trained for index in row)
    learnt: Counter[str] = Counter()
    for place, example in enumerate(flight.data.examples):
        learnt[flight.data.origin(place)] += example.targets * times[place]
    total = max(1, learnt.total())
    return {source: count / total for source, count in learnt.items()}
