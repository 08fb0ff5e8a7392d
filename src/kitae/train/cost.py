"""How long training takes."""

from __future__ import annotations

from ..core.quantity import Quantity
from .recipe import Course, Method, PreferRecipe

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


PAIRS_PER_QUESTION = 0.16
"""319 of 2,000 questions that a tuned model was asked (docs/log.md)."""

TOKENS_PER_PAIR = 220
"""A question with two passages, read once, and two answers."""


def planned_tokens(course: Course, *, dialogues: int = 0, questions: int = 0) -> int:
    """Tokens that a course computes while it learns: as its recipe says, else as its epochs come to.

    Args:
        dialogues: Of tuning.
        questions: That the tuned model is asked, for preferences.
    """
    if course.tokens is not None:
        return course.tokens
    preferring = isinstance(course, PreferRecipe)
    epoch = questions * PAIRS_PER_QUESTION * TOKENS_PER_PAIR if preferring else dialogues * TOKENS_PER_DIALOGUE
    return round(course.epochs * epoch)


def measured_tokens(course: Course) -> float:
    """Tokens that a course only reads: what is measured, and each pair once where preferences have a reference."""
    measured = 2 * course.held_out_tokens * (course.measures + 1)  # held out, and general text as much
    compared = isinstance(course, PreferRecipe) and course.reference
    return measured + ((course.tokens or 0) / course.epochs if compared else 0)


def cost(course: Course, *, parameters: float) -> Quantity:
    """Seconds on two CPU cores of a course that says its tokens.

    The time grows with tokens x parameters; the number format is what `place` says of this machine.
    """
    from .stage import place

    measured = TOKENS_PER_SECOND[place()["number_format"]]["lora" if course.adapts else "full"]
    rate, tokens = measured * MEASURED_PARAMETERS / parameters, course.tokens or 0
    seconds = FIXED_SECONDS + (tokens + measured_tokens(course) / MEASURING) / rate if tokens else 0.0
    return Quantity(value=seconds, unit="s", how="estimated")
