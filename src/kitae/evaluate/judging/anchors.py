"""Anchors: answers that are frozen with a judge's ratings and judged again before each use, to see whether it moved.

A served model changes behind its name, and a local one with its server's version. Scores before and after are
comparable only if the same answers still get the same ratings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ...core.mistakes import Mistake
from ...core.noun import Noun
from ..clusters import paired_clustered
from ..statistics import Difference
from .request import Judgment

COUNT = 40
TOLERANCE = 0.3
"""Points on a scale of ten. Judging the same answers twice moves a mean by about 0.2 (FastChat issue 3386)."""

UNREADABLE = 0.1
"""Share of anchors that could not be rated again from which on nobody can call a judge steady."""

Verdict = Literal["steady", "drifted", "unclear"]


class Drift(Noun):
    """A judge then and now, on the same answers."""

    n: int
    same: float
    """Share of equal ratings."""
    difference: Difference
    """Now minus then."""
    failed: int
    """Anchors that it did not rate this time."""
    verdict: Verdict
    """`drifted`: the interval leaves out 0. `steady`: it lies within the tolerance. `unclear`: neither can be said, or
    too many could not be rated again."""


def choose(judgments: Sequence[Judgment], count: int = COUNT) -> list[Judgment]:
    """Which judgments to freeze: as many of each category, from its worst to its best rating; always the same ones.

    Raises:
        Mistake: fewer ratings than are wanted.
    """
    groups: dict[str, list[Judgment]] = {}
    for each in sorted(judgments, key=lambda each: each.key):
        if each.parse.score is not None:
            groups.setdefault(each.about.category, []).append(each)
    rated = sum(map(len, groups.values()))
    if rated < count:
        raise Mistake(
            f"{count} anchors are wanted, and {rated} answers are rated", where="anchors", hint="judge more first"
        )
    queues = [_spread_out(groups[name]) for name in sorted(groups)]
    chosen: list[Judgment] = []
    for rank in range(max(map(len, queues))):
        chosen += [queue[rank] for queue in queues if rank < len(queue)]
    return chosen[:count]


def _spread_out(judgments: Sequence[Judgment]) -> list[Judgment]:
    """The worst, the best, then halves of what lies between: however many are taken, they span the scale."""
    ordered = sorted(judgments, key=lambda each: (each.parse.score or 0.0, each.key))
    taken, waiting = [0, len(ordered) - 1], [(0, len(ordered) - 1)]
    for low, high in waiting:  # grows while it is read
        if high - low > 1:
            middle = (low + high) // 2
            taken.append(middle)
            waiting += [(low, middle), (middle, high)]
    return [ordered[index] for index in dict.fromkeys(taken)]


def drift(frozen: Sequence[Judgment], again: Sequence[Judgment], tolerance: float = TOLERANCE) -> Drift:
    """Holds a judge's new ratings of the anchors against the frozen ones.

    Raises:
        Mistake: an anchor was not judged again, or under another prompt or reference.
    """
    now = {_anchor(each): each for each in again}
    missing = [each for each in frozen if _anchor(each) not in now]
    if missing:
        about = missing[0].about
        raise Mistake(
            f"{len(missing)} of {len(frozen)} anchors were not judged again",
            where=f"the question {about.question}, turn {about.turn}",
            hint="judge all of them, under the prompts and references that they were frozen with",
        )
    keys = {(each.about.cluster, _anchor(each)): each for each in frozen}
    before = {key: each.parse.score for key, each in keys.items() if each.parse.score is not None}
    after = {key: score for key in keys if (score := now[key[1]].parse.score) is not None}
    difference = paired_clustered(after, before)
    failed = sum(key not in after for key in before)
    verdict = _verdict(difference, tolerance)
    return Drift(
        n=difference.n,
        same=1 - (difference.better + difference.worse) / difference.n if difference.n else 0.0,
        difference=difference,
        failed=failed,
        verdict="unclear" if verdict == "steady" and failed > UNREADABLE * len(before) else verdict,
    )


def _anchor(judgment: Judgment) -> tuple[object, ...]:
    about = judgment.about
    return about.answers, about.turn, about.prompt, about.reference


def _verdict(difference: Difference, tolerance: float) -> Verdict:
    if difference.interval is None:
        return "unclear"
    low, high = difference.interval.low, difference.interval.high
    if low > 0 or high < 0:
        return "drifted"
    return "steady" if -tolerance <= low and high <= tolerance else "unclear"
