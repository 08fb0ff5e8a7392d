"""Training as one would write it plainly: what the preflight holds the one loop against.

Nothing is packed and nothing has a fast form: each example goes by itself through the model's own forward, LoRA is the
published sum of matrices, and torch alone finds the gradients.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from .example import Example
from .fit import schedule
from .optimiser import BETAS
from .packing import Order
from .recipe import Course, PreferRecipe


def plain_loop(model: Any, course: Course, examples: Sequence[Example], order: Order) -> Iterator[tuple[float, float]]:
    """Trains, and gives the loss and the gradient's norm of each step.

    Args:
        model: In float64, on the CPU, as transformers loads it.
        order: Which examples each step trains on.
    """
    with torch.no_grad():
        before = {each.id: log_probabilities(model, each) for each in examples}
    trained = _trained(model, course)
    optimiser = torch.optim.AdamW(_groups(trained, course), lr=0.0, betas=BETAS)
    for step in range(order.steps):
        chosen = [examples[index] for row in order.step(step) for index in row]
        with parametrize.cached():  # one sum of matrices for all examples of the step
            loss = _loss(model, chosen, course, before)
            loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(trained, course.clip)
        for group in optimiser.param_groups:
            group["lr"] = course.learning_rate * schedule(step, order.steps, course.warmup)
        optimiser.step()
        optimiser.zero_grad()
        yield float(loss.detach()), float(norm)


def log_probabilities(model: Any, example: Example) -> Tensor:
    """Of the learnt tokens of one example, by the model's own forward."""
    ids = torch.from_numpy(example.tokens.astype(np.int64))[None]
    told = model(input_ids=ids, use_cache=False).logits[0, :-1].log_softmax(-1)
    own: Tensor = told.gather(-1, ids[0, 1:, None])[:, 0][torch.tensor(example.learnt[1:])]
    return own


class _Added(nn.Module):
    """`weight + scale * up @ down` (arXiv:2106.09685)."""

    def __init__(self, down: Tensor, up: Tensor, scale: float) -> None:
        super().__init__()
        self.down, self.up, self.scale = nn.Parameter(down), nn.Parameter(up), scale

    def forward(self, weight: Tensor) -> Tensor:
        return weight + self.scale * self.up @ self.down


def _trained(model: Any, course: Course) -> list[Tensor]:
    """Matrices beside the weights, or the weights; of either not those that the course freezes."""
    if course.adapts:
        _add_matrices(model, course)
    else:
        for name, each in model.named_parameters():
            each.requires_grad_(not course.freezes(name))
    return [each for each in model.parameters() if each.requires_grad]


def _add_matrices(model: Any, course: Course) -> None:
    """Beside every linear layer but the output; `down` is drawn as torch draws a linear layer, `up` is zero."""
    model.requires_grad_(False)
    head, generator = model.get_output_embeddings(), torch.Generator().manual_seed(course.seed)
    linear = [(name, each) for name, each in model.named_modules() if isinstance(each, nn.Linear) and each is not head]
    for name, layer in linear:
        if course.freezes(f"{name}.weight"):
            continue
        outputs, inputs = layer.weight.shape
        bound = 1 / math.sqrt(inputs)
        down = torch.empty(course.rank, inputs).uniform_(-bound, bound, generator=generator).double()
        up = torch.zeros(outputs, course.rank, dtype=torch.float64)
        parametrize.register_parametrization(layer, "weight", _Added(down, up, course.alpha / course.rank))


def _groups(trained: Sequence[Tensor], course: Course) -> list[dict[str, Any]]:
    matrices = [each for each in trained if each.dim() >= 2]
    vectors = [each for each in trained if each.dim() < 2]
    return [{"params": matrices, "weight_decay": course.weight_decay}, {"params": vectors, "weight_decay": 0.0}]


def _loss(model: Any, chosen: Sequence[Example], course: Course, before: Mapping[str, Tensor]) -> Tensor:
    """What a step makes smaller.

    Args:
        before: Log-probabilities of the learnt tokens of each example, by its id, before training.
    """
    told = [log_probabilities(model, example) for example in chosen]
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
