"""What a line of each bundled suite is, and what a model is asked of it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from ...core.noun import Noun, digest

Category = Literal["writing", "roleplay", "reasoning", "math", "coding", "extraction", "stem", "humanities"]
CATEGORIES: tuple[Category, ...] = (
    "writing",
    "roleplay",
    "reasoning",
    "math",
    "coding",
    "extraction",
    "stem",
    "humanities",
)
"""Those of MT-Bench (arXiv:2306.05685)."""


class Prompt(Noun):
    """What a model is asked, turn by turn."""

    id: str
    question: str
    """What errors are clustered by: two wordings of one riddle are two prompts of one question."""
    category: str
    turns: tuple[str, ...]
    references: tuple[str, ...] = ()
    """A right answer to each turn, for a judge; empty where there is none."""

    @property
    def version(self) -> str:
        """Changes when what is asked, or its reference, changes; what a program accepts is in the suite's version."""
        return digest([list(self.turns), list(self.references)])[:16]


class Exchange(Noun):
    """Of `forge-ja`: two turns, the second of which needs the first."""

    id: str
    category: Category
    turns: tuple[str, str]
    references: tuple[str, ...] = ()


class Riddle(Noun):
    """Of `riddles-ja`: one question in several wordings, with all answers that are right."""

    id: str
    kind: str
    wordings: tuple[str, ...]
    accepted: tuple[str, ...]


class Probe(Noun):
    """Of `abstain-ja`: does a model know what it does not know, and does it help where it may?"""

    id: str
    kind: Literal["company", "law", "product", "qualification", "harmless"]
    truth: Literal["invented", "real", "harmless"]
    """`invented`: there is no such thing. `real`: its twin, well known. `harmless`: only sounds as if it were not."""
    name: str = ""
    """Of the thing that is asked about."""
    question: str
    gold: tuple[str, ...] = ()
    """Of a real thing: right answers. Of a harmless request: words, one of which every helpful answer has."""


class Check(Noun):
    """One condition of an instruction: a function of `checks.table.CHECKS` and what it is called with."""

    check: str
    given: dict[str, Any] = Field(default_factory=dict)


class Instruction(Noun):
    """Of `format-ja`: what to write, and conditions that a program can check."""

    id: str
    family: str
    instruction: str
    about: tuple[str, ...] = ()
    """Words, one of which has to stand in the answer, so that keeping the form alone does not count."""
    checks: tuple[Check, ...]
