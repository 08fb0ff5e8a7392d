"""What was asked and answered, as far as judging has to know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ...core.generation import Decoding, Finish, Identity
from ...core.label import Label
from ...core.noun import Noun, digest

CATEGORIES = ("writing", "roleplay", "reasoning", "math", "coding", "extraction", "stem", "humanities")
"""Those of MT-Bench (Zheng et al., arXiv 2306.05685)."""
GUIDED = ("math", "reasoning", "coding")
"""Of these, those in which a judge is shown a right answer: without one it believes the wrong ones too often."""


REPLIES = "replies"
"""The kind of records that keeps answers."""


class Asked(Protocol):
    """A question with its turns: bundled, imported or a test's own."""

    @property
    def id(self) -> str: ...

    @property
    def question(self) -> str:
        """What errors are clustered by: several wordings may be one question."""
        ...

    @property
    def category(self) -> str: ...

    @property
    def turns(self) -> tuple[str, ...]: ...

    @property
    def references(self) -> tuple[str, ...]:
        """A right answer to each turn; empty where there is none."""
        ...

    @property
    def version(self) -> str: ...


class JudgedSuite(Protocol):
    """Questions whose answers a model reads."""

    @property
    def name(self) -> str: ...

    @property
    def prompts(self) -> Sequence[Asked]: ...


class Answer(Noun):
    """What a model said to all turns of a question, once."""

    model: str
    """Its name in tables."""
    identity: Identity
    decoding: Decoding
    question: str
    """Id of the prompt."""
    version: str
    sample: int = 0
    turns: tuple[str, ...]
    finishes: tuple[Finish, ...] = ()
    label: Label | None = None
    """Of what it tells. `None` in rows of earlier releases: not known, so nobody may have it."""

    @property
    def key(self) -> str:
        """What it is remembered by: everything that it depends on, and not what it says."""
        return answer_key(self.identity, self.decoding, self.question, self.version, self.sample)

    def refused(self, turn: int) -> bool:
        """Whether the endpoint refuses the prompts up to this turn for good, so that there is no answer to it."""
        return "refused" in self.finishes[:turn]


def answer_key(identity: Identity, decoding: Decoding, question: str, version: str, sample: int = 0) -> str:
    """The key of an answer, known before the model is asked."""
    told = [identity.model_dump(mode="json"), decoding.model_dump(mode="json"), question, version, sample]
    return digest(told)[:32]
