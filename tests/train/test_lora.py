from __future__ import annotations

import torch
from torch import nn

from kitae.train.lora import LoraLinear, adapters, add_adapters


def adapted(*, bias: bool = False) -> LoraLinear:
    torch.manual_seed(0)
    layer = LoraLinear(nn.Linear(6, 5, bias=bias), 3, 12.0, torch.Generator().manual_seed(1))
    nn.init.normal_(layer.up)
    return layer


def test_an_adapter_and_its_gradients_are_those_of_the_formula() -> None:
    layer = adapted(bias=True)
    inputs = torch.randn(2, 4, 6, requires_grad=True)
    weights = torch.randn(2, 4, 5)
    expected = layer.layer(inputs) + 4.0 * inputs @ layer.down.T @ layer.up.T
    wanted = torch.autograd.grad((expected * weights).sum(), (inputs, layer.down, layer.up))
    found = layer(inputs)
    got = torch.autograd.grad((found * weights).sum(), (inputs, layer.down, layer.up))
    torch.testing.assert_close(found, expected)
    for one, other in zip(got, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)


def test_what_an_adapter_changes_can_be_added_to_the_weight() -> None:
    layer = adapted()
    inputs = torch.randn(4, 6)
    merged = inputs @ (layer.layer.weight + layer.adapter().change()).T
    torch.testing.assert_close(layer(inputs), merged)


def test_a_fresh_adapter_changes_nothing_and_can_learn() -> None:
    layer = LoraLinear(nn.Linear(6, 5, bias=False), 3, 12.0, torch.Generator().manual_seed(1))
    inputs = torch.randn(4, 6)
    assert torch.equal(layer(inputs), layer.layer(inputs))
    layer(inputs).sum().backward()
    assert layer.up.grad is not None
    assert float(layer.up.grad.abs().max()) > 0
    assert layer.layer.weight.grad is None


def test_every_linear_layer_but_the_output_gets_an_adapter() -> None:
    model = nn.ModuleDict(
        {"a": nn.Linear(4, 4), "b": nn.Sequential(nn.Linear(4, 4), nn.ReLU()), "head": nn.Linear(4, 9)}
    )
    add_adapters(model, rank=2, alpha=4.0, seed=0, skip=model["head"])
    assert [name for name, _ in adapters(model)] == ["a.weight", "b.0.weight"]
    trained = {name for name, each in model.named_parameters() if each.requires_grad}
    assert trained == {"a.down", "a.up", "b.0.down", "b.0.up"}


def test_adapters_begin_the_same_for_the_same_seed() -> None:
    def first(seed: int) -> torch.Tensor:
        model = nn.Sequential(nn.Linear(4, 4))
        add_adapters(model, rank=2, alpha=4.0, seed=seed, skip=None)
        return next(adapters(model))[1].down.detach()

    assert torch.equal(first(0), first(0))
    assert not torch.equal(first(0), first(1))
