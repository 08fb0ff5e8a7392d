"""How fast a model answers on a card: reading is bound by computing, writing by memory."""

from __future__ import annotations

from typing import Final

from ..core.architecture import Architecture
from ..core.noun import Noun
from .cards import Card, steady
from .memory import kv_bytes
from .span import Span

BANDWIDTH: Final = (0.27, 0.9)
"""Share of a card's bandwidth that writing reaches. Lower: litgpt's plain loop, Llama 2 7B on an A100 of 40 GB, 31
tokens/s (its resource tables); upper: what llm-analysis assumes. Servers that batch lie between."""

FORWARD: Final = 2.0
"""Operations for each parameter and token that is read."""


class Served(Noun):
    """How a machine answers when it always has `at_once` questions."""

    tokens_per_second: Span
    """That are written, all answers together."""
    answers_per_hour: Span
    seconds: Span
    """Of one answer: from alone in its batch to last in it."""


def served(
    model: Architecture,
    found: Card,
    gib: int,
    *,
    prompt: int,
    answer: int,
    at_once: int,
    bytes_per_weight: float = 2.0,
    shards: int = 1,
) -> Served | None:
    """`None` where the card's bandwidth is not known.

    Args:
        gib: Memory of the card, which says its bandwidth.
        prompt: Tokens that are read for an answer.
        answer: Tokens that are written.
        shards: Cards that share one copy; each reads its part of the weights.
    """
    speed = found.terabytes_per_second.get(str(gib))
    if speed is None:
        return None
    rate = steady(found, model.active).mfu
    ends = []
    for computing, reading in ((rate.high, BANDWIDTH[1]), (rate.low, BANDWIDTH[0])):
        operations = found.peak_tflops * 1e12 * computing * shards
        moved = model.active * bytes_per_weight + at_once * kv_bytes(model) * (prompt + answer / 2)
        read = prompt * FORWARD * model.active / operations
        step = max(moved / (speed * 1e12 * reading * shards), at_once * FORWARD * model.active / operations)
        ends.append((read, answer * step))
    (fast_read, fast_write), (slow_read, slow_write) = ends
    fast, slow = at_once * fast_read + fast_write, at_once * slow_read + slow_write
    return Served(
        tokens_per_second=Span.between(at_once * answer / slow, at_once * answer / fast),
        answers_per_hour=Span.between(3600 * at_once / slow, 3600 * at_once / fast),
        seconds=Span.between(fast_read + fast_write, slow),
    )
