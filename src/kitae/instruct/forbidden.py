"""Questions of suites never reach training data, and neither does what is nearly one."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..core.likeness import dice, pairs
from ..core.suite import squeeze

LIKE = 0.8
"""From this share of common letter pairs (Dice) on, two questions count as one."""

# いくらですか, いくらでしょうか, いくらか教えてください ask the same.
_MANNER = re.compile(r"(?:です|でしょう|ます)?か?(?:教えてください)?$")


class Forbidden:
    """The questions that may not be asked."""

    def __init__(self, questions: Iterable[str]) -> None:
        self._asked = [(question, _pairs(question)) for question in questions]

    def like(self, question: str) -> str:
        """The forbidden question that this one is nearly, or an empty string."""
        own = _pairs(question)
        return next((asked for asked, pairs in self._asked if dice(own, pairs) >= LIKE), "")


def _pairs(text: str) -> frozenset[str]:
    return pairs(_MANNER.sub("", squeeze(text).strip("。？?")))
