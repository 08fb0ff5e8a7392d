"""Error bars over questions: bootstrap intervals, paired differences, and what a suite is too small to see.

The question is the unit that is drawn, so several answers to one question would have to be averaged before they come
here (Miller, "Adding error bars to evals", arXiv 2411.00640). Intervals are 95 % and two-sided.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import NormalDist
from typing import Literal

import numpy as np
import numpy.typing as npt

from ..core.noun import Noun

LEVEL = 0.95
RESAMPLES = 10_000
SEED = 20_260_801
"""Fixed, so that the same scores always have the same interval."""
FEW = 5
"""With fewer successes or failures than this the bootstrap of a share is too narrow (with none it has no width at all):
Wilson's score interval is used instead. The rule of thumb np ≥ 5; `tests/evaluate` measures the coverage of both."""
FEW_CHANGES = 10
"""Where all but fewer questions changed the same way (or not at all), the paired difference takes Bonett and Price's
interval (2012) for the same reason."""

Floats = npt.NDArray[np.float64]
Method = Literal["bootstrap", "wilson", "bonett-price", "clustered-t", "square-and-add", "none"]


class Interval(Noun):
    """A 95 % interval, and how it was found."""

    low: float
    high: float
    how: Method


class Estimate(Noun):
    """A mean over questions with its interval; `None` where there is no question."""

    mean: float | None
    interval: Interval | None
    n: int


class Difference(Noun):
    """Mean of the differences on the questions that both answered: positive when the first is better."""

    mean: float | None
    interval: Interval | None
    n: int
    better: int
    """Questions on which the first scored higher."""
    worse: int
    detectable: float | None
    """The smallest true difference that a suite of this size and scatter would show in four of five trials."""


def _z(probability: float) -> float:
    return NormalDist().inv_cdf(probability)


def wilson(successes: int, n: int, *, level: float = LEVEL) -> tuple[float, float]:
    """Wilson's score interval of a share (1927); its ends stay within 0 and 1.

    Raises:
        ValueError: `n` is not positive, or there are more successes than trials.
    """
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f"{successes} of {n}")
    z = _z((1 + level) / 2)
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == n else centre + half
    return low, high


def bonett_price(better: int, worse: int, n: int, *, level: float = LEVEL) -> tuple[float, float]:
    """Adjusted Wald interval of the difference of paired shares.

    One question is added to each way of differing, so that no difference at all still has a width.
    Bonett and Price, "Adjusted Wald confidence interval for a difference of binomial proportions based on paired data",
    Journal of Educational and Behavioral Statistics 37(4), 2012.

    Raises:
        ValueError: `n` is not positive, or fewer than `better + worse`.
    """
    if n < 1 or better + worse > n:
        raise ValueError(f"{better} and {worse} of {n}")
    up, down = (better + 1) / (n + 2), (worse + 1) / (n + 2)
    half = _z((1 + level) / 2) * math.sqrt((up + down - (up - down) ** 2) / (n + 2))
    return max(-1.0, up - down - half), min(1.0, up - down + half)


def bootstrap(
    values: Sequence[float], *, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = SEED
) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean.

    Raises:
        ValueError: there is no value.
    """
    if not values:
        raise ValueError("no value")
    means = _resampled_means(np.asarray(values, dtype=np.float64), resamples, np.random.default_rng(seed))
    tail = (1 - level) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)


def _resampled_means(values: Floats, resamples: int, random: np.random.Generator) -> Floats:
    """(resamples,) means of draws with replacement, a bounded number of draws in memory at a time."""
    at_once = max(1, 4_000_000 // len(values))
    means = np.empty(resamples)
    for start in range(0, resamples, at_once):
        stop = min(start + at_once, resamples)
        means[start:stop] = values[random.integers(0, len(values), (stop - start, len(values)))].mean(axis=1)
    return means


def estimate(values: Sequence[float]) -> Estimate:
    """Mean and interval of scores, one a question; for right/wrong pass 1.0 and 0.0."""
    n = len(values)
    if not n:
        return Estimate(mean=None, interval=None, n=0)
    return Estimate(mean=float(np.mean(values)), interval=_interval(values), n=n)


def per_question(credits: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Scores, each with its question: several wordings and samples of one count as their mean."""
    groups: dict[str, list[float]] = {}
    for question, credit in credits:
        groups.setdefault(question, []).append(credit)
    return {question: sum(each) / len(each) for question, each in groups.items()}


