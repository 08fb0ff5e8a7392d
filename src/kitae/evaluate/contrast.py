"""Two models on the same questions: the paired difference, overall and by category."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

from ..core.noun import Noun
from .clusters import Category, Key, by_category, paired_clustered, paired_spread, questions_needed
from .statistics import Difference, Interval, paired_difference


class Contrast(Noun):
    """The first model minus the second, on the answers that both gave."""

    first: str
    second: str
    means: tuple[float, float]
    """Of the first and of the second, on these answers."""
    difference: Difference
    per_category: tuple[Category, ...]
    questions: int
    """That both were asked."""
    needed: int | None
    """Questions, these among them, that would show a difference of this size in four of five trials; `None` if there is
    no difference, or nothing to tell from."""
    notes: tuple[str, ...]


def of_ratings(
    models: tuple[str, str],
    own: Mapping[Key, float],
    other: Mapping[Key, float],
    categories: Mapping[Any, str],
    notes: Sequence[str] = (),
) -> Contrast:
    """Of a judge's ratings, clustered by question.

    Args:
        own: Of the first model.
        other: Of the second.
        categories: Of each question.
    """
    return _contrast(models, own, other, paired_clustered(own, other), by_category(own, other, categories), notes)


def of_marks(
    models: tuple[str, str],
    own: Mapping[Key, float],
    other: Mapping[Key, float],
    categories: Mapping[Any, str],
    notes: Sequence[str] = (),
) -> Contrast:
    """Of what a program found right, between 0 and 1; several wordings of a question count as their mean.

    Few questions change from right to wrong, so the intervals are those of shares, and a category's p is that of an
    exact sign test.
    """
    shared = [key for key in own if key in other]
    first, second = _by_question({key: own[key] for key in shared}), _by_question({key: other[key] for key in shared})
    difference = paired_difference(list(first.values()), list(second.values()))
    return _contrast(models, first, second, difference, by_category(first, second, categories, _sign_test), notes)


def _contrast(
    models: tuple[str, str],
    own: Mapping[Key, float],
    other: Mapping[Key, float],
    difference: Difference,
    per_category: Iterable[Category],
    notes: Sequence[str],
) -> Contrast:
    found = paired_spread(own, other)
    return Contrast(
        first=models[0],
        second=models[1],
        means=_means(own, other),
        difference=difference,
        per_category=tuple(per_category),
        questions=found.clusters if found else 0,
        needed=questions_needed(found) if found else None,
        notes=tuple(notes),
    )


def _means(own: Mapping[Key, float], other: Mapping[Key, float]) -> tuple[float, float]:
    shared = [key for key in own if key in other]
    if not shared:
        return 0.0, 0.0
    return math.fsum(own[key] for key in shared) / len(shared), math.fsum(other[key] for key in shared) / len(shared)


def _by_question(marks: Mapping[Key, float]) -> dict[tuple[Hashable, Hashable], float]:
    found: dict[Hashable, list[float]] = {}
    for (question, _), mark in marks.items():
        found.setdefault(question, []).append(mark)
    return {(question, ""): math.fsum(each) / len(each) for question, each in found.items()}


def _sign_test(own: Mapping[Key, float], other: Mapping[Key, float]) -> tuple[Interval | None, float]:
    shared = [key for key in own if key in other]
    found = paired_difference([own[key] for key in shared], [other[key] for key in shared])
    return found.interval, sign_p(found.better, found.worse)


def sign_p(better: int, worse: int) -> float:
    """Two-sided, that as many became better as worse: the exact binomial test of McNemar's table."""
    n = better + worse
    tail = sum(math.comb(n, count) for count in range(min(better, worse) + 1)) * 0.5**n
    return min(1.0, 2 * tail)
