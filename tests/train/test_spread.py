from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from kitae.engine.local import load
from kitae.train.batch import Batch
from kitae.train.recipe import PLAIN, Computing
from kitae.train.spread import layers_of
from kitae.train.trainee import Trainee

from .conftest import FAMILIES, course, gradients, make_examples

CPU = torch.device("cpu")


@pytest.mark.parametrize("family", FAMILIES)
def test_layers_that_are_computed_anew_change_no_bit(families: Callable[[str], Path], family: str) -> None:
    found = []
    for computing in (PLAIN, Computing(recompute=True)):
        trainee = Trainee(families(family), course(), number_format="bfloat16", computing=computing)
        loss = trainee.loss(Batch.of(make_examples(4), CPU))
        loss.backward()  # type: ignore[no-untyped-call]
        found.append((loss.detach(), gradients(trainee)))
    (loss, plain), (other, again) = found
    assert torch.equal(loss, other)
    assert plain.keys() == again.keys() != set()
    assert all(torch.equal(each, again[name]) for name, each in plain.items())


class Sizes:
    """Adds up what the backward pass would need."""

    bytes = 0

    def __call__(self, tensor: torch.Tensor) -> torch.Tensor:
        self.bytes += tensor.nbytes
        return tensor


def test_what_is_computed_anew_is_not_kept(tiny_base: Path) -> None:
    kept = []
    for computing in (PLAIN, Computing(recompute=True)):
        trainee, kept_of = Trainee(tiny_base, course(), number_format="float32", computing=computing), Sizes()
        with torch.autograd.graph.saved_tensors_hooks(kept_of, lambda each: each):
            trainee.loss(Batch.of(make_examples(8), CPU))
        kept.append(kept_of.bytes)
    assert kept[1] < kept[0] / 3


def test_layers_are_found(tiny_base: Path) -> None:
    model = load(tiny_base, torch.float32)
    assert layers_of(model) == list(model.model.layers)


def test_only_weights_are_narrow(families: Callable[[str], Path]) -> None:
    """The angles by which positions turn a token are a table that others keep in float32 too."""
    trainee = Trainee(families("llama"), course(), number_format="bfloat16")
    assert {each.dtype for each in trainee._model.parameters()} == {torch.bfloat16}
    assert {each.dtype for each in trainee._model.buffers()} == {torch.float32}
