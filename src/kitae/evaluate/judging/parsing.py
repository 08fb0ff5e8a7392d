"""From a judge's words to a rating or a verdict: a strict reader, and FastChat's for parity."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from typing import Literal

from ...core.noun import Noun

Side = Literal["A", "B", "tie"]
Scale = tuple[float, float]
"""The lowest and the highest rating."""

TIE_DELTA = 0.1
"""Two ratings in one verdict that are no further apart are a tie (FastChat, `common.py`)."""


class Parsed(Noun):
    """What a judgment says. Neither a score nor a verdict: it failed, and `why` says how."""

    score: float | None = None
    verdict: Side | None = None
    """Who is better, as they were shown."""
    why: str = ""

    @property
    def failed(self) -> bool:
        return self.score is None and self.verdict is None


Read = Callable[[str, Scale], Parsed]

_DOUBLE = re.compile(r"\[\[(\d+\.?\d*)\]\]")
_SINGLE = re.compile(r"\[(\d+\.?\d*)\]")
TWO_SCORES = (
    re.compile(r"\[\[(\d+\.?\d*),\s?(\d+\.?\d*)\]\]"),
    re.compile(r"\[(\d+\.?\d*),\s?(\d+\.?\d*)\]"),
)
_LETTERS: tuple[tuple[str, Side], ...] = (("[[A]]", "A"), ("[[B]]", "B"), ("[[C]]", "tie"))


def fastchat_rating(text: str, scale: Scale) -> Parsed:
    """As FastChat reads it: the first `[[n]]` anywhere, else the first `[n]` anywhere, whatever n is.

    So `[0]` in a remark about an array is a rating of 0. For parity with published figures only.
    """
    found = _DOUBLE.search(text) or _SINGLE.search(text)
    return Parsed(score=float(found[1])) if found else Parsed(why="no [[n]]")


def fastchat_verdict(text: str, scale: Scale) -> Parsed:
    """As FastChat reads it: `[[A]]` anywhere, else `[[B]]`, else `[[C]]`; two ratings where there is no letter."""
    for mark, side in _LETTERS:
        if mark in text:
            return Parsed(verdict=side)
    found = TWO_SCORES[0].search(text) or TWO_SCORES[1].search(text)
    return (
        Parsed(verdict=_better(float(found[1]), float(found[2]))) if found else Parsed(why="no [[A]], [[B]] or [[C]]")
    )


def _better(first: float, second: float) -> Side:
    if abs(first - second) <= TIE_DELTA:
        return "tie"
    return "A" if first > second else "B"


def strict_rating(text: str, scale: Scale) -> Parsed:
    """One `[[n]]` in the last line that says something, within the scale; any other form is a failure.

    Full-width digits and brackets count as half-width ones. A bare `[n]` never counts.
    """
    found = re.findall(r"\[\[\s*([^\[\]]*?)\s*\]\]", _last_line(text))
    if len(found) != 1:
        return Parsed(why=f"{len(found) or 'no'} [[n]] in the last line")
    if not re.fullmatch(r"\d+(?:\.\d+)?", found[0], re.ASCII):
        return Parsed(why=f"[[{found[0]}]] is no number")
    score = float(found[0])
    return Parsed(score=score) if within(score, scale) else Parsed(why=f"[[{found[0]}]] is off the scale")


def strict_verdict(text: str, scale: Scale) -> Parsed:
    """One of `[[A]]`, `[[B]]`, `[[C]]` in the last line that says something."""
    found = [side for mark, side in _LETTERS for _ in range(_last_line(text).count(mark))]
    return (
        Parsed(verdict=found[0]) if len(found) == 1 else Parsed(why=f"{len(found) or 'no'} verdicts in the last line")
    )


def within(score: float, scale: Scale) -> bool:
    return math.isfinite(score) and scale[0] <= score <= scale[1]


def _last_line(text: str) -> str:
    lines = [line for line in unicodedata.normalize("NFKC", text).splitlines() if any(map(str.isalnum, line))]
    return lines[-1] if lines else ""
