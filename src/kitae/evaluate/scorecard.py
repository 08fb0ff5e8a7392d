"""What is written down for each answer, and read again by tables and reports."""

from __future__ import annotations

from collections.abc import Iterator

from ..core.artifact import Artifact
from ..core.generation import Finish
from ..core.mistakes import Mistake
from ..core.noun import Noun
from .recipe import Row
from .scoring import Verdict

SCORES, TIMINGS = "scores", "timings"


class Score(Noun):
    """One question of one suite, answered by one row."""

    suite: str
    question: str
    """The question's id."""
    version: str
    asked: str
    answerable: bool
    kind: str
    text: str
    """What the model wrote."""
    answer: str
    """The same without its citations."""
    abstained: bool
    cited: tuple[str, ...]
    """Ids of passages."""
    invalid: tuple[str, ...]
    """Citations of what was not shown."""
    shown: tuple[str, ...]
    """Ids of the passages in the prompt, the best first."""
    verdict: Verdict
    finish: Finish
    """`length`: the answer was cut off at `max_tokens`."""
    prompt_tokens: int
    tokens: int


class Timing(Noun):
    """How long an answer took: measured, so part of no digest."""

    suite: str
    question: str
    seconds: float


def scores(scorecard: Artifact) -> Iterator[Score]:
    """The rows of a scorecard.

    Raises:
        Mistake: it is an artifact of another kind.
    """
    _check(scorecard)
    return scorecard.rows(SCORES, Score)


def row_of(scorecard: Artifact) -> Row:
    """The row of the decision table that it is.

    Raises:
        Mistake: it is an artifact of another kind.
    """
    _check(scorecard)
    return Row.model_validate(scorecard.facts["row"])


def _check(artifact: Artifact) -> None:
    if artifact.kind != "scorecard":
        raise Mistake(f"{artifact.id} is no scorecard", hint="pass artifacts of kind `scorecard`")
