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
from .published import HALF
from .request import Judgment

VERDICTS = {"A": 1.0, "tie": 0.5, "B": 0.0}
"""For the answer that is shown first."""


Unit = tuple[tuple[str, ...], int, str]
"""What is rated: the answers' keys, the turn, and of a game the order."""


class Panel(Noun):
    """What several judges make of the same answers."""

    judges: tuple[str, ...]
    n: int
    """Answers (or games) that all of them rated."""
    alpha: Figure
    """Krippendorff's, over whatever at least two rated."""
    per_judge: dict[str, float]
    """Means over the answers that all rated; of games the share that the first model won, game by game."""
    together: Estimate
    """The mean of the judges' means, clustered by question."""


def panel(judgments: Sequence[Judgment], scale: Scale) -> Panel:
    """Puts judges side by side.

    Args:
        judgments: Of the same answers, or of the same games; the judges' versions tell them apart.
        scale: Of ratings.

    Raises:
        Mistake: fewer than two judges, or nothing that all of them rated.
    """
    judges = tuple(dict.fromkeys(each.about.judge for each in judgments))
    if len(judges) < 2:
        raise Mistake("one judge is no panel", where="judges", hint="have the same answers judged by another")
    units: dict[Unit, dict[str, float]] = {}
    clusters: dict[Unit, str] = {}
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
    games = any(each.about.order for each in judgments)
    metric: Metric = "nominal" if games else "interval"
    bounds = HALF if games else scale
    return Panel(
        judges=judges,
        n=len(whole),
        alpha=alpha_figure([list(found.values()) for found in units.values()], list(clusters.values()), metric),
        per_judge={
            judge: math.fsum(_for_the_first(key, units[key][judge]) for key in whole) / len(whole) for judge in judges
        },
        together=clustered(
            [_for_the_first(key, math.fsum(units[key].values()) / len(judges)) for key in whole],
            [clusters[key] for key in whole],
            bounds,
        ),
    )


def _score(judgment: Judgment) -> float | None:
    if judgment.parse.verdict is None:
        return judgment.parse.score
    return VERDICTS[judgment.parse.verdict]


def _for_the_first(key: Unit, score: float) -> float:
    """What a verdict is worth to the model that is named first, whichever was shown first."""
    return 1 - score if key[2] == "ba" else score
