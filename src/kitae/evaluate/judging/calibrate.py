"""How far a judge can be believed: held against people's labels, or against a judge that is trusted.

Ranks survive a weaker judge, levels do not: 118 Japanese models have the same order under Athene-V2-72B as under
GPT-4-turbo (Spearman 0.973) and 0.55 more points. So a judge is accepted by ranks, and its level is corrected
(prediction-powered inference, Angelopoulos et al., Science 382, 2023).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from ...core.mistakes import Mistake
from ...core.noun import Noun
from ..clusters import spread, t_quantile
from ..statistics import LEVEL, Interval
from .agreement import Figure, Pairs, figure, kappa, nominal_kappa, rank_of_models, same, spearman, within_one
from .published import Row
from .tally import one_judge

BAR = 0.95
"""Spearman over the models' means that has to be shown, by its interval, for a judge to count for the number that
decides: five models stand in perfect order by chance once in 120."""
FEW_MODELS = 5
"""With fewer models an order says little, and the correlation over single answers is asked for instead."""


class Agreement(Noun):
    """Of a judge with labels, on the same answers."""

    n: int
    same: float | None
    """Share of equal ratings."""
    within_one: float | None
    kappa: Figure
    """Weighted by squares for ratings; plain for verdicts of pairs."""
    spearman: Figure
    """Over single answers."""
    bias: float | None
    """Mean of judge minus label: positive for a generous judge."""
    bias_interval: Interval | None


class Corrected(Noun):
    """A model's mean as the labels would have it."""

    model: str
    judged: float
    """The judge's mean over all answers."""
    labelled: int
    """Answers that have a label."""
    mean: float | None
    interval: Interval | None


class Calibration(Noun):
    """How far a judge can be believed."""

    models: int
    overall: Agreement
    rank: Figure
    """Rank correlation of the models' means."""
    per_category: dict[str, Agreement]
    corrected: tuple[Corrected, ...]
    bar: float

    @property
    def deciding(self) -> Figure:
        """The rank correlation that the bar is held against: with few models over single answers, the harder test."""
        return self.rank if self.models >= FEW_MODELS else self.overall.spearman

    @property
    def accepted(self) -> bool:
        """By the lower end of the interval: what may be chance shows nothing."""
        return self.deciding.low is not None and self.deciding.low >= self.bar

    @property
    def why(self) -> str:
        """In words."""
        found, what = self.deciding, f"the order of {self.models} models"
        if self.models < FEW_MODELS:
            what = f"single answers, since {self.models} models have hardly an order"
        if found.value is None:
            return f"rank correlation over {what} is not defined: all scores are the same"
        told = f"rank correlation {found.value:.3f} over {what}"
        if found.low is None or found.high is None:
            return f"{told}, without an interval: a single question shows nothing"
        reached = "at least" if self.accepted else "below"
        return f"{told}, 95 % from {found.low:.3f} to {found.high:.3f}: its lower end is {reached} {self.bar:g}"


def calibrate(
    judged: Sequence[Row], labels: Sequence[Row], categories: Mapping[str, str], bar: float = BAR
) -> Calibration:
    """Holds a judge's rows against labels of the same answers.

    Args:
        judged: The ratings of one judge, or its games of pairs.
        labels: A trusted judge's or people's; several of one answer are averaged.
        categories: Of questions.
        bar: The rank correlation that is asked for.

    Raises:
        Mistake: the ratings are by several judges, or no answer has both.
    """
    one_judge(judged)
    own, trusted = _last(judged), _averaged(labels)
    shared = [key for key in own if key in trusted]
    if not shared:
        raise Mistake(
            "no answer has both a judgment and a label",
            where="--against",
            hint="a label belongs to the same model, question_id and turn as a judgment",
        )
    pair = any(key[3] for key in shared)
    names = sorted({categories[key[1]] for key in shared if categories.get(key[1])})
    return Calibration(
        models=len({key[0] for key in shared}),
        overall=_agreement(own, trusted, shared, pair=pair),
        rank=rank_of_models(_pairs(own, trusted, shared), [key[0] for key in shared]),
        per_category={
            name: _agreement(own, trusted, [key for key in shared if categories.get(key[1]) == name], pair=pair)
            for name in names
        },
        corrected=tuple(_corrected(model, own, trusted) for model in dict.fromkeys(key[0] for key in own)),
        bar=bar,
    )


