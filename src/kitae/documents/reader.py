"""One file → a document."""

from __future__ import annotations

import glob
import hashlib
from typing import Any

from ..core.document import Document, Section
from ..core.mistakes import Mistake
from .decode import Undecodable, declared_encoding, decode
from .files import Found
from .html import read_html
from .lines import Reading
from .markdown import read_markdown
from .plain import read_plain
from .recipe import Source
from .structure import Structured, structured

FORMAT = 1
"""Counted up when a file would be read otherwise than before; part of what is remembered."""

_FIELDS = ("heading", "path", "kind", "start", "end", "body")
_READERS = {"markdown": read_markdown, "html": read_html, "text": read_plain}


class Unreadable(Exception):
    """A file that gives no document. The message completes `FILE is …`."""


def read_bytes(data: bytes, *, name: str, kind: str) -> dict[str, Any]:
    """All that a file's bytes and name say, as JSON: title, text, sections, encoding, what was left out.

    Args:
        name: The file's name without its ending.
        kind: `markdown`, `html` or `text`.

    Raises:
        Unreadable: binary content, an encoding that is not recognised, or no text.
    """
    if not data.strip():
        raise Unreadable("empty")
    try:
        decoded = decode(data, declared=declared_encoding(data) if kind == "html" else "")
    except Undecodable as error:
        raise Unreadable(str(error)) from None
    reading: Reading = _READERS[kind](decoded.text)
    found: Structured = structured(reading, name=name, plain=kind == "text")
    if not any(character.isalnum() for character in found.text):
        left_out = ", ".join(reading.removed)
        raise Unreadable(f"without text once {left_out} is left out" if left_out else "without text")
    return {
        "title": found.title,
        "text": found.text,
        "sections": [
            [part.heading, list(part.path), part.kind, part.start, part.end, part.body] for part in found.parts
        ],
        "encoding": decoded.encoding,
        "removed": {what: count for what, count in sorted(reading.removed.items()) if count},
    }


def memo_key(found: Found, sha256: str) -> dict[str, Any]:
    """What the result of `read_bytes` depends on."""
    return {"read": FORMAT, "sha256": sha256, "name": found.stem, "kind": found.format}


def document(found: Found, source: Source, sha256: str, read: dict[str, Any]) -> Document:
    """A document of a source from what `read_bytes` found."""
    sections = tuple(
        Section(
            id=f"{found.id}#{number}", heading=heading, path=tuple(path), kind=kind, start=start, end=end, body=body
        )
        for number, (heading, path, kind, start, end, body) in enumerate(read["sections"])
    )
    return Document(
        id=found.id,
        title=read["title"],
        text=read["text"],
        sections=sections,
        source=source.name,
        licence=source.licence,
        label=source.label,
        groups=source.groups,
        metadata={
            "encoding": read["encoding"],
            "format": found.format,
            "profile": source.profile,
            "sha256": sha256,
        },
    )


def mistake(problems: list[tuple[Found, Source, str]]) -> Mistake:
    """One message about all files that cannot be read, with the line that would leave them out."""
    first, source, why = problems[0]
    names = [each.id.removeprefix(f"{of.name}/") for each, of, _ in problems if of.name == source.name]
    globs = ", ".join(f'"{glob.escape(name)}"' for name in names)
    hint = f"mend or delete it, or leave it out: exclude = [{globs}] in [[sources]] `{source.name}`"
    if "encoding" in why:
        hint = f"save it as UTF-8, or leave it out: exclude = [{globs}] in [[sources]] `{source.name}`"
    if len(problems) == 1:
        return Mistake(f"{first.id} is {why}", where=str(first.path), hint=hint)
    lines = "".join(f"\n  {each.id} is {reason}" for each, _, reason in problems)
    return Mistake(f"{len(problems)} files cannot be read:{lines}", where=str(first.path.parent), hint=hint)


def digest_of(data: bytes) -> str:
    """SHA-256 (hex) of a file's bytes."""
    return hashlib.sha256(data).hexdigest()
