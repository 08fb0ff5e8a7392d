"""What a reader makes of a file: clean lines, some of which the markup calls headings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

# A byte order mark inside a file, zero-width space, soft hyphen: invisible, and they break searches.
_INVISIBLE = re.compile("[\ufeff\u200b\u00ad]")
_WIDE = "\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uff60\uffe0-\uffe6"
_BETWEEN_WIDE = re.compile(f"(?<=[{_WIDE}])\n(?=[{_WIDE}])")


@dataclass(frozen=True)
class Line:
    """One line of text without its line end."""

    text: str
    level: int = 0
    """1 to 6 where the markup makes it a heading, 0 otherwise."""
    verbatim: bool = False
    """Code and the like, in which no structure is looked for."""


@dataclass(frozen=True)
class Reading:
    """A file's text as lines."""

    lines: tuple[Line, ...]
    title: str = ""
    """What the file calls itself outside its headings: front matter, `<title>`."""
    removed: Mapping[str, int] = field(default_factory=dict)
    """Characters that were left out, by what they were: `navigation`, `comment` …"""


def cleaned(text: str) -> str:
    """NFC, ordinary spaces, nothing invisible, nothing at the end."""
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", text).replace("\u00a0", " ")).rstrip()


def flowed(text: str) -> str:
    """Text whose line ends mean nothing, as in HTML: one space for each run, none between two wide characters.

    A full-width space is a character like any other. Source: CSS Text Module Level 3, segment break transformation.
    """
    text = re.sub(r"[ \t\r\f]*\n[ \t\r\f\n]*", "\n", text.replace("\r\n", "\n"))
    text = _BETWEEN_WIDE.sub("", text).replace("\n", " ")
    return re.sub(r"[ \t\f]+", " ", text.replace("\u00a0", " ")).strip(" ")
