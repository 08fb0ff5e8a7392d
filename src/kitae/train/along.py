"""One course, as each of the processes does it that train it together."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..core.mistakes import Mistake
from .checkpoint import Checkpoints
from .curve import CurveRow
from .energy import reading
from .example import Example
from .fit import Fitted, fit, identity
from .guard import Allowance, Guard
from .measure import at_most, scores
from .memory import demand, out_of_memory_is_a_mistake
from .objective import DirectPreference, Likelihood, Objective
from .ranks import Alone
from .recipe import Computing, Course, PreferRecipe
from .trainee import Trainee
from .views import Joined


@dataclass(frozen=True)
class Work:
    """A course and all that it needs; folders are where each rank sees them."""

    recipe: Course
    model: Path
    examples: Sequence[Example]
    held_out: Sequence[Example]
    general: Sequence[Example]
    where: dict[str, str]
    """`number_format` and `device`."""
    folder: Path
    """Where the trained model is written."""
    scratch: Path
    """Where checkpoints are."""
    allowed: Allowance | None
    computing: Computing
    begun: float = field(default_factory=time.time)
    """When the course began (seconds since 1970), with all that comes before its first step."""


@dataclass(frozen=True)
class Trained:
    """What came of it."""

    fitted: Fitted
    measured: Sequence[Example]
    """Held-out examples that were measured."""
    parameters: int
    """That were trained."""


def train_along(
    work: Work,
    ranks: Alone,
    *,
    progress: Callable[[int], Callable[[int], None]] | None = None,
    say: Callable[[str], None] | None = None,
    seen: Callable[[CurveRow], None] | None = None,
) -> Trained:
    """Trains and writes the model; every rank calls it with the same work.

    Args:
        progress: See `fit`; likewise `say` and `seen`.

    Raises:
        Mistake: of `fit`, on all ranks; or the GPU of the only one has no memory left.
    """
    recipe, where = work.recipe, work.where
    with out_of_memory_is_a_mistake(demand(recipe, work.model, work.computing, ranks, **where)):
        trainee = ranks.all(lambda: Trainee(work.model, recipe, **where, ranks=ranks, computing=work.computing))
        # Preferences compare with the model as it is now, so this comes before anything is trained or resumed.
        objective = objective_of(recipe, trainee, Joined([work.examples, work.held_out]))
        measured = at_most(work.held_out, recipe.held_out_tokens, objective.together)
        fitted = fit(
            trainee,
            recipe,
            work.examples,
            objective=objective,
            held_out=measured,
            general=at_most(work.general, recipe.held_out_tokens),
            checkpoints=Checkpoints(
                work.scratch / "checkpoints",
                identity(recipe, work.examples, where),
                ranks=ranks,
                behind=where["device"] == "cuda",
            ),
            guard=Guard(work.allowed),
            progress=progress,
            say=say,
            seen=seen,
            energy=reading(where["device"]),
            lead=max(0.0, time.time() - work.begun),
        )
        trainee.save(work.folder)
        return Trained(fitted, measured, sum(each.numel() for each in trainee.trained.values()))


def objective_of(recipe: Course, trainee: Trainee, examples: Sequence[Example]) -> Objective:
    """What the course makes smaller; for preferences against the model as it is now, before it is trained."""
    if not isinstance(recipe, PreferRecipe):
        return Likelihood()
    plain = DirectPreference(recipe.beta, recipe.margin, recipe.normalised, recipe.likelihood)
    return replace(plain, before=scores(trainee, examples, recipe, plain)) if recipe.reference else plain


def follow(ranks: Alone) -> None:
    """What all ranks but the first do: train along with what it trains, until it tells them that there is no more."""
    while work := ranks.told(None):
        with suppress(Mistake):  # which the first rank says
            train_along(work, ranks)
