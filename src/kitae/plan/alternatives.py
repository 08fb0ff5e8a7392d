"""Other ways to the same end: from an API alone to a model from nothing, and when each pays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .price import Offer
from .span import Span

FROM_NOTHING: Final = 2.0e12
"""Tokens: what Llama 2 was trained on (its paper)."""

HOURS: Final = 730.0
"""Of a month: a machine that answers is rented all the time."""


@dataclass(frozen=True)
class Serving:
    """A machine that answers."""

    name: str
    yen_per_month: float
    answers_per_hour: float | None
    """At the lower end, when it is always busy; `None` where it is not known."""
    seconds: Span | None
    """Of one answer, from alone to last of all that are written at once."""
    offer: Offer | None = None
    """Its price, where it is rented for this alone."""
    warning: str = ""
    """About that price."""

    @property
    def yen_per_answer(self) -> float | None:
        """Of a machine that is always busy; `None` where its speed is not known."""
        return self.yen_per_month / (self.answers_per_hour * HOURS) if self.answers_per_hour else None

    def machines(self, answers: float) -> int | None:
        """For so many answers a month; `None` where its speed is not known."""
        if not self.answers_per_hour:
            return None
        return max(1, math.ceil(answers / (self.answers_per_hour * HOURS)))


@dataclass(frozen=True)
class Way:
    """A way to answer a company's questions."""

    name: str
    once: Span | None
    """Yen before the first answer; `None` where they cannot be reckoned."""
    per_month: float
    """Yen for machines; for one where nobody knows how many it takes."""
    per_answer: float | None
    """Yen on top for each answer; `None` where nobody has said the price."""
    what: str

    def yen(self, answers: float, months: int) -> float | None:
        """For one answer, when there are so many a month and the start is spread over so many months."""
        if self.once is None or self.per_answer is None or not answers:
            return None
        return (self.once.mid / months + self.per_month) / answers + self.per_answer


def ways(
    *,
    api: float | None,
    serving: Serving,
    tuning: Span | None,
    pretraining: Span | None,
    scratch: Span | None,
    answers: float,
) -> list[Way]:
    """
    Args:
        api: Yen for an answer of an external model.
        tuning: Yen of tuning alone.
        pretraining: Yen of continued pretraining with tuning behind it.
        scratch: Yen of training a model from nothing, with tuning behind it.
        answers: A month; 0 where nobody knows.
    """
    own = (serving.machines(answers) or 1) * serving.yen_per_month
    nothing = Span.exactly(0.0)
    return [
        Way("API only", nothing, 0.0, api, "documents in the prompt; what may not leave cannot be asked"),
        Way("retrieval only", nothing, own, 0.0, "the base as it is, with passages"),
        Way("tuning only", tuning, own, 0.0, "house format, refusing, own tasks"),
        Way("continued pretraining", pretraining, own, 0.0, "and the company's words and knowledge"),
        Way("from scratch", scratch, own, 0.0, f"{FROM_NOTHING / 1e12:g}T tokens, as Llama 2"),
    ]


def break_even(way: Way, api: float | None, serving: Serving, *, months: int) -> float | None:
    """Answers a month from which a way of one's own costs less than the API.

    Returns:
        `None` where that cannot be said, or where it never does: answering alone costs more than the API.
    """
    own = serving.yen_per_answer
    if not api or way.once is None or own is None or own >= api:
        return None
    machines, answers = 0, 0.0
    while (needed := serving.machines(answers) or 0) > machines:
        machines = needed
        answers = (way.once.mid / months + machines * serving.yen_per_month) / api
    return answers


def pays_from(found: Sequence[Way], api: float | None, serving: Serving, *, months: int) -> dict[str, float | None]:
    """Break-even of all ways but the API itself."""
    return {way.name: break_even(way, api, serving, months=months) for way in found if way.name != "API only"}
