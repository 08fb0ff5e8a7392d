"""What a check says, and the parts of a text that several checks look at."""

from __future__ import annotations

import re
from typing import NamedTuple


class Finding(NamedTuple):
    """Whether a condition is kept, and what was found."""

    kept: bool
    why: str


def bounded(found: int, what: str, exactly: int | None, at_least: int, at_most: int | None) -> Finding:
    """Whether a count is as it has to be."""
    low, high = (exactly, exactly) if exactly is not None else (at_least, at_most)
    return Finding(low <= found and (high is None or found <= high), f"{found} {what}")


def lines(text: str) -> list[str]:
    """Lines that are not blank, without white space around them."""
    return [line.strip() for line in text.splitlines() if line.strip()]


_QUOTED = re.compile(r"「[^「」]*」")


def sentences(text: str) -> list[str]:
    """Sentences with their full stops. A full stop inside of 「」 ends none; a line break always does.

    Marks of lists and headings belong to no sentence, and a line without a letter is none.
    """
    quotes = iter(_QUOTED.findall(text))
    parts = re.split(r"(?<=[。！？!?])(?![」）)])|\n", _QUOTED.sub("「」", text))
    restored = [re.sub("「」", lambda _: next(quotes), part).strip() for part in parts]
    return [part for part in restored if any(character.isalnum() for character in part)]


def characters(text: str) -> int:
    """Characters without white space, as Japanese counts them: punctuation is one each."""
    return len(re.sub(r"\s", "", text))


_FENCE = re.compile(r"```[\w-]*\n(.*?)\n?```", re.DOTALL)


def unfenced(text: str) -> str:
    """What stands in a code fence if the text is one and nothing else; the text itself otherwise."""
    found = _FENCE.fullmatch(text.strip())
    return found[1] if found else text.strip()
