"""How long training takes."""

from __future__ import annotations

from ..core.quantity import Quantity
from .recipe import Course, Method, PretrainRecipe, TuneRecipe

# Gemma 3 270M with its vocabulary trimmed, on two cores of an AMD EPYC with AVX-512 (benchmarks/training.py).
MEASURED_PARAMETERS = 117e6
TOKENS_PER_SECOND: dict[str, dict[Method, float]] = {
    "bfloat16": {"lora": 700.0, "full": 540.0},
    "float32": {"lora": 315.0, "full": 230.0},
}

MEASURING = 3.0
"""Reading is about so many times as fast as training, which reads and goes back."""

FIXED_SECONDS = 15.0
"""Loading torch and the model, checking it, merging and sealing."""

TOKENS_PER_DIALOGUE = 100
"""Computed for a question with two passages and its answer in Japanese: 180 by itself, 64 where many are asked of the
same passages, as in the reading practice."""


def pretrain_cost(recipe: PretrainRecipe, *, parameters: float) -> Quantity:
    """Seconds of continued pretraining on two CPU cores."""
    return _cost(recipe, recipe.tokens, parameters)


def tune_cost(recipe: TuneRecipe, *, parameters: float, dialogues: int) -> Quantity:
    """Seconds of tuning on two CPU cores, when there are so many dialogues."""
    tokens = recipe.epochs * dialogues * TOKENS_PER_DIALOGUE if recipe.tokens is None else recipe.tokens
    return _cost(recipe, tokens, parameters)


def _cost(recipe: Course, tokens: float, parameters: float) -> Quantity:
    """The time grows with tokens x parameters; the number format is what `place` says of this machine."""
    from .stage import place

    measured = TOKENS_PER_SECOND[place()["number_format"]]["lora" if recipe.adapts else "full"]
    rate = measured * MEASURED_PARAMETERS / parameters
    seconds = FIXED_SECONDS + (tokens + 2 * recipe.held_out_tokens / MEASURING) / rate if tokens else 0.0
    return Quantity(value=seconds, unit="s", how="estimated")
