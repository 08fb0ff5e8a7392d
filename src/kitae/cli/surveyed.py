"""What `kitae survey --json` prints."""

from __future__ import annotations

from typing import Literal

from ..core.noun import Noun
from ..core.quantity import How
from ..plan.span import Span
from .outputs import Output, Pair


class ScoreOutput(Noun):
    """Of a candidate on one suite."""

    suite: str
    version: str
    """Of the suite's questions."""
    by: str
    """`program`, or the judge."""
    questions: int
    """That were asked."""
    of: int
    """That the suite has."""
    mean: float | None
    """Share of right questions, or the judge's mean; `null` where it means nothing."""
    interval: Pair | None


class CandidateOutput(Noun):
    """A base that was measured; of what is `null`, `unknown` says why."""

    model: str
    identity: dict[str, str]
    scores: tuple[ScoreOutput, ...]
    parameters: float | None
    characters_per_token: float | None
    """On the project's own text."""
    serve_gib: Span | None
    """Of a GPU, as `[plan.serving]` says."""
    train_gib: Span | None
    """By the project's method: of each GPU of the first place, or of this machine's memory."""
    tokens_per_second: float | None
    """That it wrote: in batches here, of one call behind an endpoint."""
    licence: str | None
    permitted: Literal["yes", "ask", "no"]
    """Whether base and data together let the company use what is trained."""
    terms: tuple[str, ...]
    yen_per_1000_answers: float | None
    yen_from: str
    """What that was reckoned from."""
    known: dict[str, How]
    """How each figure is known."""
    unknown: dict[str, str]


class ComparedOutput(Noun):
    """Two candidates on the questions that both answered: the first minus the second."""

    suite: str
    first: str
    second: str
    mean: float | None
    interval: Pair | None
    questions: int
    needed: int | None
    """Questions in all that would tell them apart, if they differ by so much; `null` where they are told apart, or
    where nothing is there to reckon from."""


class SurveyOutput(Output):
    decides: str
    """The suite by which it is recommended."""
    candidates: tuple[CandidateOutput, ...]
    compared: tuple[ComparedOutput, ...]
    equals: tuple[str, ...]
    """The best and those that cannot be told from it."""
    recommended: str | None
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
