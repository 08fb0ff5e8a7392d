"""How long it takes to measure one row of the decision table."""

from __future__ import annotations

from ..core.quantity import Quantity
from .recipe import EvaluateRecipe, Row

# Gemma 3 270M in CTranslate2 int8 on two CPU cores: about 2 ms for a token of the prompt and 45 new tokens a second
# (three times the 15 of transformers), measured when the design was made.
PROMPT_SECONDS = 0.002
TOKENS_PER_SECOND = 45.0
MEASURED_PARAMETERS = 268e6
FRAME_TOKENS = 60
"""Instruction and the words around passages and question."""
PASSAGE_TOKENS = 150
QUESTION_TOKENS = 30
ANSWER_TOKENS = 25
"""Typical of an answer in one sentence with its citation."""


def cost(recipe: EvaluateRecipe, row: Row, *, questions: int, parameters: float = MEASURED_PARAMETERS) -> Quantity:
    """Seconds on two CPU cores to answer `questions` questions; what the records know already costs nothing.

    Args:
        questions: Of all suites together.
        parameters: Of the model; time is taken to grow in proportion.
    """
    if row.model == "null":
        return Quantity(value=0.0, unit="s", how="estimated")
    turn = QUESTION_TOKENS + (recipe.passages * PASSAGE_TOKENS if row.way == "retrieval" else 0)
    prompt = FRAME_TOKENS + turn + row.shots * (turn + ANSWER_TOKENS)
    new = min(ANSWER_TOKENS, recipe.max_tokens)
    seconds = questions * (prompt * PROMPT_SECONDS + new / TOKENS_PER_SECOND) * parameters / MEASURED_PARAMETERS
    return Quantity(value=seconds, unit="s", how="estimated")
