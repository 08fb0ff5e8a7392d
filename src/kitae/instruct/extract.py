"""All extractors over one section."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ..core.document import Document, Section
from .articles import articles, deadlines
from .blocks import parse, statements
from .candidate import Candidate, Context, Dropped, View
from .context import plain_title, topic_of
from .definitions import definitions, faq
from .english import english
from .gates import sifted
from .lists import lists, members
from .rows import pairs, tables
from .rules import conditions, permissions, states
from .values import moments, numbers, papers, systems, targets, who

Extractor = Callable[[View], Iterator[Candidate]]

# The order decides which of two equal questions stays.
EXTRACTORS: tuple[Extractor, ...] = (
    definitions,
    articles,
    deadlines,
    tables,
    pairs,
    lists,
    states,
    numbers,
    moments,
    targets,
    who,
    papers,
    systems,
    permissions,
    members,
    conditions,
    english,
)


def extract(view: View) -> tuple[list[Candidate], list[Dropped]]:
    """Everything that can be asked about a section, and what was dropped and why."""
    chosen: Iterable[Extractor] = EXTRACTORS
    asked = list(faq(view))
    if asked:  # the other sentences of an answer mean nothing without the question
        chosen = (tables, pairs)
    found = [*asked, *(candidate for extractor in chosen for candidate in extractor(view))]
    return sifted(found, view)


def view_of(document: Document, section: Section, *, twice: frozenset[str] = frozenset()) -> View:
    """A section with its parts parsed.

    Args:
        twice: Topics that more than one section of this document has.
    """
    body = document.body_text(section)
    items = tuple(parse(body))
    return View(
        heading=section.heading,
        kind=section.kind,
        body=body,
        context=context_of(document, section, twice),
        items=items,
        statements=tuple(statements(list(items))),
    )


def context_of(document: Document, section: Section, twice: frozenset[str]) -> Context:
    """Title, topic, and what tells the section from its namesakes: the heading above it, else the title."""
    title = plain_title(document.title)
    topic = topic_of(section.heading)
    above = [topic_of(heading) for heading in section.path[:-1]]
    general = {"", title}
    chapter = next((heading for heading in reversed(above) if heading not in general and heading != topic), title)
    return Context(title=title, topic=topic, chapter=chapter if topic in twice and topic != chapter else "")


def repeated_topics(document: Document) -> frozenset[str]:
    """Topics of more than one section, such as 通勤手当 for employees of two sorts."""
    topics = [topic_of(section.heading) for section in document.sections]
    return frozenset(topic for topic in topics if topic and topics.count(topic) > 1)
