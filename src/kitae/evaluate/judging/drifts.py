"""Anchors in the project's records: what was frozen of a judge, and what came of asking it again."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.dialogue import Message
from ...core.label import Label
from ...core.noun import Noun, digest
from ...core.records import Records
from .anchors import Drift
from .protocol import Protocol
from .request import JudgeRequest, Judgment

ANCHORS, AGAIN, DRIFTS = "anchors", "anchored", "drifts"
"""What was frozen; each new judgment of it; what came of a check."""


class Anchor(Noun):
    """A judgment, and word for word what the judge was asked: nothing that changes later is needed to ask again."""

    judgment: Judgment
    messages: tuple[Message, ...]
    temperature: float
    max_tokens: int

    def again(self, judge: str, occasion: str) -> JudgeRequest:
        """The same call, under a key of its own for each occasion.

        Args:
            judge: Its version now.
        """
        return JudgeRequest(
            key=digest([self.judgment.key, judge, occasion])[:32],
            messages=self.messages,
            temperature=self.temperature,
            max_tokens=self.max_tokens,
            about=self.judgment.about.model_copy(update={"judge": judge}),
        )


class Frozen(Noun):
    """The anchors of a judge on a suite."""

    judge: str
    """Its name in the project."""
    version: str
    suite: str
    day: str
    """On which they were frozen: ISO, UTC."""
    label: Label
    """Of questions and answers together: who may not have it cannot be asked again."""
    protocol: Protocol
    anchors: tuple[Anchor, ...]


class Checked(Noun):
    """A judge that was asked again."""

    judge: str
    suite: str
    since: str
    """Day on which the anchors were frozen."""
    occasion: str
    """Day of the check, and which of that day."""
    then: str
    """The judge's version when they were frozen."""
    now: str
    served_then: tuple[str, ...]
    """The models that its server named."""
    served_now: tuple[str, ...]
    drift: Drift

    @property
    def changes(self) -> list[str]:
        """How the judge is another one by its own word, whatever it rates."""
        told = [("it was", self.then, "and is", self.now)] if self.then != self.now else []
        if self.served_then and self.served_now and self.served_then != self.served_now:
            told.append(("its server named", ", ".join(self.served_then), "and names", ", ".join(self.served_now)))
        return [" ".join(each) for each in told]


def _key(judge: str, suite: str) -> str:
    return digest([judge, suite])[:32]


def remember_anchors(records: Records, frozen: Frozen) -> None:
    """Keeps anchors; later ones replace them for readers."""
    records.add(ANCHORS, _key(frozen.judge, frozen.suite), frozen.model_dump(mode="json"))


def anchors_of(records: Records, judge: str) -> Iterator[Frozen]:
    """All that was frozen of a judge, one set for each suite."""
    for row in records.all(ANCHORS):
        if row["judge"] == judge:
            yield Frozen.model_validate(row)


def remember_check(records: Records, checked: Checked) -> None:
    """Keeps what came of a check; a later one replaces it for readers."""
    records.add(DRIFTS, _key(checked.judge, checked.suite), checked.model_dump(mode="json"))


def drift_told(records: Records, judge: str, version: str) -> str:
    """What has to be said beside a judge's scores since it was last asked again; empty where it is steady.

    Args:
        version: Of the judge: one model may have several names in a project.
    """
    own = (row for row in records.all(DRIFTS) if judge == row["judge"] or version in (row["then"], row["now"]))
    found = [Checked.model_validate(row) for row in own]
    drifted = [each for each in found if each.drift.verdict == "drifted"]
    if not drifted:
        return ""
    mean = drifted[0].drift.difference.mean or 0.0
    return (
        f"{judge} has drifted by {mean:+.2f} on its anchors of {drifted[0].suite} "
        f"({drifted[0].since} to {drifted[0].occasion}): scores from before and after are not to be compared"
    )
