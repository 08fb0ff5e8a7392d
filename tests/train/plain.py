"""Training as one would write it in an afternoon, in float64: what the one loop is held against."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoModelForCausalLM

from kitae.train.example import Example
from kitae.train.fit import plan
from kitae.train.recipe import Course

LossOf = Callable[[Any, Sequence[Example]], Tensor]
"""The loss of a step's examples."""


def plain_model(folder: Path) -> Any:
    """The model in float64, its norms too, which transformers always computes in float32."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float64, attn_implementation="sdpa")
    for norm in model.modules():
        if type(norm).__name__.endswith("RMSNorm"):
            norm.forward = _norm(norm)
    return model


def _norm(norm: Any) -> Callable[[Tensor], Tensor]:
    offset = 1.0 if type(norm).__name__.startswith("Gemma") else 0.0
    epsilon = norm.eps if hasattr(norm, "eps") else norm.variance_epsilon

    def forward(inputs: Tensor) -> Tensor:
        found: Tensor = inputs / torch.sqrt(inputs.pow(2).mean(-1, keepdim=True) + epsilon) * (norm.weight + offset)
        return found

    return forward


def log_probabilities(model: Any, example: Example) -> Tensor:
    """Of the tokens of one example that are learnt: by itself, nothing packed, nothing padded."""
    ids = torch.from_numpy(example.tokens).long()[None]
    told = model(input_ids=ids).logits[0, :-1].log_softmax(-1)
    own: Tensor = told.gather(-1, ids[0, 1:, None])[:, 0][torch.from_numpy(example.learnt[1:])]
    return own


def mean_over_tokens(model: Any, examples: Sequence[Example]) -> Tensor:
    """Cross-entropy over all tokens of a step, however they are spread over examples."""
    return -torch.cat([log_probabilities(model, each) for each in examples]).mean()


def dpo(folder: Path, *, beta: float, likelihood: float) -> LossOf:
    """With a frozen copy of the model beside."""
    frozen = plain_model(folder)

    def loss(model: Any, examples: Sequence[Example]) -> Tensor:
        losses = []
        for better, worse in zip(examples[::2], examples[1::2], strict=True):
            own = [log_probabilities(model, each) for each in (better, worse)]
            old = [log_probabilities(frozen, each).detach() for each in (better, worse)]
            gain = (own[0].sum() - old[0].sum()) - (own[1].sum() - old[1].sum())
            losses.append(-nn.functional.logsigmoid(beta * gain) - likelihood * own[0].mean())
        return torch.stack(losses).mean()

    return loss


def trained(model: Any, recipe: Course) -> list[Tensor]:
    """Every weight; with LoRA matrices beside those of linear layers, as its paper writes them."""
    if recipe.method == "full":
        return list(model.parameters())
    model.requires_grad_(False)
    generator, found = torch.Generator().manual_seed(recipe.seed), []
    for name, layer in model.named_modules():
        if isinstance(layer, nn.Linear) and name != "lm_head":
            drawn = torch.empty(recipe.rank, layer.in_features)
            nn.init.kaiming_uniform_(drawn, a=math.sqrt(5), generator=generator)
            down, up = drawn.double(), torch.zeros(layer.out_features, recipe.rank, dtype=torch.float64)
            found += [down.requires_grad_(), up.requires_grad_()]
            added = _beside(layer, recipe.alpha / recipe.rank, up, down)
            layer.forward = added  # type: ignore[method-assign, assignment]
    return found


def _beside(layer: nn.Linear, scale: float, up: Tensor, down: Tensor) -> Callable[[Tensor], Tensor]:
    return lambda inputs: nn.functional.linear(inputs, layer.weight + scale * up @ down, layer.bias)


def plain_loop(
    folder: Path, recipe: Course, examples: Sequence[Example], loss_of: LossOf = mean_over_tokens, together: int = 1
) -> list[tuple[float, float]]:
    """Loss and gradient norm of each step."""
    model = plain_model(folder)
    weights = trained(model, recipe)
    matrices = [each for each in weights if each.dim() >= 2]
    vectors = [each for each in weights if each.dim() < 2]
    groups = [{"params": matrices, "weight_decay": recipe.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, betas=(0.9, 0.95), foreach=False)
    order = plan(examples, recipe, together)
    rise = math.ceil(recipe.warmup * order.steps)
    seen = []
    for step in range(order.steps):
        loss = loss_of(model, [examples[index] for row in order.step(step) for index in row])
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(weights, recipe.clip)
        fallen = (step - rise) / (order.steps - rise)
        cosine = 0.1 + 0.9 * (1 + math.cos(math.pi * fallen)) / 2
        for group in optimiser.param_groups:
            group["lr"] = recipe.learning_rate * ((step + 1) / (rise + 1) if step < rise else cosine)
        optimiser.step()
        optimiser.zero_grad()
        seen.append((float(loss.detach()), float(norm)))
    return seen
