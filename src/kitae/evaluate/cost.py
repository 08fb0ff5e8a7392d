"""How long it takes to measure one row of the decision table."""

from __future__ import annotations

from ..core.quantity import Quantity
from .recipe import EvaluateRecipe, Row

# Measured with `kitae run` on two cores: Gemma 3 270M, trimmed, in CTranslate2 int8, in batches and with their padding.
PROMPT_SECONDS = 0.0006
TOKENS_PER_SECOND = 600.0
REREAD_SECONDS = 0.07
"""Of one candidate, two at a time."""
MEASURED_PARAMETERS = 117e6
MISSED = 0.3
"""Share of the questions that a row with the right passage given asks anew: of the others, the search found it."""
FRAME_TOKENS = 60
"""Instruction and the words around passages and question."""
PASSAGE_TOKENS = 130
QUESTION_TOKENS = 30
ANSWER_TOKENS = 25
"""Typical of an answer in one sentence with its citation."""


def cost(
    recipe: EvaluateRecipe,
    row: Row,
    *,
    questions: int,
    candidates: int = 0,
    parameters: float = MEASURED_PARAMETERS,
) -> Quantity:
    """Seconds on two CPU cores to answer `questions` questions; what the records know already costs nothing.

    Args:
        questions: Of all suites together.
        candidates: How many passages the model reads one by one for each question.
        parameters: Of the model; time is taken to grow in proportion.
    """
    if row.model == "null":
        return Quantity(value=0.0, unit="s", how="estimated")
    turn = QUESTION_TOKENS + (recipe.passages * PASSAGE_TOKENS if row.searches else 0)
    prompt = FRAME_TOKENS + turn + row.shots * (turn + ANSWER_TOKENS)
    new = min(ANSWER_TOKENS, recipe.max_tokens)
    asked = questions * (MISSED if row.way == "given" else 1)
    reading = candidates * REREAD_SECONDS if row.way == "retrieval" else 0.0
    seconds = asked * (reading + prompt * PROMPT_SECONDS + new / TOKENS_PER_SECOND) * parameters / MEASURED_PARAMETERS
    return Quantity(value=seconds, unit="s", how="estimated")
