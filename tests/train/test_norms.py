from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from transformers.models.gemma3.modeling_gemma3 import Gemma3RMSNorm
from transformers.models.llama.modeling_llama import LlamaRMSNorm

from kitae.train.norms import speed_up_norms


@pytest.mark.parametrize("kind", [Gemma3RMSNorm, LlamaRMSNorm])
def test_a_faster_norm_computes_the_same(kind: type[nn.Module]) -> None:
    torch.manual_seed(0)
    norm = kind(6, eps=1e-5)
    nn.init.uniform_(norm.weight, 0.5, 1.5)  # type: ignore[arg-type]
    inputs = torch.randn(2, 3, 6, requires_grad=True)
    weights = torch.randn(2, 3, 6)
    expected = norm(inputs)
    wanted = torch.autograd.grad((expected * weights).sum(), [inputs, *norm.parameters()])
    assert speed_up_norms(norm) == 1
    found = norm(inputs)
    got = torch.autograd.grad((found * weights).sum(), [inputs, *norm.parameters()])
    torch.testing.assert_close(found, expected)
    for one, other in zip(got, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


class OddRMSNorm(nn.Module):
    """Called like one, but computes something else."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(4))
        self.eps = 1e-6

    def forward(self, inputs: Tensor) -> Tensor:
        return inputs * torch.rsqrt(inputs.square().mean(-1, keepdim=True) + self.eps) * self.weight * 1.01


def test_a_norm_that_is_something_else_is_left_alone() -> None:
    norm = OddRMSNorm()
    inputs = torch.randn(3, 4)
    expected = norm(inputs)
    assert speed_up_norms(norm) == 0
    assert torch.equal(norm(inputs), expected)
