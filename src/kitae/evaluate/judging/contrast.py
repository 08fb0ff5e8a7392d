"""Two models under one judge: the paired difference, or a refusal that says what is not the same."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from ...core.mistakes import Mistake
from ...core.noun import Noun
from ..clusters import Category, by_category, paired_clustered, paired_spread, questions_needed
from ..statistics import Difference
from .request import About, Judgment

Key = tuple[str, tuple[str, int, int]]
"""Cluster; question, turn and sample."""

UNLIKE: tuple[tuple[str, Callable[[About], str]], ...] = (
    ("judge", lambda about: about.judge),
    ("protocol", lambda about: about.protocol),
    ("prompt", lambda about: about.prompt),
    ("references", lambda about: about.reference),
    ("question version", lambda about: about.version),
    ("engine", lambda about: ", ".join(each.engine for each in about.identities)),
    ("number format", lambda about: ", ".join(each.number_format for each in about.identities)),
)
"""What has to be the same for two scores to be compared, and where it stands."""


class Contrast(Noun):
    """The first model minus the second, on the answers that both gave."""

    first: str
    second: str
    difference: Difference
    per_category: tuple[Category, ...]
    questions: int
    """That both were asked."""
    needed: int | None
    """Questions, these among them, that would show a difference of this size in four of five trials; `None` if there is
    no difference, or nothing to tell from."""
    notes: tuple[str, ...]


def contrast(first: Sequence[Judgment], second: Sequence[Judgment], *, despite: Collection[str] = ()) -> Contrast:
    """Compares the ratings of two models.

    Args:
        first: Single ratings of one model by one judge.
        second: The same of the other model.
        despite: Names from `UNLIKE` that may differ; each becomes a note.

    Raises:
        Mistake: what has to be the same is not, there are several models or judges on a side, or no answer is shared.
    """
    one, two = _by_key(first), _by_key(second)
    shared = [key for key in one if key in two]
    if not shared:
        raise Mistake("no question was rated for both models", where="judgments", hint="judge the same suite for both")
    notes = refuse_unlike([one[key].about for key in shared], [two[key].about for key in shared], despite)
    own, other = _scores(one), _scores(two)
    found = paired_spread(own, other)
    categories = {one[key].about.cluster: one[key].about.category for key in shared}
    return Contrast(
        first=first[0].about.models[0],
        second=second[0].about.models[0],
        difference=paired_clustered(own, other),
        per_category=tuple(by_category(own, other, categories)),
        questions=found.clusters if found else 0,
        needed=questions_needed(found) if found else None,
        notes=(*notes, *_left_out(one.keys() ^ two.keys(), own.keys() ^ other.keys())),
    )


def refuse_unlike(first: Sequence[About], second: Sequence[About], despite: Collection[str] = ()) -> list[str]:
    """
    Returns:
        A note for each difference that is allowed.

    Raises:
        Mistake: another difference.
    """
    notes: list[str] = []
    refused: list[str] = []
    about = list(zip(first, second, strict=True))
    for what, read in UNLIKE:
        differing = [(read(own), read(other)) for own, other in about if read(own) != read(other)]
        if differing:
            one, two = (value or "none" for value in differing[0])
            told = f"{what} differs in {len(differing)} of {len(first)}: {one}, {two}"
            (notes if what in despite else refused).append(told)
    if refused:
        raise Mistake(
            f"these scores cannot be compared: {'; '.join(refused)}",
            where=f"{first[0].models[0]} and {second[0].models[0]}",
            hint="measure both with the same, or name what may differ if you know that it does not matter",
        )
    return notes


def _by_key(judgments: Sequence[Judgment]) -> dict[Key, Judgment]:
    models = sorted({model for each in judgments for model in each.about.models})
    if len(models) > 1:
        raise Mistake(f"judgments of several models: {', '.join(models)}", where="judgments", hint="pass those of one")
    found: dict[Key, Judgment] = {}
    for each in judgments:
        about = each.about
        key = (about.cluster, (about.question, about.turn, about.sample))
        if key in found and found[key].about.judge != about.judge:
            judges = f"{found[key].about.judge} and {about.judge}"
            raise Mistake(f"judgments of several judges: {judges}", where=models[0], hint="pass those of one judge")
        found[key] = each
    return found


def _scores(judgments: dict[Key, Judgment]) -> dict[Key, float]:
    return {key: each.parse.score for key, each in judgments.items() if each.parse.score is not None}


def _left_out(alone: Collection[Key], unrated: Collection[Key]) -> list[str]:
    notes = [f"{len(alone)} answers of only one of them are left out"] if alone else []
    failed = len(set(unrated) - set(alone))
    return notes + ([f"{failed} answers whose judgment failed for one of them are left out"] if failed else [])
