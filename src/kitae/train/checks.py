"""The checks of the preflight: each computes a figure on the project's own examples and holds it against a bound.

What they look for are the silent errors that trainers shipped: shifted masks, packed examples that see each other,
means over the wrong tokens, an order that is lost on resume.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ..core.noun import Noun
from ..engine.local import load
from .batch import Batch
from .checkpoint import Checkpoints
from .curve import CurveRow
from .fit import plan
from .flight import Flight, never
from .masks import learns_the_replies
from .objective import together
from .plain import log_probabilities, plain_loop
from .recipe import Course, PretrainRecipe

CLOSE: Final = 1e-4
"""Relative difference to the model's own forward. Checks compute in float64, but transformers' norms in float32."""

SAME: Final = 1e-9
"""Relative difference where nothing but the order of sums differs, in float64."""

C = TypeVar("C", bound=Course)


class Check(Noun):
    """One line of the preflight."""

    name: str
    passed: bool
    figure: str
    """What was measured, with the bound."""
    means: str
    """What it would mean if it failed."""


def parity(flight: Flight) -> Check:
    """Some steps by the course's own method against a loop without packing: see `plain`."""
    course = flight.short()
    done = flight.fit(flight.trainee(course), course)
    model = load(flight.folder, torch.float64)
    furthest = 0.0
    for row, (loss, norm) in zip(done.curve[1:], plain_loop(model, course, flight.examples, done.order), strict=True):
        assert row.loss is not None and row.gradient_norm is not None
        furthest = max(furthest, abs(row.loss / loss - 1), abs(row.gradient_norm / norm - 1))
    means = "loss, mask, packing, adapters or optimiser differ from a loop of 20 lines"
    return _below("as a plain loop", furthest, CLOSE, means)


def packed_is_separate(flight: Flight) -> Check:
    """Log-probabilities of the learnt tokens: in one row, and each example by the model's own forward."""
    trainee, model = flight.trainee(flight.course), load(flight.folder, torch.float64)
    with torch.no_grad():
        packed = trainee.log_probabilities(Batch.of(flight.examples, trainee.device))
        apart = [log_probabilities(model, each) for each in flight.examples]
    return _below("packed as separate", _furthest(packed, apart), CLOSE, "an example is read otherwise beside others")


def no_leak(flight: Flight) -> Check | None:
    """The first example is turned round: the others must not notice."""
    first, *rest = flight.examples
    if not rest:
        return None
    other = replace(first, tokens=first.tokens[::-1].copy())
    trainee = flight.trainee(flight.course)
    with torch.no_grad():
        found, changed = (
            trainee.log_probabilities(Batch.of([each, *rest], trainee.device))[1:] for each in (first, other)
        )
    return _below("no leak", _furthest(found, changed), SAME, "an example sees its neighbours in the row")


def accumulation(flight: Flight) -> Check:
    """One step over all examples: in one row, and over many rows with uneven answers."""
    found = []
    for sequence in (sum(map(len, flight.examples)), flight.longest):
        course = flight.short(sequence=sequence, batch_tokens=sequence * len(flight.examples), tokens=None, epochs=1)
        row = flight.fit(flight.trainee(course), course).curve[1]
        found.append(torch.tensor([row.loss, row.gradient_norm], dtype=torch.float64))
    return _below("accumulation", _furthest(found[:1], found[1:]), SAME, "the mean depends on how rows are cut")


def mask(flight: Flight) -> Check:
    """How much of the examples is learnt: none and all of a dialogue are both wrong."""
    learnt = sum(example.targets for example in flight.data.examples)
    share = learnt / max(1, sum(len(example) - 1 for example in flight.data.examples))
    everything = isinstance(flight.course, PretrainRecipe)
    passed = share > 0.99 if everything else 0 < share < 1 and all(e.targets for e in flight.data.examples)
    wanted = "all" if everything else "some of each"
    return Check(
        name="loss mask",
        passed=passed,
        figure=f"{share:.1%} of the tokens are learnt ({wanted} wanted)",
        means="the model learns the questions, or nothing",
    )


def learnt_text(flight: Flight) -> Check | None:
    """What the tokens say that are learnt of the first dialogues, against what the assistant says in them."""
    examples = {each.id: each for each in flight.data.examples[: len(flight.data.dialogues)]}
    dialogues = [each for each in flight.data.dialogues if each.id in examples]
    if not dialogues:
        return None
    same = sum(learns_the_replies(flight.data.renderer, each, examples[each.id]) for each in dialogues)
    return Check(
        name="learnt text",
        passed=same == len(dialogues),
        figure=f"of {same} of {len(dialogues)} dialogues what is learnt reads as the assistant's replies",
        means="the mask of what is learnt has slipped: replies are learnt in part, or more than they",
    )


def mixture(flight: Flight) -> Check | None:
    """Whether what is mixed in has the share of tokens that was asked.

    Of all tokens, but for the last text that is taken; of those of the planned steps, but for what chance makes of so
    few rows.
    """
    data, order = flight.data, flight.order
    if not data.asked:
        return None
    told, passed = [], True
    lengths = np.array([len(each) for each in data.examples])
    origins = np.array([data.origin(place) for place in range(len(lengths))])
    for source, share in data.asked.items():
        own = lengths * (origins == source)
        # (rows, 2): tokens of this source, and all; of each row that there is, and of each that is trained on.
        there, trained = (
            np.array([(own[list(row)].sum(), lengths[list(row)].sum()) for row in rows])
            for rows in (order.rows, flight.trained)
        )
        total, seen = there.sum(0), trained.sum(0)
        found, then = total[0] / total[1], seen[0] / seen[1]
        within, chance = own.max() / total[1], _chance(there @ (1, -found), order.total) / seen[1]
        passed &= bool(abs(found - share) <= within and abs(then - found) <= chance + SAME)
        name = source.partition("@")[0]
        told.append(f"{found:.1%} is {name} ({share:.1%} wanted, ± {within:.1%}), of what is trained {then:.1%}")
    return Check(
        name="token shares",
        passed=passed,
        figure="; ".join(told),
        means="more or less general text is replayed than the recipe says",
    )


