"""What a question of an imported suite is, before references are chosen."""

from __future__ import annotations

from typing import Literal

from ...core.noun import Noun

Measure = Literal["judge", "choice", "gold"]
"""`judge`: a model reads the answer. `choice`: the number or the words of one of several. `gold`: says what is in the
passage, compared as `matching` does."""


class Item(Noun):
    """One question."""

    id: str
    category: str = ""
    turns: tuple[str, ...]
    references: tuple[str, ...] = ()
    """To each turn; what stands in the question file itself, unless a set of references is chosen."""
    gold: tuple[str, ...] = ()
    """Right answers that a program knows."""
    asked: str = ""
    """The question alone, where `turns` shows a passage or choices with it."""
    cluster: str = ""
    """What errors are clustered by: questions about one passage stand or fall together. Empty: the question itself."""
