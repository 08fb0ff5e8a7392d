"""How far raters agree: kappa, rank correlation, Krippendorff's alpha; intervals by drawing questions.

Sources: Cohen, "Weighted kappa", Psychological Bulletin 70(4), 1968; Krippendorff, "Computing Krippendorff's
Alpha-Reliability", 2011 (its example is a test).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from ...core.noun import Noun
from ..statistics import LEVEL, SEED

RESAMPLES = 2_000
Floats = npt.NDArray[np.float64]
Metric = Literal["nominal", "interval"]


class Figure(Noun):
    """A measure of agreement with its 95 % interval; `None` where it is not defined, as for raters who never vary."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Pairs:
    """What two raters gave to the same things."""

    first: Floats
    second: Floats
    clusters: tuple[Hashable, ...]
    """The question of each thing."""


Measure = Callable[[Floats, Floats], float | None]


def kappa(first: Floats, second: Floats) -> float | None:
    """Cohen's kappa with quadratic weights: a rating that is far off counts more than one that is nearly right."""
    apart = float(np.mean((first - second) ** 2))
    # All pairs of one's ratings with the other's, without forming them.
    chance = float(first.var() + second.var() + (first.mean() - second.mean()) ** 2)
    return None if chance == 0 else 1 - apart / chance


def nominal_kappa(first: Floats, second: Floats) -> float | None:
    """Cohen's kappa without weights, for verdicts."""
    same = float(np.mean(first == second))
    counts, others = Counter(first.tolist()), Counter(second.tolist())
    chance = sum(counts[value] * others[value] for value in counts) / len(first) ** 2
    return None if chance == 1 else (same - chance) / (1 - chance)


def spearman(first: Floats, second: Floats) -> float | None:
    """Rank correlation; equal values share their mean rank."""
    one, two = ranks(first), ranks(second)
    scatter = float(one.std() * two.std())
    return None if scatter == 0 else float(np.mean((one - one.mean()) * (two - two.mean()))) / scatter


def ranks(values: Floats) -> Floats:
    """From 1; equal values have the mean of the ranks that they take up."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    found: Floats = (last - (counts - 1) / 2)[inverse]
    return found


def same(first: Floats, second: Floats) -> float:
    """Share of equal ratings."""
    return float(np.mean(first == second))


def within_one(first: Floats, second: Floats) -> float:
    """Share of ratings that are at most 1 apart."""
    return float(np.mean(np.abs(first - second) <= 1))


Indices = npt.NDArray[np.int64]


def figure(measure: Measure, pairs: Pairs, *, resamples: int = RESAMPLES) -> Figure:
    """A measure with its interval: the percentiles over drawn questions, each with all of its ratings."""

    def of(drawn: Indices) -> float | None:
        return measure(pairs.first[drawn], pairs.second[drawn]) if len(drawn) else None

    return _drawn(of, pairs.clusters, resamples)


def _drawn(of: Callable[[Indices], float | None], clusters: Sequence[Hashable], resamples: int) -> Figure:
    value = of(np.arange(len(clusters)))
    if value is None:
        return Figure(value=None, low=None, high=None)
    members, random, found = _members(clusters), np.random.default_rng(SEED), []
    for _ in range(resamples if len(members) > 1 else 0):
        drawn = np.concatenate([members[number] for number in random.integers(0, len(members), len(members))])
        if (again := of(drawn)) is not None:
            found.append(again)
    return _figure(value, found)


def _figure(value: float, found: Sequence[float]) -> Figure:
    if not found:
        return Figure(value=value, low=None, high=None)
    low, high = np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Figure(value=value, low=float(low), high=float(high))


def _members(clusters: Sequence[Hashable]) -> list[npt.NDArray[np.int64]]:
    found: dict[Hashable, list[int]] = {}
    for number, cluster in enumerate(clusters):
        found.setdefault(cluster, []).append(number)
    return [np.asarray(each) for each in found.values()]


def rank_of_models(pairs: Pairs, models: Sequence[Hashable], *, resamples: int = RESAMPLES) -> Figure:
    """Rank correlation of the models' means: does one rater put the models into the order that the other does?"""
    numbers = {name: number for number, name in enumerate(dict.fromkeys(models))}
    which = np.asarray([numbers[model] for model in models], dtype=np.int64)

    def means(values: Floats, drawn: Indices) -> Floats:
        counts = np.bincount(which[drawn], minlength=len(numbers))
        sums = np.bincount(which[drawn], weights=values[drawn], minlength=len(numbers))
        found: Floats = sums[counts > 0] / counts[counts > 0]
        return found

    def of(drawn: Indices) -> float | None:
        return spearman(means(pairs.first, drawn), means(pairs.second, drawn)) if len(numbers) > 1 else None

    return _drawn(of, pairs.clusters, resamples)


Unit = Sequence[float]
"""What all raters gave to one thing; those who gave nothing are left out."""


def alpha(units: Sequence[Unit], metric: Metric = "interval") -> float | None:
    """Krippendorff's alpha: 1 where all agree, 0 where they agree as chance would have it.

    Returns:
        `None` where no thing has two ratings, or all ratings are the same.
    """
    rated = [np.asarray(unit, dtype=np.float64) for unit in units if len(unit) > 1]
    if not rated:
        return None
    everything = np.concatenate(rated)
    apart = sum(_apart(unit, metric) / (len(unit) - 1) for unit in rated)
    chance = _apart(everything, metric) / (len(everything) - 1)
    return None if chance == 0 else 1 - apart / chance


def _apart(values: Floats, metric: Metric) -> float:
    """Sum of the distances of all ordered pairs."""
    if metric == "nominal":
        _, counts = np.unique(values, return_counts=True)
        return float(len(values) ** 2 - (counts**2).sum())
    return float(2 * len(values) * ((values - values.mean()) ** 2).sum())


def alpha_figure(
    units: Sequence[Unit], clusters: Sequence[Hashable], metric: Metric = "interval", *, resamples: int = RESAMPLES
) -> Figure:
    """Alpha with its interval over drawn questions."""
    return _drawn(lambda drawn: alpha([units[number] for number in drawn], metric), clusters, resamples)
