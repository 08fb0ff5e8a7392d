"""What an extractor finds: a question, its answer, and the words that prove it."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..core.noun import Noun
from .blocks import Item, Statement


class Candidate(Noun):
    """One fact of a section, asked in one or more ways."""

    questions: tuple[str, ...]
    """Ways to ask, the plainest first; in the document's own words."""
    answer: str
    """The short answer as a sentence: `3日前までです。`"""
    fact: str
    """The part of it that stands verbatim in the section: `3日前まで`."""
    kind: str
    """`definition`, `faq`, `article`, `number`, `money`, `date`, `who`, `paper`, `list`, `table`, `permission` …"""
    quote: str
    """The sentence, item or table row it was made from, verbatim."""
    anchors: tuple[str, ...] = ()
    """What else must stand in a passage that answers: the row's name, a list's items."""
    unit: str = ""
    """What sort of value answers (`円`, `日`, `who` …): a passage with another such value may answer as well."""
    rank: int = 1
    """0: what people ask; 1: all right; 2: only when there is nothing better."""


class Dropped(Noun):
    """A candidate that was not good enough, and why."""

    reason: str
    kind: str
    question: str
    quote: str


@dataclass(frozen=True)
class Context:
    """Where a section stands, for questions that need it."""

    title: str
    """The document's title, without marks."""
    topic: str
    """The section's heading without its number; empty where it says nothing of its own (`目的`, `その他`)."""
    chapter: str = ""
    """What tells this section from others with the same heading; empty where the heading is the only one."""


@dataclass(frozen=True)
class View:
    """A section as extractors see it."""

    heading: str
    kind: str
    body: str
    context: Context
    items: tuple[Item, ...] = field(repr=False)
    statements: tuple[Statement, ...] = field(repr=False)


def sentence(fact: str) -> str:
    """A noun phrase as an answer."""
    return f"{fact}です。"
