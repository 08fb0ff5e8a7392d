"""Liger's kernels: when they compute the loss, and that they give what plain torch does."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
import torch
from torch import Tensor

from kitae.train import fused, loss
from kitae.train.loss import summed_cross_entropy

SEEN = torch.randn(5, 4), torch.randn(9, 4), torch.tensor([1, 2, 3, 4, 5])

# Without a softcap: the interpreter hands it to the kernel as a number of Python, which has no `.to`.
INTERPRETED = """
import itertools

import torch
from kitae.train import fused, loss

torch.manual_seed(0)
# With LoRA, the usual case, the output layer is frozen.
for (number_format, near), frozen in itertools.product(((torch.float32, 1e-5), (torch.bfloat16, 2e-2)), (False, True)):
    hidden, weight = (torch.randn(rows, 16, dtype=number_format) for rows in (9, 50))
    targets, found = torch.randint(0, 50, (9,)), []
    for function in (loss.summed_cross_entropy, lambda *given: fused.summed(fused.kernel(), *given, None)):
        own = [hidden.clone().requires_grad_(), weight.clone().requires_grad_(not frozen)]
        told = function(*own, targets)
        (told / 3).backward()
        assert told.dtype == torch.float32
        assert (own[1].grad is None) == frozen
        found.append([told.detach(), *(each.grad for each in own if each.requires_grad)])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=near, atol=near)
"""


@pytest.mark.skipif(fused.kernel() is None, reason="needs liger-kernel, and triton to interpret it")
def test_the_kernels_give_what_plain_torch_does() -> None:
    """In Triton's interpreter, which computes on a CPU what a GPU would."""
    subprocess.run([sys.executable, "-c", INTERPRETED], check=True, env={**os.environ, "TRITON_INTERPRET": "1"})


def test_on_a_gpu_they_compute_the_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    def played(*given: Tensor, **how: Any) -> Tensor:
        asked.append(how)
        return torch.tensor(7.0)

    monkeypatch.setattr(loss, "kernel_for", lambda device: played)
    assert summed_cross_entropy(*SEEN, softcap=30.0) == 7
    assert asked == [{"reduction": "sum", "softcap": 30.0, "accum_dtype": torch.float32}]
    hidden, weight, targets = SEEN
    assert summed_cross_entropy(hidden[:0], weight, targets[:0]) == 0
    assert len(asked) == 1, "nothing to predict is no work for them"


def test_on_a_cpu_and_where_they_are_not_installed_plain_torch_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fused, "kernel", lambda: object())
    assert fused.kernel_for(torch.device("cpu")) is None
    assert fused.kernel_for(torch.device("cuda")) is not None
    monkeypatch.setattr(fused, "kernel", lambda: None)
    assert fused.kernel_for(torch.device("cuda")) is None
