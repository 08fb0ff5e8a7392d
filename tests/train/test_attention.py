from __future__ import annotations

import pytest
import torch
from torch import Tensor

from kitae.train import attention
from kitae.train.attention import Stretch, example_attention

BEGINNING = torch.cat([torch.arange(6, 12), torch.arange(40, 45)])
STRETCHES = (
    Stretch(0, 5),
    Stretch(5, 6),
    Stretch(6, 40),
    Stretch(40, 53, before=torch.arange(6, 12)),
    Stretch(53, 60, before=BEGINNING),
)
"""Two of them share the beginning of the third; the last one shares some of the one before, too."""
TOKENS = 60


def tensors(heads: int = 4, shared: int = 2, width: int = 8) -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(0)
    query, key, value = (torch.randn(1, each, TOKENS, width, requires_grad=True) for each in (heads, shared, shared))
    return query, key, value


def masked(query: Tensor, key: Tensor, value: Tensor, window: int | None) -> Tensor:
    """The same as one attention over the row with a mask: what it must be equal to."""
    seen = torch.zeros(TOKENS, TOKENS, dtype=torch.bool)
    for stretch in STRETCHES:
        place = stretch.of(torch.arange(TOKENS)[None])[0].tolist()
        for one in range(stretch.shared, len(place)):
            for other in range(max(0, one - window + 1) if window else 0, one + 1):
                seen[place[one], place[other]] = True
    groups = query.shape[1] // key.shape[1]
    key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    scores = query @ key.transpose(2, 3) * 0.3
    return (scores.masked_fill(~seen, -torch.inf).softmax(-1) @ value).transpose(1, 2)


@pytest.mark.parametrize("window", [None, 1, 7, 33, 34, 100])
@pytest.mark.parametrize(("long", "block"), [(1024, 256), (1024, 8), (1024, 1), (16, 256), (16, 8)])
def test_examples_are_attended_as_a_masked_row_would_be(
    window: int | None, long: int, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention, "LONG", long)
    monkeypatch.setattr(attention, "BLOCK", block)
    inputs = tensors()
    weights = torch.randn(1, TOKENS, 4, 8)
    ours, _ = example_attention(
        torch.nn.Module(), *inputs, None, stretches=STRETCHES, scaling=0.3, sliding_window=window
    )
    found = torch.autograd.grad((ours * weights).sum(), inputs)
    theirs = masked(*inputs, window)
    expected = torch.autograd.grad((theirs * weights).sum(), inputs)
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_the_scale_is_one_over_the_root_of_the_width_where_none_is_given() -> None:
    inputs = tensors()
    given, _ = example_attention(torch.nn.Module(), *inputs, None, stretches=STRETCHES, scaling=8**-0.5)
    default, _ = example_attention(torch.nn.Module(), *inputs, None, stretches=STRETCHES)
    assert torch.equal(given, default)