Key = tuple[str, str, int, str]
Scores = Mapping[Key, float]


def _last(rows: Sequence[Row]) -> dict[Key, float]:
    """A judge's rows, the last of each key; failures are left out."""
    return {row.key: row.score for row in rows if row.score is not None and not row.failed}


def _averaged(rows: Sequence[Row]) -> dict[Key, float]:
    """The mean where several people rated an answer; of votes the side of the majority."""
    found: dict[Key, list[float]] = {}
    for row in rows:
        if row.score is not None and not row.failed:
            found.setdefault(row.key, []).append(row.score)
    means = {key: math.fsum(scores) / len(scores) for key, scores in found.items()}
    return {key: _side(mean) if key[3] else mean for key, mean in means.items()}


def _side(points: float) -> float:
    return 0.5 if points == 0.5 else float(points > 0.5)


def _once(keys: Sequence[Key]) -> list[Key]:
    """A game has a row for each of its two models: it is counted once."""
    return [key for key in keys if not key[3] or key[0] < key[3]]


def _pairs(own: Scores, trusted: Scores, shared: Sequence[Key]) -> Pairs:
    return Pairs(
        np.asarray([own[key] for key in shared], dtype=np.float64),
        np.asarray([trusted[key] for key in shared], dtype=np.float64),
        tuple(key[1] for key in shared),
    )


def _agreement(own: Scores, trusted: Scores, shared: Sequence[Key], *, pair: bool) -> Agreement:
    pairs = _pairs(own, trusted, _once(shared))
    bias = spread(list(pairs.first - pairs.second), pairs.clusters)
    return Agreement(
        n=len(pairs.clusters),
        same=same(pairs.first, pairs.second),
        within_one=None if pair else within_one(pairs.first, pairs.second),
        kappa=figure(nominal_kappa if pair else kappa, pairs),
        spearman=figure(spearman, pairs),
        bias=bias.mean,
        bias_interval=bias.interval(),
    )


def _corrected(model: str, own: Scores, trusted: Scores) -> Corrected:
    everything = {key: score for key, score in own.items() if key[0] == model}
    labelled = [key for key in everything if key in trusted]
    found = corrected_mean(everything, {key: trusted[key] for key in labelled})
    return Corrected(
        model=model,
        judged=math.fsum(everything.values()) / len(everything),
        labelled=len(labelled),
        mean=found[0] if found else None,
        interval=found[1] if found else None,
    )


def corrected_mean(judged: Scores, labels: Scores) -> tuple[float, Interval | None] | None:
    """The mean that labels would give to all answers, from a judge's ratings of all and labels of some.

    Answers with a label count by it; the others by the judge, corrected by what it was wrong by on the former. Labels
    have to be of answers that were drawn at random, or the judge may be wrong otherwise on the rest.

    Returns:
        `None` where no answer has a label; without an interval where a single question has.
    """
    shared = [key for key in labels if key in judged]
    if not shared:
        return None
    rest = [key for key in judged if key not in labels]
    share = len(rest) / len(judged)
    told = _Part({key: labels[key] - share * judged[key] for key in shared})
    guessed = _Part({key: share * judged[key] for key in rest})
    mean = told.mean + guessed.mean
    # The fewer questions have labels the less is known of the error, so their number decides about t.
    freedom = min(part.questions for part in (told, guessed) if part.scores) - 1
    if freedom < 1:
        return mean, None
    # Turns of a question may be in both parts: what they add to the mean is summed before it is squared.
    error = math.sqrt(
        sum((told.by_question(key) + guessed.by_question(key)) ** 2 for key in {key[1] for key in judged})
    )
    half = t_quantile((1 + LEVEL) / 2, freedom) * error
    return mean, Interval(low=mean - half, high=mean + half, how="clustered-t")


class _Part:
    """The mean over some answers, and what each question adds to its error."""

    def __init__(self, scores: Scores) -> None:
        self.scores = scores
        self.mean = math.fsum(scores.values()) / len(scores) if scores else 0.0
        self._sums: dict[str, float] = {}
        for key, score in scores.items():
            self._sums[key[1]] = self._sums.get(key[1], 0.0) + (score - self.mean) / len(scores)
        self.questions = len(self._sums)

    def by_question(self, question: str) -> float:
        correction = math.sqrt(self.questions / (self.questions - 1)) if self.questions > 1 else 1.0
        return correction * self._sums.get(question, 0.0)
