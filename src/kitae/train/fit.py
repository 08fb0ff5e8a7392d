"""The one training loop. Courses differ in values: which weights, which tokens are learnt, for how long."""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch

from ..core.mistakes import Mistake
from ..core.noun import Noun, digest
from .batch import Batch
from .checkpoint import Checkpoint, Checkpoints
from .example import NAMED, Example, row_tokens
from .objective import Likelihood, Objective, Preference
from .packing import Order, Row, pack, rows_for_tokens, shuffled
from .recipe import Course
from .trainee import Trainee

FORMAT: Final = 1
"""Of checkpoints: counted up when an older one could not be gone on from."""

BETAS: Final = (0.9, 0.95)
"""AdamW's; the second one is that of most language models since GPT-3, which suits runs of a few dozen steps."""

MOMENTS: Final = ("step", "exp_avg", "exp_avg_sq")
"""AdamW's state of a weight, as torch calls it."""

LIKELIHOOD: Final = Likelihood()

FLOOR: Final = 0.1
"""What is left of the learning rate at the end."""


class CurveRow(Noun):
    """One step of the optimiser. Numbers are exact, so that two runs can be compared."""

    step: int
    """1 for the first; 0 for the row that says how the model was before."""
    tokens: int
    """Trained so far."""
    targets: int
    """Tokens of this step that the loss counts; pairs where preferences are learnt."""
    loss: float | None = None
    """Mean over the step's targets, before the step, in nats."""
    learning_rate: float = 0.0
    gradient_norm: float | None = None
    """Before it was cut."""
    held_out_loss: float | None = None


@dataclass(frozen=True)
class Fitted:
    """What came out of a course."""

    curve: list[CurveRow]
    order: Order
    seconds: float
    """Of the steps made by this process."""
    tokens: int
    """Trained by this process."""


def plan(examples: Sequence[Example], course: Course, together: int = 1) -> Order:
    """Packs the examples, so many of them side by side, and says for how long they are trained on.

    What is repeated within an epoch is packed anew each time, so that its repetitions stand in different rows.
    """
    rows: list[Row] = []
    for turn in range(max((example.repeat for example in examples), default=1)):
        chosen = [index for index, example in enumerate(examples) if example.repeat > turn]
        packed = pack([examples[index] for index in chosen], course.sequence, together)
        rows += [tuple(chosen[place] for place in row) for row in packed]
    sizes = [row_tokens([examples[index] for index in row]) for row in rows]
    if course.tokens is not None:
        total = rows_for_tokens(sizes, course.seed, course.tokens)
    else:
        total = max(1, round(course.epochs * len(rows)))
    return Order(rows, sizes, course.rows_per_step, course.seed, total)


def fit(
    trainee: Trainee,
    course: Course,
    examples: Sequence[Example],
    *,
    objective: Objective = LIKELIHOOD,
    held_out: Sequence[Example] = (),
    checkpoints: Checkpoints,
    progress: Callable[[int], Callable[[int], None]] | None = None,
) -> Fitted:
    """Trains, from the latest checkpoint if there is one, to the last bit as if it had never stopped.

    Args:
        held_out: Measured before the first step and after the last.
        progress: Called with the tokens of the whole course; the result with how many more are done.

    Raises:
        Mistake: the loss or a gradient is not a number.
    """
    order = plan(examples, course, objective.together)
    sizes = [order.tokens(step) for step in range(order.steps)]
    advance = progress(sum(sizes)) if progress else _nobody
    optimiser = _optimiser(trainee, course)
    with _deterministic():
        found = checkpoints.latest()
        if found is None:
            curve = [
                CurveRow(step=0, tokens=0, targets=0, held_out_loss=mean_loss(trainee, held_out, course, objective))
            ]
        else:
            curve = _resume(found, trainee, optimiser)
        first = len(curve) - 1
        advance(sum(sizes[:first]))
        started = time.perf_counter()
        for step in range(first, order.steps):
            rows = order.step(step)
            rate = course.learning_rate * schedule(step, order.steps, course.warmup)
            loss, targets, norm = _step(trainee, objective, optimiser, course, examples, rows, rate, step, advance)
            done = curve[-1].tokens + sizes[step]
            curve.append(
                CurveRow(step=step + 1, tokens=done, targets=targets, loss=loss, learning_rate=rate, gradient_norm=norm)
            )
            if checkpoints.due() and step + 1 < order.steps:
                checkpoints.save(_checkpoint(trainee, optimiser, curve))
        seconds = time.perf_counter() - started
        curve[-1] = curve[-1].model_copy(update={"held_out_loss": mean_loss(trainee, held_out, course, objective)})
    return Fitted(curve, order, seconds, sum(sizes[first:]))


def schedule(step: int, steps: int, warmup: float) -> float:
    """The share of the highest learning rate: a straight rise, then half a cosine down to `FLOOR`."""
    rise = math.ceil(warmup * steps)
    if step < rise:
        return (step + 1) / (rise + 1)
    fallen = (step - rise) / max(1, steps - rise)
    return FLOOR + (1 - FLOOR) * (1 + math.cos(math.pi * fallen)) / 2


@torch.no_grad()
def mean_loss(
    trainee: Trainee, examples: Sequence[Example], course: Course, objective: Objective = LIKELIHOOD
) -> float | None:
    """Mean loss over what is learnt in examples; `None` where there is none."""
    summed, count = 0.0, 0
    for batch in _batches(trainee, examples, course, objective):
        summed += float(objective.loss(trainee, batch))
        count += objective.count(batch)
    return summed / count if count else None


