"""What a person decides about the dialogues that are made from documents."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from ..core.noun import Noun
from ..core.quantity import Count


class InstructRecipe(Noun):
    """`[instruct]`."""

    maker: Literal["extract"] = "extract"
    """`extract`: from headings, definitions, articles, questions and answers, tables and numbers, without any model."""
    dialogues: Count = 400
    """At most so many, those held out included."""
    practice: Count = 1200
    """At most so many further dialogues from the bundled reading practice: other companies' passages, asked in everyday
    words."""
    apart: Count = 0
    """So many more of the practice, about other documents, are not learnt: `[pairs]` asks these."""
    passages: int = Field(default=2, ge=1, le=8)
    """At most so many passages in a prompt: the one that answers and others that nearly do."""
    unanswerable: float = Field(default=0.35, ge=0, le=0.8)
    """Share whose right reply is that the documents do not tell."""
    closed: float = Field(default=0.1, ge=0, le=0.8)
    """Share asked without any passages (closed book)."""
    held_out: float = Field(default=0.07, ge=0, le=0.5)
    """Share of the dialogues, by whole sections, kept for measuring the loss."""
    language: Literal["ja", "en"] = "ja"
    """Of the instruction around the passages."""

    @model_validator(mode="after")
    def _shares_leave_room(self) -> InstructRecipe:
        if self.unanswerable + self.closed > 0.9:
            raise ValueError("`unanswerable` and `closed` leave less than a tenth for answers with a citation")
        return self


class PairsRecipe(Noun):
    """`[pairs]`: what the tuned model gets wrong, for `[train.prefer]` to learn from."""

    questions: Count = 0
    """So many questions the tuned model is asked: of the practice that was kept `apart`, or else of what it learnt. 0
    leaves preferences out."""
    max_tokens: int = Field(default=64, ge=1)
    """Of an answer."""
    held_out: float = Field(default=0.05, ge=0, le=0.5)
    """Share of the pairs that is kept for measuring."""
