"""Several judges of the same answers: how far they agree, and what they say together."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...core.mistakes import Mistake
from ...core.noun import Noun
from ..clusters import clustered
from ..statistics import Estimate
from .agreement import Figure, Metric, alpha_figure
from .parsing import Scale
from .request import Judgment

VERDICTS = {"A": 1.0, "tie": 0.5, "B": 0.0}


class Panel(Noun):
    """What several judges make of the same answers."""

    judges: tuple[str, ...]
    n: int
    """Answers (or games) that all of them rated."""
    alpha: Figure
    """Krippendorff's, over whatever at least two rated."""
    per_judge: dict[str, float]
    """Means over the answers that all rated."""
    together: Estimate
    """The mean of the judges' means, clustered by question."""


def panel(judgments: Sequence[Judgment], scale: Scale) -> Panel:
    """Puts judges side by side.

    Raises:
        Mistake: fewer than two judges, or nothing that all of them rated.
    """
    judges = tuple(dict.fromkeys(each.about.judge for each in judgments))
    if len(judges) < 2:
        raise Mistake("one judge is no panel", where="judges", hint="have the same answers judged by another")
    units: dict[tuple[object, ...], dict[str, float]] = {}
    clusters: dict[tuple[object, ...], str] = {}
    for each in judgments:
        if (score := _score(each)) is not None:
            key = (each.about.answers, each.about.turn, each.about.order)
            units.setdefault(key, {})[each.about.judge] = score
            clusters[key] = each.about.cluster
    whole = [key for key, found in units.items() if len(found) == len(judges)]
    if not whole:
        raise Mistake(
            "no answer was rated by all judges", where=", ".join(judges), hint="let each judge the same answers"
        )
    metric: Metric = "nominal" if any(each.about.order for each in judgments) else "interval"
    return Panel(
        judges=judges,
        n=len(whole),
        alpha=alpha_figure([list(found.values()) for found in units.values()], list(clusters.values()), metric),
        per_judge={judge: math.fsum(units[key][judge] for key in whole) / len(whole) for judge in judges},
        together=clustered(
            [math.fsum(units[key].values()) / len(judges) for key in whole], [clusters[key] for key in whole], scale
        ),
    )


def _score(judgment: Judgment) -> float | None:
    if judgment.parse.verdict is not None:
        return VERDICTS[judgment.parse.verdict]
    return judgment.parse.score
