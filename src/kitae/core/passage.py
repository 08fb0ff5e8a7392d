"""Passages: what is retrieved, shown to the model, and cited."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol

from .label import EVERYONE, Label, highest, shared
from .noun import Noun


class Passage(Noun):
    """A piece of one section, small enough to stand in a prompt."""

    id: str
    """The section's id, then `.` and the piece's number: `handbook/rules.md#12.0`."""
    document: str
    section: str
    heading: str
    """Where it stands, for people: `就業規則 > 第3章　人事 > 第20条　復職`."""
    text: str
    """Without the heading."""
    label: Label
    groups: tuple[str, ...] = (EVERYONE,)
    licence: str = "own"


class Hit(Noun):
    """A passage that a search found."""

    passage: Passage
    score: float


class Retriever(Protocol):
    """Finds passages for a question."""

    def search(self, question: str, *, k: int, groups: Collection[str]) -> list[Hit]:
        """At most `k` passages that `groups` may read, the best first. Filters before it ranks."""
        ...


def labelled(passages: Iterable[Passage]) -> tuple[Label, tuple[str, ...]]:
    """Label and groups of what is made from these passages together."""
    passages = list(passages)
    return highest(p.label for p in passages), shared(p.groups for p in passages)
