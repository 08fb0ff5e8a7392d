"""The checks of the preflight: each computes a figure on the project's own examples and holds it against a bound.

What they look for are the silent errors that trainers shipped: shifted masks, packed examples that see each other,
means over the wrong tokens, an order that is lost on resume.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from ..core.noun import Noun
from ..engine.local import load
from .batch import Batch
from .checkpoint import Checkpoints
from .example import Example
from .fit import plan, schedule
from .flight import Flight, never
from .objective import together
from .optimiser import BETAS
from .recipe import Course, PreferRecipe, PretrainRecipe

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
    """Some steps against a loop without packing: each example by itself, the model's own attention and loss."""
    course = flight.short(method="full")
    with tempfile.TemporaryDirectory() as folder:
        done = flight.fit(flight.trainee(course), course, never(folder))
    order, ours = done.order, done.curve[1:]
    model = load(flight.folder, torch.float64)
    with torch.no_grad():
        before = {each.id: _log_probabilities(model, each) for each in flight.examples}
    trained = _trained(model, course)
    optimiser = torch.optim.AdamW(_groups(trained, course), lr=0.0, betas=BETAS)
    furthest = 0.0
    for step, row in enumerate(ours):
        chosen = [flight.examples[index] for each in order.step(step) for index in each]
        loss = _plain_loss(model, chosen, course, before)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = float(nn.utils.clip_grad_norm_(trained, course.clip))
        for group in optimiser.param_groups:
            group["lr"] = course.learning_rate * schedule(step, order.steps, course.warmup)
        optimiser.step()
        optimiser.zero_grad()
        assert row.loss is not None and row.gradient_norm is not None
        told = float(loss.detach())
        furthest = max(furthest, abs(row.loss / told - 1), abs(row.gradient_norm / norm - 1))
    return _below("as a plain loop", furthest, CLOSE, "loss, mask, packing or optimiser differ from a loop of 20 lines")


def packed_is_separate(flight: Flight) -> Check:
    """Log-probabilities of the learnt tokens: in one row, and each example by the model's own forward."""
    trainee, model = flight.trainee(flight.course), load(flight.folder, torch.float64)
    with torch.no_grad():
        packed = trainee.log_probabilities(Batch.of(flight.examples, trainee.device))
        apart = [_log_probabilities(model, each) for each in flight.examples]
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
        with tempfile.TemporaryDirectory() as folder:
            row = flight.fit(flight.trainee(course), course, never(folder)).curve[1]
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


def mixture(flight: Flight) -> Check | None:
    """Whether what is mixed in has the share of tokens that was asked; the last text that is taken may go over it."""
    data = flight.data
    if not data.asked:
        return None
    tokens, longest = Counter[str](), Counter[str]()
    for place, example in enumerate(data.examples):
        source = data.origin(place)
        tokens[source] += len(example) * example.repeat
        longest[source] = max(longest[source], len(example))
    total, told, passed = tokens.total(), [], True
    for source, share in data.asked.items():
        found, within = tokens[source] / total, longest[source] / total
        passed &= abs(found - share) <= within
        told.append(f"{found:.1%} is {source.partition('@')[0]} ({share:.1%} wanted, ± {within:.1%})")
    return Check(
        name="token shares",
        passed=passed,
        figure="; ".join(told),
        means="more or less general text is replayed than the recipe says",
    )


def template(flight: Flight) -> Check | None:
    """Tokens of the first dialogues against those of transformers with the folder's own template."""
    dialogues = flight.data.dialogues
    if not dialogues:
        return None
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(flight.folder), local_files_only=True)
    renderer = flight.data.renderer
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
    course = flight.short()
    whole, broken = flight.trainee(course), flight.trainee(course)
    with tempfile.TemporaryDirectory() as apart, tempfile.TemporaryDirectory() as folder:
        expected = flight.fit(whole, course, never(apart)).curve
        half = plan(flight.examples, course, together(course)).steps // 2
        checkpoints = _Breaking(Path(folder), half)
        try:
            flight.fit(broken, course, checkpoints)
        except _Broken:
            broken = flight.trainee(course)
            curve = flight.fit(broken, course, never(folder)).curve
        else:
            curve = expected  # a course of one step has no middle
    same = curve == expected and all(torch.equal(each, broken.trained[name]) for name, each in whole.trained.items())
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
    trainee = flight.trainee(course)
    with tempfile.TemporaryDirectory() as folder:
        flight.fit(trainee, course, never(folder), held_out=together(course))
    unread = sorted(set(type(flight.course).model_fields) - seen - ELSEWHERE - _unused(flight.course))
    return Check(
        name="recipe keys",
        passed=not unread,
        figure=f"{len(unread)} unread" + (f": {', '.join(unread)}" if unread else ""),
        means="a key of kitae.toml does nothing",
    )


CHECKS: tuple[Callable[[Flight], Check | None], ...] = (
    mask,
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


def _trained(model: Any, course: Course) -> list[Tensor]:
    """All weights but those that the course freezes."""
    for name, each in model.named_parameters():
        each.requires_grad_(not course.freezes(name))
    return [each for each in model.parameters() if each.requires_grad]


def _plain_loss(model: Any, chosen: Sequence[Example], course: Course, before: Mapping[str, Tensor]) -> Tensor:
    """What a loop without packing makes smaller: each example by the model's own forward.

    Args:
        before: Log-probabilities of the learnt tokens of each example, by its id, before training.
    """
    told = [_log_probabilities(model, example) for example in chosen]
    if not isinstance(course, PreferRecipe):
        return -torch.cat(told).mean()
    loss = torch.zeros((), dtype=torch.float64)
    for place in range(0, len(chosen), 2):
        gains = []
        for example, own in zip(chosen[place : place + 2], told[place : place + 2], strict=True):
            gained = own - before[example.id] if course.reference else own
            gains.append(gained.mean() if course.normalised else gained.sum())
        wished = course.beta * (gains[0] - gains[1]) - course.margin
        loss = loss + torch.log1p(torch.exp(-wished)) - course.likelihood * told[place].mean()
    return loss / (len(chosen) // 2)


def _groups(trained: Sequence[Tensor], course: Course) -> list[dict[str, Any]]:
    matrices = [each for each in trained if each.dim() >= 2]
    vectors = [each for each in trained if each.dim() < 2]
    return [{"params": matrices, "weight_decay": course.weight_decay}, {"params": vectors, "weight_decay": 0.0}]


def _log_probabilities(model: Any, example: Example) -> Tensor:
    """Of the learnt tokens of one example, by the model's own forward."""
    ids = torch.from_numpy(example.tokens.astype(np.int64))[None]
    told = model(input_ids=ids, use_cache=False).logits[0, :-1].log_softmax(-1)
    own: Tensor = told.gather(-1, ids[0, 1:, None])[:, 0][torch.tensor(example.learnt[1:])]
    return own


def _furthest(found: Sequence[Tensor], expected: Sequence[Tensor]) -> float:
    """The largest difference, relative to the size of what is expected."""
    one, other = torch.cat(list(found)), torch.cat(list(expected))
    return float((one - other).abs().max() / other.abs().mean()) if len(one) else 0.0


def _below(name: str, found: float, bound: float, means: str) -> Check:
    figure = f"{found:.1e} apart (at most {bound:.0e})"
    return Check(name=name, passed=found <= bound, figure=figure, means=means)
