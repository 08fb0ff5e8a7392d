"""The one training loop. Courses differ in values: which weights, which tokens are learnt, for how long."""

from __future__ import annotations

import contextlib
import hashlib
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch

from ..core.mistakes import Mistake
from ..core.noun import digest
from .batch import Batch
from .checkpoint import Checkpoint, Checkpoints
from .curve import CurveRow, spiked
from .energy import Reading
from .example import Example, named, row_tokens
from .guard import Guard, Stopped
from .measure import LIKELIHOOD, mean_loss
from .objective import Objective
from .optimiser import SPREAD, keep, kept, make_optimiser
from .packing import Order, Row, pack, rows_for_tokens
from .ranks import whole
from .recipe import Course
from .trainee import Trainee
from .views import Picked

FORMAT: Final = 3
"""Of checkpoints: counted up when an older one could not be gone on from."""

FLOOR: Final = 0.1
"""What is left of the learning rate at the end."""

TROUBLES: Final = 3
"""So often training may go wrong and leave steps out; then it is the recipe that is wrong."""


@dataclass(frozen=True)
class Fitted:
    """What came out of a course."""

    curve: list[CurveRow]
    order: Order
    seconds: float
    """Of the steps made by this process."""
    tokens: int
    """Trained by this process."""
    kept: int
    """The step whose weights are the result: the last, or the best that was measured."""
    skipped: list[str]
    """Examples of the steps that were left out."""
    joules: float | None = None
    """Of all GPUs over the whole course; `None` where they do not say it."""


def plan(examples: Sequence[Example], course: Course, together: int = 1) -> Order:
    """Packs the examples, so many of them side by side, and says for how long they are trained on.

    What is repeated within an epoch is packed anew each time, so that its repetitions stand in different rows.
    """
    rows: list[Row] = []
    for turn in range(max((example.repeat for example in examples), default=1)):
        chosen = [index for index, example in enumerate(examples) if example.repeat > turn]
        packed = pack(Picked(examples, chosen), course.sequence, together)
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
    general: Sequence[Example] = (),
    checkpoints: Checkpoints,
    guard: Guard | None = None,
    progress: Callable[[int], Callable[[int], None]] | None = None,
    say: Callable[[str], None] | None = None,
    seen: Callable[[CurveRow], None] | None = None,
    energy: Reading | None = None,
    lead: float = 0.0,
) -> Fitted:
    """Trains, from the latest checkpoint if there is one, to the last bit as if it had never stopped.

    Args:
        held_out: Measured before the first step and `course.measures` times after; where `course.keep` is `best`, the
            weights of the best of these are the result.
        general: General text, measured with it: what is forgotten.
        guard: Says when to stop before the end.
        progress: Called with the tokens of the whole course; the result with how many more are done, fewer than none
            when steps are taken back.
        say: Told what somebody should read who looks on.
        seen: Given each row of the curve when it is whole; one that is taken back is given again.
        energy: Says how much this process's GPU has used.
        lead: Seconds that this process took before, which limits count: loading, checks, scores of a reference.

    Raises:
        Stopped: the guard had a reason; a checkpoint is written.
        Mistake: the loss or a gradient was not a number, or sprang up, too often; a checkpoint is damaged; the disk
            has no room for another.
    """
    order = plan(examples, course, objective.together)
    running = _Running(trainee, course, examples, objective, order, checkpoints)
    running.held_out, running.general, running.say = held_out, general, say or _nobody
    running.advance, running.energy = progress(order.computed) if progress else _nobody, energy
    running.before = lead
    with _deterministic(), guard or Guard() as watching:
        running.begin()
        first, seen = running.done, seen or _nobody
        seen(running.curve[-1])
        while running.done < order.steps:
            before = running.done
            running.step()
            if running.done > before:
                seen(running.curve[-1])
            reason = trainee.ranks.any(watching.reason(running.seconds, running.joules()))
            if running.done < order.steps and reason:
                checkpoints.save(running.checkpoint())
                checkpoints.finish()
                raise _stopped(reason, running.done, order.steps)
        checkpoints.finish()
        kept = running.keep()
    tokens = running.curve[-1].tokens - running.curve[first].tokens
    skipped = [id for step in sorted(running.skipped) for id in running.names(step)]
    return Fitted(running.curve, order, running.seconds - running.before, tokens, kept, skipped, running.joules())


def schedule(step: int, steps: int, warmup: float) -> float:
    """The share of the highest learning rate: a straight rise, then half a cosine down to `FLOOR`."""
    rise = math.ceil(warmup * steps)
    if step < rise:
        return (step + 1) / (rise + 1)
    fallen = (step - rise) / max(1, steps - rise)
    return FLOOR + (1 - FLOOR) * (1 + math.cos(math.pi * fallen)) / 2


