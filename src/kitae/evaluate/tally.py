"""What one model's judgments come to: a mean by the protocol's rule, and what the failures could make of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..core.noun import Noun
from .clusters import clustered
from .judging.parsing import Scale
from .judging.request import Judgment

MEANINGLESS = 0.5
"""From this share of failures on, a score says nothing about the model that was judged."""


class Tally(Noun):
    """Of one model under one judge, on the judge's own scale."""

    n: int
    """Judgments that were to be made."""
    n_failed: int
    """Of which none came, or none that could be read."""
    mean_published: float | None
    """Over what could be read, as FastChat counts; `None` where nothing could."""
    mean_low: float
    """With every failure at the lowest rating."""
    mean_high: float
    """With every failure at the highest."""
    per_turn: dict[str, float]
    per_category: dict[str, float]
    interval: tuple[float, float] | None
    """95 % of the published mean, over questions: turns and samples of one are not independent."""

    @property
    def meaningless(self) -> bool:
        """Whether so much failed that the score says nothing."""
        return self.n == 0 or self.n_failed >= MEANINGLESS * self.n


def tally(wanted: int, judgments: Sequence[Judgment], scale: Scale) -> Tally:
    """
    Args:
        wanted: How many were to be made; each that is not there has failed.
        judgments: What there is, with single ratings.
        scale: The lowest and the highest rating.
    """
    rated = [(each, each.parse.score) for each in judgments if each.parse.score is not None]
    scores = [score for _, score in rated]
    n, failed, low, high = wanted, wanted - len(scores), *scale
    found = clustered(scores, [each.about.cluster for each, _ in rated], scale)
    return Tally(
        n=n,
        n_failed=failed,
        mean_published=sum(scores) / len(scores) if scores else None,
        mean_low=(sum(scores) + failed * low) / n if n else low,
        mean_high=(sum(scores) + failed * high) / n if n else high,
        per_turn=_means((str(each.about.turn), score) for each, score in rated),
        per_category=_means((each.about.category, score) for each, score in rated),
        interval=(found.interval.low, found.interval.high) if found.interval else None,
    )


def _means(pairs: Iterable[tuple[str, float]]) -> dict[str, float]:
    groups: dict[str, list[float]] = {}
    for name, score in pairs:
        groups.setdefault(name, []).append(score)
    return {name: sum(scores) / len(scores) for name, scores in sorted(groups.items())}