def sum_of(one: Estimate, two: Estimate) -> Estimate:
    """The sum of two means over different questions; `None` where one of them is.

    Square-and-add, which keeps the lopsided intervals of shares near 0 and 1: Zou and Donner, "Construction of
    confidence limits about effect measures", Statistics in Medicine 27(10), 2008.
    """
    if one.mean is None or two.mean is None or one.interval is None or two.interval is None:
        return Estimate(mean=None, interval=None, n=0)
    total = one.mean + two.mean
    below = math.hypot(one.mean - one.interval.low, two.mean - two.interval.low)
    above = math.hypot(one.interval.high - one.mean, two.interval.high - two.mean)
    interval = Interval(low=total - below, high=total + above, how="square-and-add")
    return Estimate(mean=total, interval=interval, n=one.n + two.n)


def _interval(values: Sequence[float]) -> Interval:
    if set(values) <= {0.0, 1.0}:
        successes = round(sum(values))
        if min(successes, len(values) - successes) < FEW:
            low, high = wilson(successes, len(values))
            return Interval(low=low, high=high, how="wilson")
    elif len(set(values)) == 1:
        # Equal scores that are no shares: nothing here says how far the next one would be off.
        return Interval(low=values[0], high=values[0], how="none")
    low, high = bootstrap(values)
    return Interval(low=low, high=high, how="bootstrap")


def paired_difference(first: Sequence[float], second: Sequence[float]) -> Difference:
    """Mean of `first - second` over the same questions in the same order.

    Pairing removes the scatter that comes from easy and hard questions, and so sees smaller differences.

    Raises:
        ValueError: the lengths differ.
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} scores and {len(second)} scores are not of the same questions")
    changes = [one - two for one, two in zip(first, second, strict=True)]
    better, worse = sum(change > 0 for change in changes), sum(change < 0 for change in changes)
    if not changes:
        return Difference(mean=None, interval=None, n=0, better=0, worse=0, detectable=None)
    return Difference(
        mean=float(np.mean(changes)),
        interval=_paired_interval(changes, better, worse),
        n=len(changes),
        better=better,
        worse=worse,
        detectable=_detectable(changes) if len(changes) > 1 else None,
    )


def _detectable(changes: Sequence[float]) -> float:
    if set(changes) <= {-1.0, 0.0, 1.0}:
        return minimum_detectable_share(sum(map(abs, changes)) / len(changes), len(changes))
    return minimum_detectable(float(np.std(changes, ddof=1)), len(changes))


def _paired_interval(changes: Sequence[float], better: int, worse: int) -> Interval:
    n = len(changes)
    if set(changes) <= {-1.0, 0.0, 1.0}:
        if n - max(better, worse, n - better - worse) < FEW_CHANGES:
            low, high = bonett_price(better, worse, n)
            return Interval(low=low, high=high, how="bonett-price")
    elif len(set(changes)) == 1:
        return Interval(low=changes[0], high=changes[0], how="none")
    low, high = bootstrap(changes)
    return Interval(low=low, high=high, how="bootstrap")


def minimum_detectable(deviation: float, n: int, *, level: float = LEVEL, power: float = 0.8) -> float:
    """The smallest true mean difference that a paired test of `n` questions finds with this power.

    Args:
        deviation: Standard deviation of the differences.

    Raises:
        ValueError: `n` is not positive.
    """
    if n < 1:
        raise ValueError("no question")
    return (_z((1 + level) / 2) + _z(power)) * deviation / math.sqrt(n)


def minimum_detectable_share(changed: float, n: int, *, level: float = LEVEL, power: float = 0.8) -> float:
    """The same for right and wrong, where the scatter depends on the difference.

    A true difference d takes at least a share d of questions that change; if a share s does, the scatter is √(s − d²).
    So however few changed here, a small difference is none that could be seen.

    Args:
        changed: Share of the questions that change, either way.

    Raises:
        ValueError: `n` is not positive.
    """
    least = 1 / (1 + 1 / minimum_detectable(1.0, n, level=level, power=power) ** 2)
    return math.sqrt(least * max(changed, least))
