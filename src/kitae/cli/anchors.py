"""`kitae judge anchors` and `kitae judge drift`: whether a judge is still the one it was."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from ..anchoring import check, freeze
from ..core.mistakes import Refused
from ..evaluate.judging.drifts import Checked, Frozen
from ..project import Project
from .examined import AnchorsOutput, DriftLine, DriftOutput
from .printing import emit, pair, wrapping
from .progress import watcher


def anchors(folder: Path, judge: str, suite: str, count: int, *, again: bool, as_json: bool) -> None:
    """
    Raises:
        Mistake: as `anchoring.freeze`.
    """
    found = freeze(Project(folder), judge, suite, count=count, again=again)
    emit(_frozen(found), as_json=as_json, text=lambda console: _tell_frozen(console, found))


def _frozen(found: Frozen) -> AnchorsOutput:
    scores = [each.judgment.parse.score for each in found.anchors]
    rated = [score for score in scores if score is not None]
    return AnchorsOutput(
        judge=found.judge,
        version=found.version,
        suite=found.suite,
        day=found.day,
        label=str(found.label),
        n=len(found.anchors),
        lowest=min(rated),
        highest=max(rated),
    )


def _tell_frozen(console: Console, found: Frozen) -> None:
    told, say = _frozen(found), wrapping(console)
    say(f"{told.n} judgments of {told.judge} on {told.suite} are frozen, from {told.lowest:g} to {told.highest:g}")
    say(f"label {told.label}; next: `kitae judge drift --judge {told.judge}`, before its scores are used again")


def drift(folder: Path, judge: str, suite: str, *, gate: bool, as_json: bool) -> None:
    """
    Raises:
        Mistake: as `anchoring.check`.
        Refused: with `gate`, the judge has drifted.
    """
    look = watcher(as_json=as_json)
    try:
        found = check(Project(folder), judge, suite=suite, watcher=look)
    finally:
        look.close()
    output = DriftOutput(judge=judge, checks=tuple(map(_line, found)))
    emit(output, as_json=as_json, text=lambda console: _tell(console, output))
    drifted = [each.suite for each in output.checks if each.verdict == "drifted"]
    if gate and drifted:
        raise Refused(
            f"{judge} has drifted",
            where=", ".join(drifted),
            hint="scores from before and after are not to be compared: judge all anew, or go back to the old one",
        )


def _line(found: Checked) -> DriftLine:
    drift = found.drift
    return DriftLine(
        suite=found.suite,
        since=found.since,
        n=drift.n,
        failed=drift.failed,
        same=drift.same,
        mean=drift.difference.mean,
        interval=pair(drift.difference.interval),
        verdict=drift.verdict,
        changes=tuple(found.changes),
    )


def _tell(console: Console, output: DriftOutput) -> None:
    say = wrapping(console)
    for each in output.checks:
        mean = "-" if each.mean is None else f"{each.mean:+.2f}"
        ends = f"{each.interval[0]:+.2f}..{each.interval[1]:+.2f}" if each.interval else "no interval"
        say(f"{output.judge} on {each.suite}, since {each.since}: {each.verdict}")
        say(f"  {each.n} rated again, {each.same:.0%} the same, on average {mean}  {ends}")
        if each.failed:
            say(f"  {each.failed} could not be read this time")
        for change in each.changes:
            say(f"note: {output.judge} is another one by its own word: {change}")
