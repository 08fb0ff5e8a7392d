"""What the checks of the preflight share: a model small enough to train in them, and some of a project's examples."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import nn

from .along import objective_of
from .checkpoint import Checkpoints
from .data import Data
from .example import Example, row_tokens
from .fit import Fitted, fit, plan
from .frozen import of_these
from .measure import at_most
from .objective import together
from .packing import Order, Row, shuffled
from .recipe import Course
from .trainee import Trainee

SMALL: Final = 5e7
"""Parameters up to which the whole model is trained in checks; of a larger one, two layers with the same settings
and the tokens of what the checks compute."""

TOKENS: Final = 1500
"""Of the project's examples that each check computes."""

AMONG: Final = 1000
"""Examples that those are chosen from, spread over all of them."""

STEPS: Final = 3
"""Of the optimiser, in the checks that train."""

LONGEST: Final = 400
"""Tokens of an example in the checks: of a longer one its end, where answers stand."""

WINDOW: Final = 64
"""Tokens that a layer with a sliding window sees in the checks of a large model."""


@dataclass(frozen=True)
class Flight:
    """What the checks share: a model small enough to check, and some of the project's examples."""

    folder: Path
    """Of the model, or of a part of it: see `checkable`."""
    course: Course
    data: Data
    examples: Sequence[Example]
    """In the tokens of what is in the folder."""
    scratch: Path
    """Where checks may write."""

    @functools.cached_property
    def order(self) -> Order:
        """The whole course, as it is planned."""
        return plan(self.data.examples, self.course, together(self.course))

    @property
    def trained(self) -> Iterator[Row]:
        """The rows of all of its steps, as often as they are trained on."""
        return (row for step in range(self.order.steps) for row in self.order.step(step))

    def trainee(self, course: Course) -> Trainee:
        """In float64 and on the CPU, so that of QLoRA all but the rounding of weights to 4 bits is checked."""
        if course.method == "qlora":
            course = course.model_copy(update={"method": "lora"})
        return Trainee(self.folder, course, number_format="float64")

    @property
    def longest(self) -> int:
        """Tokens of the longest example, or pair of them where these stay together."""
        count = together(self.course)
        return max(row_tokens(self.examples[at : at + count]) for at in range(0, len(self.examples), count))

    def fit(
        self, trainee: Trainee, course: Course, checkpoints: Checkpoints | None = None, held_out: int = 0
    ) -> Fitted:
        """Trains it with the course's own objective, and measures the first examples where it is asked to."""
        # What preferences compare with is the model before it is trained or resumed.
        objective, own = objective_of(course, trainee, self.examples), self.examples
        beside = checkpoints or never(self.scratch)
        return fit(trainee, course, own, objective=objective, held_out=own[:held_out], checkpoints=beside)

    def short(self, **changes: Any) -> Course:
        """The course, but of a few small steps, each of two rows that hold at least two examples (or pairs)."""
        row = 2 * self.longest
        own = {
            "sequence": row,
            "batch_tokens": 2 * row,
            "tokens": 2 * row * STEPS,
            "keep": "last",
            "optimiser": "adamw",
        }
        return self.course.model_copy(update=own | changes)


def never(folder: str | Path) -> Checkpoints:
    """Checkpoints that are not due while a check lasts."""
    return Checkpoints(Path(folder), "preflight", every=math.inf)


def checkable(
    folder: Path, course: Course, examples: Sequence[Example], scratch: Path
) -> tuple[Path, Course, Sequence[Example]]:
    """The model, its course and examples; of a large model what the checks take, so that float64 fits into memory.

    That is the first two of its layers and the rows of these examples' tokens; a sliding window becomes so short that
    examples reach beyond it. The course is what of it is about these layers, the examples are in the tokens that are
    left.
    """
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.from_pretrained(str(folder), local_files_only=True)
    with torch.device("meta"):  # of an adopted model the bytes do not tell: it keeps its own number format
        size = AutoModelForCausalLM.from_config(config).num_parameters()
    if size <= SMALL:
        return folder, course, examples
    text = config.get_text_config()
    text.num_hidden_layers = 2
    if getattr(text, "layer_types", None):
        text.layer_types = (list(dict.fromkeys(text.layer_types)) * 2)[:2]
    if getattr(text, "sliding_window", None):
        text.sliding_window = min(text.sliding_window, WINDOW)
    # The weights of the layers that are left; transformers warns that those of the others are not used.
    model = AutoModelForCausalLM.from_pretrained(str(folder), config=config, local_files_only=True)
    own = _cut(model, examples)
    cut = scratch / "model"
    model.save_pretrained(cut)
    return cut, of_these(course, [name for name, _ in model.named_parameters()]), own


def _cut(model: Any, examples: Sequence[Example]) -> list[Example]:
    """Leaves a model the rows of these examples' tokens alone; the result are the examples in the tokens that are left.

    Both sides of each check are computed with the same rows, so that they are as comparable as with all of them.
    """
    kept = np.unique(np.concatenate([each.tokens for each in examples]))
    for table in (model.get_input_embeddings(), model.get_output_embeddings()):
        table.weight = nn.Parameter(table.weight.detach()[torch.from_numpy(kept)])
    model.tie_weights()
    text = model.config.get_text_config()
    text.vocab_size, text.pad_token_id = len(kept), None  # which would be a row beyond
    return [replace(each, tokens=np.searchsorted(kept, each.tokens).astype(np.int32)) for each in examples]


def some(examples: Sequence[Example], count: int = 1) -> list[Example]:
    """Some of the examples, spread over all of them, none too long; so many of them, one after another, together."""
    chosen = sorted(shuffled(len(examples) // count, 0, 0)[:AMONG])
    units = ([_end_of(examples[unit * count + place]) for place in range(count)] for unit in chosen)
    learnt = [each for unit in units if all(each.targets for each in unit) for each in unit]
    return at_most(learnt, TOKENS, count)


def _end_of(example: Example) -> Example:
    return replace(example, tokens=example.tokens[-LONGEST:], learnt=example.learnt[-LONGEST:])
