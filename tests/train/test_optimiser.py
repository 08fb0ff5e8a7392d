from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor

from kitae.core.mistakes import Mistake
from kitae.core.noun import digest
from kitae.engine.tiny import make_tiny
from kitae.train import optimiser
from kitae.train.checkpoint import Checkpoint, Checkpoints
from kitae.train.fit import fit
from kitae.train.optimiser import check_optimiser, keep, kept, make_optimiser
from kitae.train.trainee import Trainee

from .conftest import course, make_examples

EIGHT = course(optimiser="adamw8bit")


class Eight(torch.optim.Optimizer):
    """In the place of that of bitsandbytes, which keeps the same kinds of things: numbers, bytes and their scales."""

    def __init__(self, groups: Any, lr: float, betas: tuple[float, float]) -> None:
        super().__init__(groups, {"lr": lr, "betas": betas})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for weight in group["params"]:
                state = self.state[weight]
                old = state["state1"].float() * state["absmax1"] / 100 if state else torch.zeros_like(weight)
                moment = old * 0.9 + weight.grad * 0.1
                scale = moment.abs().max().clamp_min(1e-12)
                rounded = (moment / scale * 100).round().to(torch.int8)
                self.state[weight] = {"step": state.get("step", 0) + 1, "state1": rounded, "absmax1": scale}
                weight -= group["lr"] * moment / scale / self.state[weight]["step"]


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    module, within = ModuleType("bitsandbytes"), ModuleType("bitsandbytes.optim")
    within.AdamW8bit = Eight  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "bitsandbytes", module)
    monkeypatch.setitem(sys.modules, "bitsandbytes.optim", within)
    monkeypatch.setattr(optimiser, "check_package", lambda *_, **__: None)


def test_only_matrices_decay() -> None:
    weights = {"matrix": torch.ones(2, 2, requires_grad=True), "vector": torch.ones(2, requires_grad=True)}
    made = make_optimiser(weights, course(weight_decay=0.1))
    assert [(len(group["params"]), group["weight_decay"]) for group in made.param_groups] == [(1, 0.1), (1, 0.0)]


def test_what_is_kept_can_be_put_back() -> None:
    weight = torch.ones(3, requires_grad=True)
    one, other = (make_optimiser({"w": weight}, course()) for _ in range(2))
    assert kept(one, weight) == {}
    weight.grad = torch.ones(3)
    one.step()
    keep(other, weight, kept(one, weight))
    assert kept(other, weight).keys() == {"step", "exp_avg", "exp_avg_sq"}
    assert all(torch.equal(each, kept(one, weight)[name]) for name, each in kept(other, weight).items())


@pytest.mark.usefixtures("stand_in")
def test_a_course_in_eight_bits_goes_on_to_the_last_bit(tmp_path: Path) -> None:
    base, examples = make_tiny(tmp_path / "base"), make_examples(12)

    def trained(checkpoints: Checkpoints) -> dict[str, Tensor]:
        trainee = Trainee(base, EIGHT, number_format="float32")
        fit(trainee, EIGHT, examples, checkpoints=checkpoints)
        return trainee.trained

    class Breaking(Checkpoints):
        def due(self) -> bool:
            return True

        def save(self, checkpoint: Checkpoint) -> None:
            super().save(checkpoint)
            if checkpoint.step == 3:
                raise KeyboardInterrupt

    expected = trained(Checkpoints(tmp_path / "whole", "same", every=1e9))
    with pytest.raises(KeyboardInterrupt):
        trained(Breaking(tmp_path / "broken", "same"))
    found = trained(Checkpoints(tmp_path / "broken", "same", every=1e9))
    assert all(torch.equal(each, found[name]) for name, each in expected.items())


def test_eight_bits_are_refused_where_they_do_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Mistake, match="AdamW in 8 bits needs a GPU"):
        check_optimiser(EIGHT, "cpu", 1)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(Mistake, match="needs bitsandbytes, which is not installed"):
        check_optimiser(EIGHT, "cuda", 1)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: object())
    check_optimiser(EIGHT, "cuda", 1)
    with pytest.raises(Mistake, match="trains in one process"):
        check_optimiser(EIGHT, "cuda", 2)
    check_optimiser(course(), "cpu", 8)


def test_models_of_before_there_was_a_choice_stay_what_they_are() -> None:
    assert "optimiser" not in course().model_dump(mode="json")
    assert digest(EIGHT) != digest(course())
