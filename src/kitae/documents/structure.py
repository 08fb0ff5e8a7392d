"""Lines → text with sections: chapters, articles, questions and answers, headings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .headings import SENTENCE_ENDS, Heading, headings, is_article
from .lines import Line, Reading, cleaned

_LONGEST_TITLE = 60


@dataclass(frozen=True)
class Part:
    """A section before it has an id. Offsets are characters of the text."""

    heading: str
    path: tuple[str, ...]
    kind: str
    start: int
    end: int
    body: int


@dataclass(frozen=True)
class Structured:
    """A title, clean text, and parts that lie one after another and cover it."""

    title: str
    text: str
    parts: tuple[Part, ...]


def structured(reading: Reading, *, name: str, plain: bool) -> Structured:
    """Text and structure of a file.

    Args:
        name: The file's name without its ending; the title where the text has none, and a help to find it.
        plain: No markup says what a heading is, so numbered and marked lines are looked at as well.
    """
    lines = _tidied(reading.lines)
    title = _title(lines, reading.title, name)
    text = "\n".join(line.text for line in lines)
    return Structured(title, text, tuple(_parts(lines, headings(lines, plain=plain), title, len(text))))


def _tidied(lines: Sequence[Line]) -> list[Line]:
    """Cleaned lines; at most one blank line in a row outside of code, none at either end."""
    found: list[Line] = []
    for line in lines:
        text = cleaned(line.text)
        if not text.strip() and not line.verbatim and (not found or not found[-1].text):
            continue
        found.append(replace(line, text=text, level=line.level if text.strip() else 0))
    while found and not found[-1].text.strip():
        found.pop()
    while found and not found[0].text.strip():
        found.pop(0)
    return found


def _title(lines: Sequence[Line], said: str, name: str) -> str:
    """The first h1, what the file says of itself, the line with the file's name in it, a short first line, the name."""
    name = unicodedata.normalize("NFC", name)
    if first := next((line.text.strip() for line in lines if line.level == 1), ""):
        return first
    if said := cleaned(said).strip():
        return said
    written = [line for line in lines if line.text.strip()][:5]
    if any(line.level for line in written[:1]):
        return name
    for line in written:
        text = line.text.strip()
        if _bare(name) and _bare(name) in _bare(text) and len(text) <= _LONGEST_TITLE and not line.level:
            return text
    first = written[0].text.strip() if written else ""
    # A first line of these shapes belongs to the text; the file's name says more.
    if (
        not first
        or len(first) > _LONGEST_TITLE
        or first.endswith(SENTENCE_ENDS)
        or is_article(first)
        or first[0] in "|-*<"
    ):
        return name
    return first


def _bare(text: str) -> str:
    return re.sub(r"[\s_\-　]+", "", unicodedata.normalize("NFKC", text))


def _parts(lines: Sequence[Line], found: Sequence[Heading], title: str, length: int) -> list[Part]:
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line.text) + 1)
    parts: list[Part] = []
    first = starts[found[0].line] if found else length
    if first > 0:
        parts.append(Part("", (title,), "lead", 0, first, 0))
    above: list[Heading] = []
    for heading, following in zip(found, [*found[1:], None], strict=False):
        above = [*(each for each in above if each.rank < heading.rank), heading]
        names = [each.text for each in above]
        path = tuple(names if names[0] == title else [title, *names])
        end = starts[following.line] if following else length
        body = min(starts[min(heading.body, len(lines))] + heading.column, end)
        parts.append(Part(heading.text, path, heading.kind, starts[heading.line], end, body))
    return parts
