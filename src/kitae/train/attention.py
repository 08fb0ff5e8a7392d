"""Attention that is confined to documents: many of them in one row, none sees another.

Registered with transformers, so that every model whose attention goes through its `AttentionInterface` can use it.
Instead of one attention over the row with a mask that forbids nearly everything, it runs over each document by itself:
on CPU the same numbers in half the time (docs/log.md). Sliding windows are kept.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

NAME: Final = "kitae_documents"
"""For transformers' `attn_implementation`."""

LONG: Final = 1024
"""From this length on the probabilities of a document are not kept for the backward pass but computed again."""


def register() -> None:
    """Makes the attention known to transformers. Models take the boundaries as the argument `documents`."""
    from transformers import AttentionInterface

    # No mask function is registered under the name, so transformers makes no mask.
    AttentionInterface.register(NAME, document_attention)


def document_attention(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    documents: Sequence[int],
    scaling: float | None = None,
    sliding_window: int | None = None,
    dropout: float = 0.0,
    **_: Any,
) -> tuple[Tensor, None]:
    """Causal attention within each document of a row.

    Args:
        query: (1, heads, tokens, width); key and value have fewer heads where groups share them.
        documents: Where documents start in the row, and at the end how many tokens it has.
        sliding_window: How many tokens a token sees, itself included; all before it if `None`.

    Returns:
        (1, tokens, heads, width), as transformers wants it.
    """
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    parts = [
        _one_document(query[0, :, start:end], key[0, :, start:end], value[0, :, start:end], scale, sliding_window)
        for start, end in pairwise(documents)
    ]
    return torch.cat(parts, dim=1).transpose(0, 1).unsqueeze(0), None


def _one_document(query: Tensor, key: Tensor, value: Tensor, scale: float, window: int | None) -> Tensor:
    """(heads, tokens, width) from the same; the window matters only where it is shorter than the document."""
    tokens = query.shape[1]
    window = window if window is not None and window < tokens else None
    if tokens < LONG:
        result: Tensor = _Attention.apply(query, key, value, scale, window)  # type: ignore[no-untyped-call]
        return result
    # torch wants a mask for a window; without one its fused kernel knows causality itself.
    seen = None if window is None else ~_hidden(tokens, window, query.device)
    return scaled_dot_product_attention(
        query[None], key[None], value[None], seen, is_causal=window is None, scale=scale, enable_gqa=True
    )[0]


def _hidden(tokens: int, window: int | None, device: torch.device) -> Tensor:
    """(tokens, tokens): True where a token must not look."""
    return _hidden_at_most(LONG if tokens <= LONG else tokens, window, device)[:tokens, :tokens]


@functools.lru_cache(maxsize=8)
def _hidden_at_most(tokens: int, window: int | None, device: torch.device) -> Tensor:
    place = torch.arange(tokens, device=device)
    distance = place[:, None] - place[None, :]
    return (distance < 0) | (distance >= (window or tokens))


class _Attention(torch.autograd.Function):
    """Softmax attention by plain matrix products, which on CPU run twice as fast as the fused backward pass.

    Heads that share a key stand one below the other, so that each product is one large matrix.
    """

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, scale: float, window: int | None) -> Tensor:
        heads, tokens, width = query.shape
        shared = key.shape[0]
        groups = heads // shared
        stacked = query.reshape(shared, groups * tokens, width)
        scores = torch.bmm(stacked, key.transpose(1, 2)).float().mul_(scale)
        scores.view(heads, tokens, tokens).masked_fill_(_hidden(tokens, window, query.device), -torch.inf)
        probabilities = torch.softmax(scores, dim=-1).to(query.dtype)
        ctx.save_for_backward(stacked, key, value, probabilities)
        ctx.scale = scale
        return torch.bmm(probabilities, value).view(heads, tokens, width)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        stacked, key, value, probabilities = ctx.saved_tensors
        heads, tokens, width = gradients[0].shape
        gradient = gradients[0].reshape(stacked.shape)
        of_value = torch.bmm(probabilities.transpose(1, 2), gradient)
        of_probabilities = torch.bmm(gradient, value.transpose(1, 2)).float()
        # d softmax: p * (g - sum(p * g))
        of_scores = torch._softmax_backward_data(of_probabilities, probabilities.float(), -1, torch.float32)
        of_scores = of_scores.mul_(ctx.scale).to(stacked.dtype)
        of_query = torch.bmm(of_scores, key).view(heads, tokens, width)
        of_key = torch.bmm(of_scores.transpose(1, 2), stacked)
        return of_query, of_key, of_value, None, None