@torch.no_grad()
def scores(trainee: Trainee, examples: Sequence[Example], course: Course, objective: Preference) -> dict[str, float]:
    """How likely the model finds each answer, by the example's id."""
    found: dict[str, float] = {}
    for batch in _batches(trainee, examples, course, objective):
        found |= zip(batch.names, objective.scores(trainee.log_probabilities(batch)).tolist(), strict=True)
    return found


def _batches(trainee: Trainee, examples: Sequence[Example], course: Course, objective: Objective) -> Iterator[Batch]:
    for row in pack(examples, course.sequence, objective.together):
        yield Batch.of([examples[index] for index in row], trainee.device)


def at_most(examples: Sequence[Example], tokens: int, together: int = 1) -> list[Example]:
    """So many of the examples, spread over all of them, that they have at most `tokens` tokens together."""
    units = [examples[start : start + together] for start in range(0, len(examples), together)]
    chosen: list[int] = []
    for index in shuffled(len(units), 0, 0):
        tokens -= row_tokens(units[index])
        if tokens < 0:
            break
        chosen.append(index)
    return [example for index in sorted(chosen) for example in units[index]]


def identity(course: Course, examples: Sequence[Example], place: dict[str, str]) -> str:
    """What a checkpoint belongs to, apart from the model."""
    data = hashlib.sha256()
    for each in examples:
        data.update(f"{each.id}\0{len(each)}\0{each.repeat}\0".encode() + each.tokens.tobytes() + each.learnt.tobytes())
    return digest([FORMAT, course.model_dump(mode="json"), data.hexdigest(), place, torch.__version__])


def _step(
    trainee: Trainee,
    objective: Objective,
    optimiser: torch.optim.Optimizer,
    course: Course,
    examples: Sequence[Example],
    rows: Sequence[Row],
    rate: float,
    step: int,
    advance: Callable[[int], None],
) -> tuple[float, int, float]:
    """One step of the optimiser: mean loss, what it is the mean over, gradient norm.

    The loss of each row is divided by the targets of all rows of the step, so that the gradient is that of the mean
    over all of them, however they are spread over rows.
    """
    batches = [Batch.of([examples[index] for index in row], trainee.device) for row in rows]
    targets = max(1, sum(map(objective.count, batches)))
    summed = 0.0
    for batch, row in zip(batches, rows, strict=True):
        loss = objective.loss(trainee, batch)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise _not_a_number(f"the loss is {value}", step, [row], examples)
        (loss / targets).backward()  # type: ignore[no-untyped-call]
        summed += value
        advance(batch.tokens)
    weights = list(trainee.trained.values())
    norm = torch.nn.utils.clip_grad_norm_(weights, course.clip)
    if not math.isfinite(float(norm)):
        raise _not_a_number("the gradient is not a number", step, rows, examples)
    for group in optimiser.param_groups:
        group["lr"] = rate
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
    trainee.refresh()
    return summed / targets, targets, float(norm)


def _not_a_number(what: str, step: int, rows: Sequence[Row], examples: Sequence[Example]) -> Mistake:
    ids = [examples[index].id for row in rows for index in row]
    more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return Mistake(
        f"{what} at step {step + 1}",
        where=", ".join(ids[:NAMED]) + more,
        hint="lower `learning_rate`; if it happens at the first step, look at these texts",
    )


def _optimiser(trainee: Trainee, course: Course) -> torch.optim.Optimizer:
    weights = trainee.trained.values()
    groups = [
        {"params": [each for each in weights if each.dim() >= 2], "weight_decay": course.weight_decay},
        {"params": [each for each in weights if each.dim() < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW([group for group in groups if group["params"]], lr=0.0, betas=BETAS, fused=True)


def _checkpoint(trainee: Trainee, optimiser: torch.optim.Optimizer, curve: list[CurveRow]) -> Checkpoint:
    tensors: dict[str, torch.Tensor] = {}
    for name, weight in trainee.trained.items():
        # A weight that had no gradient yet (an expert that no token went to) has no moments.
        moments = optimiser.state.get(weight, {})
        tensors |= {f"{which} {name}": moments[which] for which in MOMENTS if which in moments}
        tensors[f"weight {name}"] = weight
    return Checkpoint(curve[-1].step, tensors, {"curve": [row.model_dump(mode="json") for row in curve]})


@torch.no_grad()
def _resume(checkpoint: Checkpoint, trainee: Trainee, optimiser: torch.optim.Optimizer) -> list[CurveRow]:
    tensors = checkpoint.tensors
    for name, weight in trainee.trained.items():
        weight.copy_(tensors[f"weight {name}"])
        moments = {which: tensors[f"{which} {name}"] for which in MOMENTS if f"{which} {name}" in tensors}
        if moments:
            optimiser.state[weight] = {which: each.to(weight.device) for which, each in moments.items()}
    trainee.refresh()
    return [CurveRow.model_validate(row) for row in checkpoint.state["curve"]]


@contextlib.contextmanager
def _deterministic() -> Iterator[None]:
    """Has torch refuse what is not deterministic, and puts its switches back afterwards."""
    settings: Any = torch.utils.deterministic
    before = torch.are_deterministic_algorithms_enabled(), settings.fill_uninitialized_memory
    torch.use_deterministic_algorithms(True)
    # cuBLAS wants it said before its first product; it means nothing on CPU.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    # Otherwise every new tensor is filled first, which costs a tenth of the speed and hides nothing here.
    settings.fill_uninitialized_memory = False
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before[0])
        settings.fill_uninitialized_memory = before[1]


def _nobody(_: int) -> None:
    return None
