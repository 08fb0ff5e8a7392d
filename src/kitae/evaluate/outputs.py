"""Scoring a task's output: as a whole, or line by line."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..core.suite import Suite
from .normalise import letters
from .scoring import Verdict, char_f1

SAME = 0.999
"""From this credit on, an output counts as right: sums of shares are not exact."""


def judge_output(suite: Suite, gold: str, text: str) -> Verdict:
    """Judges what was made of a task's input.

    `exact`: all or nothing, in the normal form of answers. `lines`: F1 over the lines, where a line counts by the
    character F1 with the gold line that it is matched with, so that half a right list is half right.
    """
    f1 = char_f1(text, gold)
    credit = float(letters(text) == letters(gold)) if suite.measure == "exact" else lines_f1(_lines(text), _lines(gold))
    return Verdict(
        right=credit >= SAME,
        credit=credit,
        why=_why(suite, credit, text, gold),
        f1=f1,
        false_answer=False,
        false_refusal=False,
        cited=0,
        supporting=0,
        supported=None,
        evidence_shown=None,
    )


def _why(suite: Suite, credit: float, text: str, gold: str) -> str:
    if not text.strip():
        return "empty"
    if suite.measure == "lines":
        return f"{len(_lines(text))} lines, {len(_lines(gold))} wanted; F1 {credit:.2f}"
    return "as wanted" if credit >= SAME else f"「{gold}」 was wanted"


def _lines(text: str) -> list[str]:
    """The entries of a list, without bullets. It ends at an empty line: who was shown by examples goes on after it."""
    lines = text.strip().partition("\n\n")[0].splitlines()
    return [line for line in (re.sub(r"^[\s・•*\-]+", "", each).strip() for each in lines) if line]


def lines_f1(found: Sequence[str], wanted: Sequence[str]) -> float:
    """F1 over lines, matched one to one, the most alike first; a pair counts by its character F1."""
    likeness = {(i, j): char_f1(one, two) for i, one in enumerate(found) for j, two in enumerate(wanted)}
    total, used, met = 0.0, set[int](), set[int]()
    for (i, j), value in sorted(likeness.items(), key=lambda entry: (-entry[1], entry[0])):
        if i not in used and j not in met:
            used.add(i)
            met.add(j)
            total += value
    return 2 * total / (len(found) + len(wanted)) if total else 0.0
