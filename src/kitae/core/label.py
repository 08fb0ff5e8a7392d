"""One label, four doors: who may retrieve, what may be trained, where it may be processed, whom it may be sent to."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

EVERYONE = "all"
"""The group that everybody is in."""

JAPANESE = {"public": "公開", "internal": "社内", "confidential": "秘", "restricted": "極秘"}


class Label(StrEnum):
    """How far something may go. Ordered: `Label.PUBLIC < Label.RESTRICTED`."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"

    @property
    def rank(self) -> int:
        return list(Label).index(self)

    @property
    def japanese(self) -> str:
        return JAPANESE[self.value]

    def may_go_to(self, holder: Label) -> bool:
        """Whether something with this label may be where at most `holder` is allowed."""
        return self.rank <= holder.rank

    # StrEnum would compare by spelling, which is wrong here: "confidential" < "public".
    def __lt__(self, other: str) -> bool:
        return self.rank < Label(other).rank

    def __le__(self, other: str) -> bool:
        return self.rank <= Label(other).rank

    def __gt__(self, other: str) -> bool:
        return self.rank > Label(other).rank

    def __ge__(self, other: str) -> bool:
        return self.rank >= Label(other).rank


def highest(labels: Iterable[Label]) -> Label:
    """The label of what is made from several things. Nothing at all is public."""
    return max(labels, key=lambda label: label.rank, default=Label.PUBLIC)


def shared(groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """The groups that all of several things share; `all` shares every group.

    An empty result means that nobody but the owner of the project may read what is made.
    """
    common: set[str] = {EVERYONE}
    for each in groups:
        named = set(each)
        if EVERYONE in named:
            continue
        common = named if EVERYONE in common else common & named
    return tuple(sorted(common))


def may_read(reader: Iterable[str], groups: Iterable[str]) -> bool:
    """Whether somebody in the groups `reader` may read something that `groups` may read."""
    allowed = set(groups)
    return EVERYONE in allowed or bool(allowed & set(reader))
