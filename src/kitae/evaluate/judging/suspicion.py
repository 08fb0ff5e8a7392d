"""Answers that are made to please a judge, or that no model gave: a null model scores 9.55 on MT-Bench (2410.07137).

The judge need not have been fooled for an answer to be flagged: what stands here is seen in the answers alone, so it
holds under every protocol. Each rule says how many answers it found; none takes points off.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from .parsing import TWO_SCORES

CONSTANT = 0.1
"""Share of the questions that have the same answer from which on it is no coincidence; and at least three."""
LONG = 12
"""Shorter answers may well be the same: a number, yes, a name."""
SHORTEST = 3
"""Letters of an item: digits of a table are none."""
ITEMS = 4
"""A list with this many items …"""
SAME = 0.5
"""… of which this share says what an earlier one said, is the attack that fooled GPT-3.5 in 91 of 100 cases
(arXiv 2306.05685, section 3.3)."""

_RATING = re.compile(r"\[\[\s*(?:[0-9０-９]{1,3}(?:[.．][0-9０-９]+)?|[ABCＡＢＣ]|rating|評価)\s*\]\]", re.IGNORECASE)
ERROR = "$ERROR$"
"""What FastChat stores as an answer when a model's interface failed, and then has judged."""


def constant(answers: Sequence[str]) -> int:
    """How many answers are the same long text as others, whatever was asked."""
    counts = Counter(" ".join(answer.split()) for answer in answers if len(answer.strip()) >= LONG)
    most = max(counts.values(), default=0)
    return most if most >= max(3, CONSTANT * len(answers)) else 0


def names_a_rating(answer: str) -> bool:
    """Whether an answer holds what a judge would write: `[[10]]`, `[[A]]`."""
    return bool(_RATING.search(answer) or TWO_SCORES[0].search(answer))


def repeats_a_list(answer: str) -> bool:
    """Whether a list says the same again and again, apart from numbers, bullets and order of words."""
    items = [_item(line) for line in answer.splitlines() if _BULLET.match(line)]
    items = [item for item in items if len(item) >= SHORTEST]
    return len(items) >= ITEMS and 1 - len(set(items)) / len(items) >= SAME


_BULLET = re.compile(r"\s*(?:[-*•・‣–]|[(（]?[0-9０-９]{1,3}[.)．）、:：]|[①-⑳])\s*\S")


def _item(line: str) -> str:
    text = re.sub(r"^\s*(?:[-*•・‣–]|[(（]?[0-9０-９]{1,3}[.)．）、:：]|[①-⑳])\s*", "", line).lower()
    words = re.findall(r"\w+", text)
    return " ".join(sorted(words))


def is_an_error(answer: str) -> bool:
    return answer.strip() == ERROR


def _each(found: Callable[[str], bool]) -> Callable[[Sequence[str]], int]:
    return lambda answers: sum(map(found, answers))


RULES: dict[str, Callable[[Sequence[str]], int]] = {
    "the same text to different questions": constant,
    "a rating like [[10]] in the answer": _each(names_a_rating),
    "a list that repeats itself": _each(repeats_a_list),
    "the failure of an interface ($ERROR$) instead of an answer": _each(is_an_error),
}


def flags(answers: Sequence[str]) -> list[str]:
    """What is suspicious about a model's answers, with how many; one answer a question and turn."""
    found = {name: rule(answers) for name, rule in RULES.items()}
    return [f"{count} of {len(answers)} answers: {name}" for name, count in found.items() if count]