def template(flight: Flight) -> Check | None:
    """Tokens of the first dialogues against those of transformers with the same template."""
    dialogues = flight.data.dialogues
    if not dialogues:
        return None
    from transformers import AutoTokenizer

    renderer = flight.data.renderer
    tokenizer = AutoTokenizer.from_pretrained(str(renderer.folder), local_files_only=True)
    same = 0
    for dialogue in dialogues:
        messages = [message.model_dump() for message in dialogue.messages]
        theirs = tokenizer.apply_chat_template(
            messages, list(dialogue.tools) or None, chat_template=renderer.template, return_dict=False
        )
        same += renderer.dialogue(dialogue.messages, dialogue.tools).tokens == list(theirs)
    return Check(
        name="chat template",
        passed=same == len(dialogues),
        figure=f"{same} of {len(dialogues)} dialogues have transformers' tokens",
        means="other programs will ask the model in another form than it learnt",
    )


def resume(flight: Flight) -> Check:
    """A course that is broken off after half of its steps ends with the same bits."""
    course, folder = flight.short(), flight.scratch / "resume"
    expected, weights = _ended(flight, course, never(flight.scratch))
    with contextlib.suppress(_Broken):  # a course of one step has no middle
        _ended(flight, course, _Breaking(folder, plan(flight.examples, course, together(course)).steps // 2))
    curve, found = _ended(flight, course, never(folder))
    same = curve == expected and all(torch.equal(each, found[name]) for name, each in weights.items())
    different = sum(one != other for one, other in zip(curve, expected, strict=False))
    return Check(
        name="resume",
        passed=same,
        figure="the same to the last bit" if same else f"{different} of {len(expected)} steps differ",
        means="a run that is killed comes to another result",
    )


def keys(flight: Flight) -> Check:
    """Every key of the recipe is read: one that is not would promise what nobody does."""
    seen: set[str] = set()
    course = watched(flight.short(), seen)
    flight.fit(flight.trainee(course), course, held_out=together(course))
    unread = sorted(set(type(flight.course).model_fields) - seen - ELSEWHERE - _unused(flight.course))
    return Check(
        name="recipe keys",
        passed=not unread,
        figure=f"{len(unread)} unread" + (f": {', '.join(unread)}" if unread else ""),
        means="a key of kitae.toml does nothing",
    )


CHECKS: tuple[Callable[[Flight], Check | None], ...] = (
    mask,
    learnt_text,
    mixture,
    template,
    packed_is_separate,
    no_leak,
    accumulation,
    parity,
    resume,
    keys,
)

ELSEWHERE: Final = {"held_out_tokens", "share", "replay", "epochs"}
"""Read by the stage or by `plan` before the loop begins."""


def _unused(course: Course) -> set[str]:
    return set() if course.adapts else {"rank", "alpha"}


def watched(course: C, seen: set[str]) -> C:
    """A recipe that notes in `seen` which of its keys are read."""
    kind = type(course)
    fields = set(kind.model_fields)

    class Watched(kind):  # type: ignore[valid-type, misc]
        def __getattribute__(self, name: str) -> Any:
            if name in fields:
                seen.add(name)
            return super().__getattribute__(name)

    found: C = Watched.model_construct(**{name: getattr(course, name) for name in fields})
    return found


# What they stand on


class _Broken(Exception):
    pass


class _Breaking(Checkpoints):
    """Breaks the course off after a checkpoint at some step."""

    def __init__(self, folder: Path, step: int) -> None:
        super().__init__(folder, "preflight", every=0.0)
        self._step = step

    def due(self) -> bool:
        return True

    def save(self, checkpoint: Any) -> None:
        if checkpoint.step == self._step:
            super().save(checkpoint)
            raise _Broken


def _ended(flight: Flight, course: Course, checkpoints: Checkpoints) -> tuple[list[CurveRow], dict[str, Tensor]]:
    """Curve and weights at the end; the rest of the model is let go."""
    trainee = flight.trainee(course)
    curve = flight.fit(trainee, course, checkpoints).curve
    return curve, {name: each.detach() for name, each in trainee.trained.items()}


def _chance(rows: npt.NDArray[np.float64], drawn: int) -> float:
    """Three standard deviations of the sum of so many of these numbers, none of them twice before all are drawn."""
    left = drawn % len(rows)
    return float(3 * rows.std() * math.sqrt(left * (1 - left / len(rows))))


def _furthest(found: Sequence[Tensor], expected: Sequence[Tensor]) -> float:
    """The largest difference, relative to the size of what is expected."""
    one, other = torch.cat(list(found)), torch.cat(list(expected))
    return float((one - other).abs().max() / other.abs().mean()) if len(one) else 0.0


def _below(name: str, found: float, bound: float, means: str) -> Check:
    figure = f"{found:.1e} apart (at most {bound:.0e})"
    return Check(name=name, passed=found <= bound, figure=figure, means=means)
