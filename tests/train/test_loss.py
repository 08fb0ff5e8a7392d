from __future__ import annotations

import pytest
import torch

from kitae.train import loss
from kitae.train.loss import summed_cross_entropy


@pytest.mark.parametrize("softcap", [None, 2.0])
@pytest.mark.parametrize("logits_held", [2**24, 100, 1])
def test_the_loss_and_its_gradients_are_those_of_all_logits_at_once(
    softcap: float | None, logits_held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loss, "CHUNK_LOGITS", logits_held)
    torch.manual_seed(0)
    hidden = torch.randn(11, 6, requires_grad=True)
    weight = torch.randn(30, 6, requires_grad=True)
    targets = torch.randint(0, 30, (11,))
    logits = hidden @ weight.T
    if softcap:
        logits = softcap * torch.tanh(logits / softcap)
    theirs = torch.nn.functional.cross_entropy(logits, targets, reduction="sum")
    ours = summed_cross_entropy(hidden, weight, targets, softcap=softcap)
    torch.testing.assert_close(ours, theirs)
    expected = torch.autograd.grad(theirs / 7, (hidden, weight))
    found = torch.autograd.grad(ours / 7, (hidden, weight))
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_a_frozen_weight_gets_no_gradient() -> None:
    hidden = torch.randn(3, 4, requires_grad=True)
    weight = torch.randn(5, 4)
    summed_cross_entropy(hidden, weight, torch.tensor([0, 1, 2])).backward()  # type: ignore[no-untyped-call]
    assert weight.grad is None
    assert hidden.grad is not None


def test_nothing_to_predict_costs_nothing() -> None:
    hidden = torch.randn(0, 4, requires_grad=True)
    assert summed_cross_entropy(hidden, torch.randn(5, 4), torch.zeros(0, dtype=torch.long)) == 0
