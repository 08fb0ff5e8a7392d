"""How much has to be computed for a token: what time, and model FLOPs utilisation (MFU), are reckoned from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from ..core.architecture import Architecture
from .recipe import Course, Method

if TYPE_CHECKING:
    from .example import Example

PASSES: Final[dict[Method, float]] = {"full": 6.0, "lora": 4.0, "qlora": 4.0}
"""Operations for each parameter and token: two forward, two for the gradient of what goes in, two for that of the
weights, which LoRA does not need."""


def operations(method: Method, weights: float, *, layers: int, width: int, length: float) -> float:
    """For one token, forward and back, however they are computed; what is made anew to save memory does not count.

    Attention has no weights: its backward pass costs twice its forward one with LoRA too (PaLM, arXiv:2204.02311,
    appendix B).

    Args:
        weights: That the token passes.
        width: Of attention.
        length: Of the text that the token stands in.
    """
    return PASSES[method] * weights + 12 * layers * width * length


def per_token(course: Course, model: Architecture, *, learnt: float, length: float) -> float:
    """The same of a course that computes logits for what is learnt alone.

    Args:
        learnt: Share of the tokens that the loss counts.
        length: Of the example that a token stands in, on average over tokens.
    """
    weights = model.parameters - model.tables + model.vocabulary * model.hidden * learnt
    return operations(course.method, weights, layers=model.layers, width=model.hidden, length=length)


def seen(examples: Sequence[Example]) -> tuple[float, float]:
    """Share of the tokens that the loss counts, and the length of the example that a token stands in."""
    tokens = targets = squares = 0
    for each in examples:
        tokens += len(each) * each.repeat
        targets += each.targets * each.repeat
        squares += len(each) ** 2 * each.repeat
    return targets / max(1, tokens), squares / max(1, tokens)
