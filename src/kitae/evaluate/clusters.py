"""Error bars over questions that were answered more than once: two turns, several samples, several games.

Answers to one question rise and fall together, so taking them for independent makes intervals too narrow: in published
Japanese and English judgments by a factor of 1.13 to 1.36. The standard error here is clustered by question (Liang and
Zeger, Biometrika 73(1), 1986; Miller, "Adding error bars to evals", arXiv 2411.00640) with the correction G / (G - 1)
for G questions, and intervals take Student's t with G - 1 degrees of freedom. Intervals are 95 % and two-sided.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from ..core.noun import Noun
from .statistics import LEVEL, Difference, Estimate, Interval, estimate, per_question, wilson

POWER = 0.8
"""With which a difference that is called detectable is found."""
Bounds = tuple[float, float]
EVERYTHING: Bounds = (-math.inf, math.inf)
SHARE: Bounds = (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Spread:
    """A mean and how far it is known."""

    mean: float
    error: float
    """Standard error, clustered."""
    n: int
    clusters: int

    @property
    def deviation(self) -> float:
        """What one question more or less would matter: the error times the root of the number of questions."""
        return self.error * math.sqrt(self.clusters)

    def interval(self, bounds: Bounds = EVERYTHING) -> Interval | None:
        """Cut off at the ends of the scale; `None` for a single question, which says nothing about others."""
        if self.clusters < 2:
            return None
        half = t_quantile((1 + LEVEL) / 2, self.clusters - 1) * self.error
        low, high = max(bounds[0], self.mean - half), min(bounds[1], self.mean + half)
        return Interval(low=low, high=high, how="clustered-t" if self.error else "none")

    @property
    def detectable(self) -> float | None:
        """The smallest true mean that questions of this number and scatter show in four of five trials."""
        return None if self.clusters < 2 else _quantiles(self.clusters - 1) * self.error

    @property
    def p(self) -> float:
        """Two-sided, that the true mean is 0."""
        if self.clusters < 2:
            return 1.0
        if not self.error:
            return 1.0 if not self.mean else 0.0
        return 1 - t_within(abs(self.mean) / self.error, self.clusters - 1)


def spread(values: Sequence[float], clusters: Sequence[Hashable]) -> Spread:
    """The mean over all values, with its clustered standard error.

    Raises:
        ValueError: no value, or not as many clusters as values.
    """
    if not values or len(values) != len(clusters):
        raise ValueError(f"{len(values)} values in {len(clusters)} clusters")
    found = np.asarray(values, dtype=np.float64)
    mean = float(found.mean())
    numbers = {cluster: number for number, cluster in enumerate(dict.fromkeys(clusters))}
    sums = np.bincount([numbers[cluster] for cluster in clusters], weights=found - mean)
    count = len(numbers)
    variance = float((sums**2).sum()) / len(values) ** 2 * (count / (count - 1) if count > 1 else 0.0)
    # Equal values leave rounding errors behind that are no scatter.
    error = 0.0 if np.ptp(found) == 0 else math.sqrt(variance)
    return Spread(mean=mean, error=error, n=len(values), clusters=count)


def clustered(values: Sequence[float], clusters: Sequence[Hashable], bounds: Bounds = EVERYTHING) -> Estimate:
    """Mean and interval of scores, each with the question that it belongs to.

    Returns:
        `n` counts the scores; mean and interval are `None` where there is none.
    """
    if not values:
        return Estimate(mean=None, interval=None, n=0)
    found = spread(values, clusters)
    return Estimate(mean=found.mean, interval=found.interval(bounds), n=found.n)


def ratio(
    tops: Sequence[float], bottoms: Sequence[float], clusters: Sequence[Hashable], bounds: Bounds = EVERYTHING
) -> Estimate:
    """The sum of the tops over that of the bottoms, each pair with the question that it belongs to.

    The interval is that of the linearised ratio (Cochran, Sampling Techniques, 3rd edition, 1977, section 2.11). Where
    a share is 0 or 1 everywhere, so that nothing scatters, it is Wilson's over the questions.

    Returns:
        `n` counts the pairs; mean and interval are `None` where the bottoms come to nothing.
    """
    below = math.fsum(bottoms)
    if not below:
        return Estimate(mean=None, interval=None, n=0)
    found, size = math.fsum(tops) / below, below / len(bottoms)
    told = spread([found + (top - found * bottom) / size for top, bottom in zip(tops, bottoms, strict=True)], clusters)
    interval = told.interval(bounds)
    if bounds == SHARE and found in SHARE:
        questions = len({cluster for cluster, bottom in zip(clusters, bottoms, strict=True) if bottom})
        low, high = wilson(round(found) * questions, questions)
        interval = Interval(low=low, high=high, how="wilson")
    return Estimate(mean=found, interval=interval, n=len(tops))


def by_question(credits: Iterable[tuple[str, float]], units: Mapping[str, str] | None = None) -> Estimate:
    """Mean and interval of shares over questions; with none or nearly none right too (Wilson's).

    Args:
        credits: Scores of 0 to 1, each with its question.
        units: What the errors of a question are clustered by, where that is not the question itself.
    """
    found = per_question(credits)
    if units is None or not units.keys() & found.keys():
        return estimate(list(found.values()))
    return ratio([*found.values()], [1.0] * len(found), [units.get(name, name) for name in found], SHARE)


Key = TypeVar("Key", bound=tuple[Hashable, Hashable])
"""The question, and what tells its answers apart: the turn, the sample, the opponent."""


def paired_spread(first: Mapping[Key, float], second: Mapping[Key, float]) -> Spread | None:
    """Of `first - second` over what both have; `None` where that is nothing."""
    shared = [key for key in first if key in second]
    if not shared:
        return None
    return spread([first[key] - second[key] for key in shared], [key[0] for key in shared])


def paired_clustered(first: Mapping[Key, float], second: Mapping[Key, float]) -> Difference:
    """Mean of `first - second` over the answers that both have, clustered by question."""
    found = paired_spread(first, second)
    if found is None:
        return Difference(mean=None, interval=None, n=0, better=0, worse=0, detectable=None)
    changes = [first[key] - second[key] for key in first if key in second]
    return Difference(
        mean=found.mean,
        interval=found.interval(),
        n=found.n,
        better=sum(change > 0 for change in changes),
        worse=sum(change < 0 for change in changes),
        detectable=found.detectable,
    )


def questions_needed(difference: Spread) -> int | None:
    """How many questions of this kind would show the difference, if it is the true one, in four of five trials.

    Returns:
        All questions, those at hand among them; `None` where there is no difference or no scatter to go by.
    """
    if not difference.mean or difference.clusters < 2:
        return None
    if not difference.error:
        return difference.clusters
    count = 2
    for _ in range(50):  # t depends on the number that is looked for
        needed = math.ceil((_quantiles(count - 1) * difference.deviation / difference.mean) ** 2)
        if max(2, needed) == count:
            break
        count = max(2, needed)
    return count


class Category(Noun):
    """A difference in one category."""

    name: str
    mean: float
    interval: Interval | None
    n: int
    p: float
    """Two-sided, of this category alone."""
    adjusted: float
    """The same by Holm over all categories: below 0.05 it stands, however many were looked at."""


Test = Callable[[Mapping[Any, float], Mapping[Any, float]], tuple[Interval | None, float]]
"""Interval and two-sided p of a paired difference."""


def t_test(first: Mapping[Key, float], second: Mapping[Key, float]) -> tuple[Interval | None, float]:
    """Clustered by question."""
    found = paired_spread(first, second)
    return (found.interval(), found.p) if found else (None, 1.0)


def by_category(
    first: Mapping[Key, float], second: Mapping[Key, float], categories: Mapping[Any, str], test: Test = t_test
) -> list[Category]:
    """Paired differences in each category, with Holm's correction.

    Args:
        categories: Of each question; those without one are left out. Their order is that of the result.
        test: Of one category.
    """
    names = dict.fromkeys(name for name in categories.values() if name)
    found = {}
    for name in names:
        own = {key: value for key, value in first.items() if categories.get(key[0]) == name}
        if (difference := paired_spread(own, second)) is not None:
            found[name] = (difference, *test(own, second))
    adjusted = holm([p for _, _, p in found.values()])
    return [
        Category(name=name, mean=each.mean, interval=interval, n=each.n, p=p, adjusted=value)
        for (name, (each, interval, p)), value in zip(found.items(), adjusted, strict=True)
    ]


def holm(probabilities: Sequence[float]) -> list[float]:
    """Adjusted p-values in the given order (Holm, Scandinavian Journal of Statistics 6(2), 1979)."""
    order = sorted(range(len(probabilities)), key=lambda index: probabilities[index])
    adjusted, largest = [0.0] * len(probabilities), 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(probabilities) - rank) * probabilities[index]))
        adjusted[index] = largest
    return adjusted


def t_within(t: float, freedom: int) -> float:
    """P(|T| < t) for whole degrees of freedom (Abramowitz and Stegun 26.7.3 and 26.7.4)."""
    angle = math.atan(t / math.sqrt(freedom))
    sine, square = math.sin(angle), math.cos(angle) ** 2
    odd = freedom % 2
    term = math.cos(angle) if odd else 1.0
    total = 0.0
    for step in range(1 + odd, freedom, 2):
        total += term
        term *= square * step / (step + 1)
    return 2 / math.pi * (angle + sine * total) if odd else sine * total


@functools.lru_cache(maxsize=1024)
def t_quantile(probability: float, freedom: int) -> float:
    """Of Student's t, for a probability of at least a half."""
    low, high = 0.0, 2.0
    while t_within(high, freedom) < 2 * probability - 1:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if t_within(middle, freedom) < 2 * probability - 1 else (low, middle)
    return high


def _quantiles(freedom: int) -> float:
    return t_quantile((1 + LEVEL) / 2, freedom) + t_quantile(POWER, freedom)
