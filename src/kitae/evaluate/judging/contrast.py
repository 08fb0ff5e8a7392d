"""Two models under one judge: the paired difference, or a refusal that says what is not the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from ...core.mistakes import Mistake
from ..contrast import Contrast, of_ratings
from .alike import conditions_of, refuse_unlike
from .asked import Answer
from .parsing import Scale
from .request import Judgment
from .tally import category_order

Key = tuple[str, tuple[str, int, int]]
"""Cluster; question, turn and sample."""


def key_of(judgment: Judgment) -> Key:
    """What has to be equal for two models' judgments to be of the same thing."""
    about = judgment.about
    return about.cluster, (about.question, about.turn, about.sample)


def contrast(
    first: Sequence[Judgment],
    second: Sequence[Judgment],
    *,
    despite: Collection[str] = (),
    answers: Mapping[str, Answer] | None = None,
    failures: Scale | None = None,
) -> Contrast:
    """Compares the ratings of two models.

    Args:
        first: Single ratings of one model by one judge.
        second: The same of the other model.
        despite: Names from `alike.CONDITIONS` that may differ; each becomes a note.
        answers: What was judged, by key: where answers are cut off has to be the same, too.
        failures: Counts what could not be read at the lowest rating for the first model and at the highest for the
            second, as a gate has to. Otherwise it is left out for both.

    Raises:
        Mistake: what has to be the same is not, there are several models or judges on a side, or no answer is shared.
    """
    one, two = _by_key(first), _by_key(second)
    shared = [key for key in one if key in two]
    if not shared:
        raise Mistake("no question was rated for both models", where="judgments", hint="judge the same suite for both")
    models = (first[0].about.models[0], second[0].about.models[0])
    said = answers or {}
    pairs = [(conditions_of(one[key], said), conditions_of(two[key], said)) for key in shared]
    notes = refuse_unlike(models, pairs, despite)
    low, high = failures or (None, None)
    own, other = _scores(one, low), _scores(two, high)
    left_out = _left_out(len(one.keys() ^ two.keys()), sum(key not in own or key not in other for key in shared))
    told = sorted((one[key].about for key in shared), key=lambda about: category_order(about.category))
    categories = {about.cluster: about.category for about in told}
    return of_ratings(models, own, other, categories, [*notes, *left_out])


def _by_key(judgments: Sequence[Judgment]) -> dict[Key, Judgment]:
    models = sorted({model for each in judgments for model in each.about.models})
    if len(models) > 1:
        raise Mistake(f"judgments of several models: {', '.join(models)}", where="judgments", hint="pass those of one")
    found: dict[Key, Judgment] = {}
    for each in judgments:
        key = key_of(each)
        if key in found and found[key].about.judge != each.about.judge:
            judges = f"{found[key].about.judge} and {each.about.judge}"
            raise Mistake(f"judgments of several judges: {judges}", where=models[0], hint="pass those of one judge")
        found[key] = each
    return found


def _scores(judgments: Mapping[Key, Judgment], failed: float | None) -> dict[Key, float]:
    found = {key: failed if each.parse.score is None else each.parse.score for key, each in judgments.items()}
    return {key: score for key, score in found.items() if score is not None}


def _left_out(alone: int, failed: int) -> list[str]:
    """
    Args:
        failed: Answers that both gave, and of which a judgment could not be read: that of one of them, or both.
    """
    notes = [f"{alone} answers of only one of them are left out"] if alone else []
    return notes + ([f"{failed} answers whose judgment failed for one or both of them are left out"] if failed else [])
