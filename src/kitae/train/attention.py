"""Attention that is confined to examples: many of them in one row, none sees another.

What a CPU trains with; other machines have `backends`. Instead of one attention over the row with a mask that forbids
nearly everything, it runs over each example by itself: the same numbers for the squares of their lengths instead of the
square of the row's. Examples may share their beginning, which then stands in the row once. Sliding windows are kept.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor

from .precision import wide

BLOCK: Final = 128
"""Queries that are looked at together; the keys after a block are left out, which saves up to half the work."""

LONG: Final = 1024
"""Beyond this length an example's probabilities are not kept for the backward pass but computed again."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where an example stands in a row."""

    start: int
    end: int
    """Its own tokens are those from `start` up to `end`."""
    before: Tensor | None = None
    """(tokens,): places in the row of the tokens before its own, which it shares; `None` where it shares none."""

    @property
    def shared(self) -> int:
        return 0 if self.before is None else len(self.before)

    def of(self, row: Tensor) -> Tensor:
        """(heads, tokens of the whole example, width) out of (heads, tokens of the row, width)."""
        own = row[:, self.start : self.end]
        return own if self.before is None else torch.cat([row[:, self.before], own], dim=1)

    def add(self, row: Tensor, first: int, values: Tensor) -> None:
        """Adds to the row what belongs to the example's tokens from `first` on."""
        ahead = max(0, self.shared - first)
        if self.before is not None and ahead:
            row[:, self.before[first : first + ahead]] += values[:, :ahead]
        start = self.start + max(0, first - self.shared)
        row[:, start : start + values.shape[1] - ahead] += values[:, ahead:]


def example_attention(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    stretches: Sequence[Stretch],
    scaling: float | None = None,
    sliding_window: int | None = None,
    dropout: float = 0.0,
    **_: Any,
) -> tuple[Tensor, None]:
    """Causal attention within each example of a row.

    Args:
        query: (1, heads, tokens, width); key and value have fewer heads where groups share them.
        stretches: The examples, which cover the row.
        sliding_window: How many tokens a token sees, itself included; all before it if `None`.

    Returns:
        (1, tokens, heads, width), as transformers wants it.
    """
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    row = query[0], key[0], value[0]
    found: Tensor = _Attention.apply(*row, stretches, scale, sliding_window)  # type: ignore[no-untyped-call]
    return found.transpose(0, 1).unsqueeze(0), None


class _Attention(torch.autograd.Function):
    """Softmax attention by plain matrix products, which on CPU is faster than the fused kernel, backward most of all.

    Heads that share a key stand one below the other, so that each product is one large matrix.
    """

    @staticmethod
    def forward(
        ctx: Any,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        stretches: Sequence[Stretch],
        scale: float,
        window: int | None,
    ) -> Tensor:
        result, kept = torch.empty_like(query), []
        for stretch in stretches:
            keys, values = stretch.of(key), stretch.of(value)
            for block in _blocks(stretch, window):
                probabilities = block.probabilities(query, keys, scale, window)
                block.put(result, torch.bmm(probabilities, values[:, block.seen : block.end]))
                if keys.shape[1] <= LONG:
                    kept.append(probabilities)
        ctx.save_for_backward(query, key, value, *kept)
        ctx.stretches, ctx.scale, ctx.window = stretches, scale, window
        return result

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        query, key, value, *kept = ctx.saved_tensors
        of_query = torch.empty_like(query)
        full = wide(query.dtype)
        # Sums over blocks and over examples that share a beginning are in float32 whatever the number format.
        of_key, of_value = torch.zeros_like(key, dtype=full), torch.zeros_like(value, dtype=full)
        left = iter(kept)
        for stretch in ctx.stretches:
            keys, values = stretch.of(key), stretch.of(value)
            for block in _blocks(stretch, ctx.window):
                again = keys.shape[1] > LONG
                found = block.probabilities(query, keys, ctx.scale, ctx.window) if again else next(left)
                gradient = block.take(gradients[0], len(key))
                stretch.add(of_value, block.seen, torch.bmm(found.transpose(1, 2), gradient))
                of_found = torch.bmm(gradient, values[:, block.seen : block.end].transpose(1, 2)).to(full)
                # d softmax: p * (g - sum(p * g))
                of_scores = torch._softmax_backward_data(of_found, found.to(full), -1, full)
                of_scores = of_scores.mul_(ctx.scale).to(query.dtype)
                block.put(of_query, torch.bmm(of_scores, keys[:, block.seen : block.end]))
                stretch.add(of_key, block.seen, torch.bmm(of_scores.transpose(1, 2), block.take(query, len(key))))
        return of_query, of_key.to(key.dtype), of_value.to(value.dtype), None, None, None


@dataclass(frozen=True, slots=True)
class _Block:
    """Some queries of an example, and the keys that any of them sees; all are places in the example."""

    first: int
    end: int
    seen: int
    """The first key; the last one is that of the last query."""
    offset: int
    """Of a query's place in the row."""

    def take(self, row: Tensor, shared_heads: int) -> Tensor:
        """(shared heads, groups x queries, width) out of (heads, tokens, width)."""
        return row[:, self.offset + self.first : self.offset + self.end].reshape(shared_heads, -1, row.shape[-1])

    def put(self, row: Tensor, values: Tensor) -> None:
        """The way back from `take`."""
        row[:, self.offset + self.first : self.offset + self.end] = values.view(len(row), -1, row.shape[-1])

    def probabilities(self, query: Tensor, keys: Tensor, scale: float, window: int | None) -> Tensor:
        """(shared heads, groups x queries, keys)"""
        seen = keys[:, self.seen : self.end]
        scores = torch.bmm(self.take(query, len(keys)), seen.transpose(1, 2)).to(wide(query.dtype)).mul_(scale)
        hidden = _hidden(keys.shape[1], window, query.device)[self.first : self.end, self.seen : self.end]
        scores.view(len(query), *hidden.shape).masked_fill_(hidden, -torch.inf)
        return torch.softmax(scores, dim=-1).to(query.dtype)


def _blocks(stretch: Stretch, window: int | None) -> list[_Block]:
    """The queries of an example's own tokens, block by block."""
    tokens = stretch.shared + stretch.end - stretch.start
    return [
        _Block(
            first,
            min(first + BLOCK, tokens),
            seen=max(0, first - window + 1) if window else 0,
            offset=stretch.start - stretch.shared,
        )
        for first in range(stretch.shared, tokens, BLOCK)
    ]


def _hidden(tokens: int, window: int | None, device: torch.device) -> Tensor:
    """(tokens, tokens): True where a token must not look."""
    return _hidden_at_most(max(LONG, tokens), window, device)[:tokens, :tokens]


@functools.lru_cache(maxsize=8)
def _hidden_at_most(tokens: int, window: int | None, device: torch.device) -> Tensor:
    place = torch.arange(tokens, device=device)
    distance = place[:, None] - place[None, :]
    return (distance < 0) | (distance >= (window or tokens))
