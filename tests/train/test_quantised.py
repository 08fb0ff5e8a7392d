"""A base in 4 bits trains the adapters that LoRA would beside the same rounded weights."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from transformers import AutoModelForCausalLM

from kitae.core.mistakes import Mistake
from kitae.train import quantised, trainee
from kitae.train.checkpoint import Checkpoints
from kitae.train.fit import fit
from kitae.train.lora import LoraLinear
from kitae.train.memory import BYTES
from kitae.train.quantised import PACKAGE, check_quantising, quantise
from kitae.train.recipe import Course
from kitae.train.trainee import Trainee

from .conftest import furthest, make_examples, tuning

STEP = 1 / 64


def rounded(weight: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """In the place of bitsandbytes: whole numbers of a fixed step, in one byte each."""
    packed = (weight / STEP).round().clamp(-128, 127).to(torch.int8)
    return packed, lambda held: held.to(weight.dtype) * STEP


@pytest.fixture
def anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if this machine could."""
    monkeypatch.setattr(quantised, "pack", rounded)
    monkeypatch.setattr(trainee, "check_quantising", lambda *_: None)


def layer(weight: Tensor) -> LoraLinear:
    made = LoraLinear(nn.Linear(weight.shape[1], weight.shape[0]), 2, 4.0, torch.Generator().manual_seed(0))
    with torch.no_grad():
        made.layer.weight.copy_(weight)
        made.layer.bias.zero_()
        made.up.copy_(torch.linspace(-1, 1, made.up.numel()).view_as(made.up))
    return made


def test_a_layer_computes_what_it_would_with_the_rounded_weight(anywhere: None) -> None:
    torch.manual_seed(0)
    weight, inputs = torch.randn(6, 8) / 8, torch.randn(3, 5, 8, requires_grad=True)
    packed, unpack = rounded(weight)
    plain, quantised_layer = layer(unpack(packed)), layer(weight)
    quantise(nn.Sequential(quantised_layer), torch.device("cpu"), torch.float32)
    assert quantised_layer.layer.weight.dtype == torch.int8
    found = []
    for each in (plain, quantised_layer):
        out = each(inputs)
        gradients = torch.autograd.grad(out.square().sum(), [inputs, each.down, each.up])
        found.append([out.detach(), *gradients])
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))


def test_a_course_trains_and_merges_into_the_whole_weights(
    anywhere: None, tiny_base: Path, tmp_path: Path, never: Checkpoints
) -> None:
    recipe = tuning(method="qlora", tokens=3000)
    model = Trainee(tiny_base, recipe, number_format="float32")
    held = {each.layer.weight.dtype for each in model._model.modules() if isinstance(each, LoraLinear)}
    assert held == {torch.int8}
    assert all("up" in name or "down" in name for name in model.trained)
    curve = fit(model, recipe, make_examples(12), checkpoints=never).curve
    assert curve[-1].loss is not None and curve[1].loss is not None
    assert curve[-1].loss < curve[1].loss - 0.1
    model.save(tmp_path / "out")
    before, after = (
        AutoModelForCausalLM.from_pretrained(folder).state_dict() for folder in (tiny_base, tmp_path / "out")
    )
    adapted = {f"{name}.weight": each for name, each in model._model.named_modules() if isinstance(each, LoraLinear)}
    for name, adapter in adapted.items():
        assert furthest([after[name]], [before[name] + adapter.adapter().change()]) < 1e-6, "the base is not rounded"


def test_it_starts_and_resumes_as_lora_does(anywhere: None, tiny_base: Path) -> None:
    def started(method: str) -> dict[str, Tensor]:
        recipe: Course = tuning(method=method)
        return Trainee(tiny_base, recipe, number_format="float32").trained

    lora, qlora = started("lora"), started("qlora")
    assert lora.keys() == qlora.keys()
    assert all(torch.equal(lora[name], qlora[name]) for name in lora)


def test_a_cpu_is_a_mistake_before_the_model_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="QLoRA needs a GPU") as raised:
        Trainee(tmp_path, tuning(method="qlora"), number_format="float32")
    assert '`method = "lora"`' in raised.value.hint


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kitae.train.quantised.importlib.util.find_spec", lambda _: None)
    with pytest.raises(Mistake, match="needs bitsandbytes") as raised:
        check_quantising("cuda", 1)
    assert "kitae[qlora]" in raised.value.hint


def test_several_processes_are_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kitae.train.quantised.importlib.util.find_spec", lambda _: object())
    check_quantising("cuda", 1)
    with pytest.raises(Mistake, match="in one process"):
        check_quantising("cuda", 2)


@pytest.mark.skipif(not importlib.util.find_spec(PACKAGE), reason=f"{PACKAGE} (extra `qlora`) is not installed")
def test_bitsandbytes_holds_a_weight_in_half_a_byte_a_number() -> None:
    torch.manual_seed(0)
    weight = torch.randn(256, 512, dtype=torch.bfloat16)
    packed, unpack = quantised.pack(weight)
    again = unpack(packed)
    assert (again.shape, again.dtype) == (weight.shape, weight.dtype)
    state: Any = unpack.keywords["quant_state"]  # type: ignore[attr-defined]
    scales = state.absmax.nbytes + state.state2.absmax.nbytes
    assert (packed.nbytes + scales) / weight.numel() == pytest.approx(BYTES, rel=0.01)
    assert float((again - weight).float().norm() / weight.float().norm()) < 0.12
