from __future__ import annotations

import pytest
import torch
from torch import Tensor

from kitae.train import attention
from kitae.train.attention import document_attention

DOCUMENTS = (0, 5, 6, 40, 53)


def tensors(heads: int = 4, shared: int = 2, width: int = 8) -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(0)
    tokens = DOCUMENTS[-1]
    query, key, value = (torch.randn(1, each, tokens, width, requires_grad=True) for each in (heads, shared, shared))
    return query, key, value


def masked(query: Tensor, key: Tensor, value: Tensor, window: int | None) -> Tensor:
    """The same as one attention over the row with a mask: what it must be equal to."""
    tokens = query.shape[2]
    place = torch.arange(tokens)
    document = torch.bucketize(place, torch.tensor(DOCUMENTS[1:]), right=True)
    distance = place[:, None] - place[None, :]
    seen = (document[:, None] == document[None, :]) & (distance >= 0) & (distance < (window or tokens))
    groups = query.shape[1] // key.shape[1]
    key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    scores = query @ key.transpose(2, 3) * 0.3
    return (scores.masked_fill(~seen, -torch.inf).softmax(-1) @ value).transpose(1, 2)


@pytest.mark.parametrize("window", [None, 1, 7, 33, 34, 100])
@pytest.mark.parametrize("long", [1024, 20])
def test_documents_are_attended_as_a_masked_row_would_be(
    window: int | None, long: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention, "LONG", long)
    inputs = tensors()
    weights = torch.randn(1, DOCUMENTS[-1], 4, 8)
    ours, _ = document_attention(
        torch.nn.Module(), *inputs, None, documents=DOCUMENTS, scaling=0.3, sliding_window=window
    )
    found = torch.autograd.grad((ours * weights).sum(), inputs)
    theirs = masked(*inputs, window)
    expected = torch.autograd.grad((theirs * weights).sum(), inputs)
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_the_scale_is_one_over_the_root_of_the_width_where_none_is_given() -> None:
    inputs = tensors()
    given, _ = document_attention(torch.nn.Module(), *inputs, None, documents=DOCUMENTS, scaling=8**-0.5)
    default, _ = document_attention(torch.nn.Module(), *inputs, None, documents=DOCUMENTS)
    assert torch.equal(given, default)
