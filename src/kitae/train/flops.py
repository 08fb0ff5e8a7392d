"""How much has to be computed for a token: what model FLOPs utilisation (MFU) is reckoned from."""

from __future__ import annotations

from collections.abc import Sequence

from .example import Example
from .memory import Shape
from .recipe import Course


def per_token(course: Course, shape: Shape, *, learnt: float, length: float) -> float:
    """Floating-point operations that the model needs for a token, forward and back, however they are computed.

    2 for each weight forward, 2 for the gradient of what goes in, and 2 for that of the weight where it is trained;
    and 12 x layers x width x length for attention (PaLM, arXiv:2204.02311, appendix B). Logits are computed for what is
    learnt alone. What is computed anew to save memory does not count.

    Args:
        learnt: Share of the tokens that the loss counts.
        length: Of the example that a token stands in, on average over tokens.
    """
    passes = 4 if course.adapts else 6
    weights = shape.parameters - shape.tables + shape.vocabulary * shape.hidden * learnt
    return passes * weights + 12 * shape.layers * shape.hidden * length


def seen(examples: Sequence[Example]) -> tuple[float, float]:
    """Share of the tokens that the loss counts, and the length of the example that a token stands in."""
    tokens = targets = squares = 0
    for each in examples:
        tokens += len(each) * each.repeat
        targets += each.targets * each.repeat
        squares += len(each) ** 2 * each.repeat
    return targets / max(1, tokens), squares / max(1, tokens)
