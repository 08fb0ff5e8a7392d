"""Reading practice: passages of other, invented companies with questions as people ask them.

Rules are written in other words than people ask in: おじいちゃん stands in no rule. From this set the gap is learnt,
by the model that reads and by the search that finds. It is our own writing and has nothing to do with any project's
documents, so it may be mixed into all of them.
"""

from __future__ import annotations

import functools
from importlib import resources
from typing import Literal

from pydantic import TypeAdapter

from .label import EVERYONE, Label
from .noun import Noun, digest
from .passage import Passage

Language = Literal["ja", "en"]
LANGUAGES: tuple[Language, ...] = ("ja", "en")
LICENCE = "Apache-2.0"


class Asked(Noun):
    """A question that the passage answers."""

    question: str
    answer: str
    derived: bool = False
    """Whether the answer has to be worked out: such a question is not learnt from."""


class Reading(Noun):
    """A passage and what is asked about it."""

    domain: str
    title: str
    heading: str
    text: str
    questions: tuple[Asked, ...]
    unanswerable: tuple[str, ...]
    """What somebody would expect to find there and does not."""


_Readings = TypeAdapter(tuple[Reading, ...])


@functools.cache
def readings(language: Language) -> tuple[Reading, ...]:
    """The bundled set."""
    lines = _file(language).splitlines()
    return _Readings.validate_json(f"[{','.join(lines)}]")


@functools.cache
def shelf(language: Language) -> tuple[Passage, ...]:
    """The passages of the set, in its order."""
    return tuple(_passage(number, reading) for number, reading in enumerate(readings(language)))


@functools.cache
def version() -> str:
    """Of the whole set: what is made with it depends on it."""
    return digest([_file(language) for language in LANGUAGES])[:16]


def _file(language: Language) -> str:
    return (resources.files("kitae.core") / "readings" / f"{language}.jsonl").read_text(encoding="utf-8")


def _passage(number: int, reading: Reading) -> Passage:
    section = f"practice/{number:04d}.md#0"
    return Passage(
        id=f"{section}.0",
        document=section.partition("#")[0],
        section=section,
        heading=f"{reading.title} > {reading.heading}",
        text=reading.text,
        label=Label.PUBLIC,
        groups=(EVERYONE,),
        licence=LICENCE,
    )