def identity(course: Course, examples: Sequence[Example], place: dict[str, str]) -> str:
    """What a checkpoint belongs to, apart from the model."""
    data = hashlib.sha256()
    for each in examples:
        data.update(f"{each.id}\0{len(each)}\0{each.repeat}\0".encode() + each.tokens.tobytes() + each.learnt.tobytes())
    return digest([FORMAT, course.model_dump(mode="json"), data.hexdigest(), place, torch.__version__])


class _Trouble(Exception):
    """A step that cannot be made."""


class _Running:
    """A course under way. All that it carries from step to step is in its checkpoint."""

    def __init__(
        self,
        trainee: Trainee,
        course: Course,
        examples: Sequence[Example],
        objective: Objective,
        order: Order,
        checkpoints: Checkpoints,
    ) -> None:
        self.trainee, self.course, self.examples, self.objective = trainee, course, examples, objective
        self.order, self.checkpoints = order, checkpoints
        self.ranks = trainee.ranks
        self.held_out: Sequence[Example] = ()
        self.general: Sequence[Example] = ()
        self.advance: Callable[[int], None] = _nobody
        self.say: Callable[[str], None] = _nobody
        self.optimiser = make_optimiser(trainee.trained, course, self.ranks.count)
        self.curve: list[CurveRow] = []
        self.skipped: set[int] = set()
        """Steps, counted from 0, that are left out."""
        self.troubles = 0
        """How often steps were left out."""
        self.energy: Reading | None = None
        self.before = 0.0
        """Seconds that earlier processes took, and this one before the first step."""
        self._joules_before: float | None = 0.0
        """That they used, all together; `None` where one could not say it."""
        self._started, self._energy_then = time.perf_counter(), 0.0
        self._measured = {math.ceil(order.steps * (turn + 1) / course.measures) for turn in range(course.measures)}

    @property
    def done(self) -> int:
        """Steps that were made or left out."""
        return len(self.curve) - 1

    @property
    def seconds(self) -> float:
        """Of the whole course so far."""
        return self.before + time.perf_counter() - self._started

    def joules(self) -> float | None:
        """Of the whole course so far, on all ranks, all of which ask; `None` where one cannot say it."""
        told = self.ranks.gathered(self.energy() - self._energy_then if self.energy else None)
        if self._joules_before is None or None in told:
            return None
        return self._joules_before + sum(each for each in told if each is not None)

    def begin(self) -> None:
        found = self.checkpoints.latest(like=self._like())
        if found is None:
            self._begin_anew()
        else:
            self._resume(found)
            self.skipped, self.troubles = set(found.state["skipped"]), found.state["troubles"]
            self.before += float(found.state["seconds"])
            self._joules_before = found.state.get("joules")
        self.advance(self.curve[-1].tokens)
        self._started, self._energy_then = time.perf_counter(), self.energy() if self.energy else 0.0

    def step(self) -> None:
        """Makes the next step, or takes steps back where training went wrong."""
        step = self.done
        tokens = self.curve[-1].tokens
        if step in self.skipped:
            self.curve.append(CurveRow(step=step + 1, tokens=tokens, targets=0, skipped=True))
        else:
            try:
                row = self._train(step)
            except _Trouble as trouble:
                self._leave_out({step}, str(trouble))
                return
            self.curve.append(row)
            if spiked(self.curve):
                # What the step before the first high loss changed is what raised it.
                self._leave_out({max(0, step - 2), step - 1, step}, f"the loss sprang to {row.loss:.3g}")
                return
        if self.done in self._measured:
            self._measure()
        if self.ranks.any(self.checkpoints.due()) and self.done < self.order.steps:
            self.checkpoints.save(self.checkpoint())

    def keep(self) -> int:
        """Goes back to the best weights that were measured, if the recipe wants it; returns their step."""
        best = self._best()
        if self.course.keep == "last" or best in (0, self.done):
            return self.done
        self.trainee.load(self.checkpoints.best(best, self.trainee.trained))
        return best

    def names(self, step: int) -> list[str]:
        """Ids of the examples of a step."""
        return [self.examples[index].id for row in self.order.step(step) for index in row]

    def checkpoint(self) -> Checkpoint:
        tensors: dict[str, torch.Tensor] = {}
        for name, weight in self.trainee.trained.items():
            tensors |= {f"{what} {name}": each for what, each in kept(self.optimiser, weight).items()}
            tensors[f"weight {name}"] = weight
        state = {
            "curve": [row.model_dump(mode="json") for row in self.curve],
            "skipped": sorted(self.skipped),
            "troubles": self.troubles,
            "seconds": self.seconds,
            "joules": self.joules(),
        }
        return Checkpoint(self.done, tensors, state)

    def _like(self) -> dict[str, torch.Tensor]:
        """How what is in a checkpoint is spread over ranks."""
        return {f"{what} {name}": each for what in ("weight", *SPREAD) for name, each in self.trainee.trained.items()}

    def _begin_anew(self) -> None:
        self.curve = [CurveRow(step=0, tokens=0, targets=0)]
        self._measure()

    def _resume(self, checkpoint: Checkpoint) -> None:
        found: dict[str, dict[str, torch.Tensor]] = {}
        for key, tensor in checkpoint.tensors.items():
            what, _, name = key.partition(" ")
            found.setdefault(name, {})[what] = tensor
        self.trainee.load({name: each.pop("weight") for name, each in found.items()})
        self.optimiser.state.clear()
        for name, weight in self.trainee.trained.items():
            keep(self.optimiser, weight, found[name])
        self.curve = [CurveRow.model_validate(row) for row in checkpoint.state["curve"]]

    def _train(self, step: int) -> CurveRow:
        """One step of the optimiser.

        The loss of each row is divided by the targets of all rows of the step, so that the gradient is that of the
        mean over all of them, however they are spread over rows and ranks.

        Raises:
            _Trouble: loss or gradient is not a number; the weights are as they were.
        """
        rate = self.course.learning_rate * schedule(step, self.order.steps, self.course.warmup)
        batches = [
            (Batch.of([self.examples[index] for index in row], self.trainee.device), counts)
            for row, counts in self.ranks.share(self.order.step(step))
        ]
        targets = max(1, self.ranks.total(sum(self.objective.count(batch) for batch, counts in batches if counts)))
        summed = 0.0
        for batch, counts in batches:
            loss = self.objective.loss(self.trainee, batch) * counts
            (loss / targets).backward()  # type: ignore[no-untyped-call]
            summed += float(loss.detach())
        summed = self.ranks.total(summed)
        norm = float(whole(torch.nn.utils.clip_grad_norm_(list(self.trainee.trained.values()), self.course.clip)))
        if not math.isfinite(summed) or not math.isfinite(norm):
            self._forget_gradients()
            raise _Trouble("the loss or its gradient is not a number")
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.step()
        self._forget_gradients()
        self.trainee.refresh()
        computed = self.order.tokens(step)
        self.advance(computed)
        return CurveRow(
            step=step + 1,
            tokens=self.curve[-1].tokens + computed,
            targets=targets,
            loss=summed / targets,
            learning_rate=rate,
            gradient_norm=norm,
        )

    def _forget_gradients(self) -> None:
        self.optimiser.zero_grad(set_to_none=True)

    def _leave_out(self, steps: set[int], what: str) -> None:
        """Goes back to before these steps and leaves them out from now on."""
        texts = named([name for step in sorted(steps) for name in self.names(step)])
        if self.troubles == TROUBLES:
            raise Mistake(
                f"{what} at step {self.done + 1}; steps were left out {TROUBLES} times before",
                where=texts,
                hint="lower `learning_rate`; if it happens at the first step, look at these texts",
            )
        self.say(f"{what} at step {self.done + 1}: going on without {texts}")
        self.troubles += 1
        self.skipped |= steps
        if self.done > min(steps):
            self._go_back(min(steps))

    def _go_back(self, step: int) -> None:
        """To the latest state that had made no more than `step` steps; what lies between is computed again."""
        tokens = self.curve[-1].tokens
        found = self.checkpoints.latest(step, self._like())
        self.checkpoints.forget(step)
        if found is None:
            self.trainee.reset()
            self.optimiser.state.clear()
            self._begin_anew()
        else:
            self._resume(found)
        self.advance(self.curve[-1].tokens - tokens)

    def _measure(self) -> None:
        """Adds the losses on held-out and general text to the last row, and keeps the weights if they are the best."""
        held_out = mean_loss(self.trainee, self.held_out, self.course, self.objective)
        general = mean_loss(self.trainee, self.general, self.course)
        self.curve[-1] = self.curve[-1].model_copy(update={"held_out_loss": held_out, "general_loss": general})
        if self.course.keep == "best" and 0 < self.done == self._best() and self.done < self.order.steps:
            self.checkpoints.save_best(self.done, self.trainee.trained)

    def _best(self) -> int:
        """The measured step with the least loss on held-out examples; the last one where nothing was measured."""
        measured = [(row.held_out_loss, row.step) for row in self.curve[1:] if row.held_out_loss is not None]
        return min(measured)[1] if measured else self.done


def _stopped(reason: str, done: int, steps: int) -> Stopped:
    return Stopped(
        f"training stopped after step {done} of {steps}: {reason}",
        hint="a checkpoint is written: the same command goes on from it. Where a limit was reached, raise it before",
    )


@contextlib.contextmanager
def _deterministic() -> Iterator[None]:
    """Has torch refuse what is not deterministic, and puts its switches back afterwards."""
    settings: Any = torch.utils.deterministic
    before = torch.are_deterministic_algorithms_enabled(), settings.fill_uninitialized_memory
    torch.use_deterministic_algorithms(True)
    # Otherwise every new tensor is filled first, which costs a tenth of the speed and hides nothing here.
    settings.fill_uninitialized_memory = False
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before[0])
        settings.fill_uninitialized_memory = before[1]


def _nobody(_: object) -> None:
    return None
