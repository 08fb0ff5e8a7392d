"""Documents and their structure."""

from __future__ import annotations

from pydantic import Field

from .label import EVERYONE, Label
from .noun import Noun


class Section(Noun):
    """A heading or an article with the text that stands directly below it.

    The sections of a document lie one after another and cover its text without overlap:
    `document.text[start:end]` holds the heading line (if there is one) and the body up to the next heading.
    """

    id: str
    """Unique in the project: the document's id, `#`, and the section's number in order."""
    heading: str
    """As written, without marks: `第20条　復職`; empty before the first heading."""
    path: tuple[str, ...]
    """The headings above it, from the document's title down to its own."""
    kind: str
    """`article` (第n条), `faq`, `heading`, or `lead` (before the first heading)."""
    start: int
    end: int
    body: int
    """Where the text below the heading line starts; `start` where there is no heading."""


class Document(Noun):
    """One file, read: clean text, its structure, and what it may be used for."""

    id: str
    """`<source>/<path below the source's folder>`, with `/` on every system."""
    title: str
    text: str
    sections: tuple[Section, ...]
    source: str
    licence: str
    label: Label
    groups: tuple[str, ...] = (EVERYONE,)
    metadata: dict[str, str] = Field(default_factory=dict)
    """What the reader saw: `format`, `encoding`, `sha256` of the file, `updated` …"""

    def section_text(self, section: Section) -> str:
        """Heading line and body of a section."""
        return self.text[section.start : section.end]

    def body_text(self, section: Section) -> str:
        """The text below the heading, stripped."""
        return self.text[section.body : section.end].strip()
