"""Attention that is confined to examples, by the kernel that suits the machine.

`examples` (see `attention`) computes example by example with plain products, which is fastest on a CPU. `varlen` is
FlashAttention over sequences of any length, `flex` is FlexAttention with a mask that leaves whole blocks out, `sdpa`
is torch's own attention with a mask of the whole row. All of them see the same tokens, and positions start anew in
each example whatever computes it.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any, Final

import torch
from torch import Tensor

from ..core.mistakes import Mistake
from . import attention
from .attention import Stretch

EXAMPLES, VARLEN, FLEX, SDPA = "examples", "varlen", "flex", "sdpa"
AUTO: Final = "auto"

FLASH_CAPABILITY: Final = (8, 0)
"""Compute capability from which FlashAttention runs (Ampere)."""

NARROW: Final = ("bfloat16", "float16")


class Row:
    """A packed row as masks and lengths, each made once and not again in every layer."""

    def __init__(self, stretches: Sequence[Stretch], device: torch.device) -> None:
        self._stretches, self._device = stretches, device
        self._masks: dict[int | None, Tensor] = {}
        self._blocks: dict[int | None, Any] = {}

    @functools.cached_property
    def example(self) -> Tensor:
        """(tokens,): which example each token is of."""
        lengths = torch.tensor([each.end - each.start for each in self._stretches], device=self._device)
        return torch.repeat_interleave(torch.arange(len(lengths), device=self._device), lengths)

    @functools.cached_property
    def position(self) -> Tensor:
        """(tokens,): its place in its example."""
        spans = [torch.arange(each.shared, each.shared + each.end - each.start) for each in self._stretches]
        return torch.cat(spans).to(self._device)

    @functools.cached_property
    def held(self) -> Tensor:
        """(examples, tokens): whether a token of the row is of an example, as its own or as what it begins with."""
        found = torch.zeros(len(self._stretches), self._stretches[-1].end, dtype=torch.bool, device=self._device)
        for row, each in zip(found, self._stretches, strict=True):
            row[each.start : each.end] = True
            if each.before is not None:
                row[each.before] = True
        return found

    def sees(self, window: int | None) -> Callable[[Any, Any, Tensor, Tensor], Tensor]:
        """Whether a token looks at another one, as FlexAttention asks it."""
        example, position, held = self.example, self.position, self.held

        def seen(batch: Any, head: Any, query: Tensor, key: Tensor) -> Tensor:
            distance = position[query] - position[key]
            near = (distance >= 0) if window is None else (distance >= 0) & (distance < window)
            return held[example[query], key] & near

        return seen

    def mask(self, window: int | None) -> Tensor:
        """(tokens, tokens): the same for all of them."""
        if window not in self._masks:
            place = torch.arange(len(self.position), device=self._device)
            self._masks[window] = self.sees(window)(None, None, place[:, None], place[None, :])
        return self._masks[window]

    def block_mask(self, window: int | None) -> Any:
        """The same with the blocks that nobody sees left out."""
        if window not in self._blocks:
            from torch.nn.attention.flex_attention import create_block_mask

            tokens = len(self.position)
            self._blocks[window] = create_block_mask(
                self.sees(window), None, None, tokens, tokens, device=str(self._device)
            )
        return self._blocks[window]

    @functools.cached_property
    def keys(self) -> Tensor | None:
        """Where the keys of all examples stand, one example after another; `None` where that is the row itself."""
        if all(each.before is None for each in self._stretches):
            return None
        places = torch.arange(self._stretches[-1].end, device=self._device)
        return torch.cat([each.of(places[None, :, None])[0, :, 0] for each in self._stretches])

    @functools.cached_property
    def lengths(self) -> tuple[Tensor, Tensor, int, int]:
        """Ends of the examples among queries and among `keys`, each after a 0, and the longest of both."""
        own = [each.end - each.start for each in self._stretches]
        whole = [length + each.shared for length, each in zip(own, self._stretches, strict=True)]
        ends, key_ends = (
            torch.tensor([0, *accumulate(each)], dtype=torch.int32, device=self._device) for each in (own, whole)
        )
        return ends, key_ends, max(own), max(whole)


def sdpa_attention(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    row: Row,
    scaling: float | None = None,
    sliding_window: int | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """As `example_attention`; arguments and result too, but for `row`."""
    found = torch.nn.functional.scaled_dot_product_attention(
        query, key, value, attn_mask=row.mask(sliding_window), scale=scaling, enable_gqa=query.shape[1] != key.shape[1]
    )
    return found.transpose(1, 2), None


def flex_attention(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    row: Row,
    scaling: float | None = None,
    sliding_window: int | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """As `sdpa_attention`."""
    found = _flex(compiled=query.is_cuda)(
        query,
        key,
        value,
        block_mask=row.block_mask(sliding_window),
        scale=scaling,
        enable_gqa=query.shape[1] != key.shape[1],
    )
    return found.transpose(1, 2), None


@functools.cache
def _flex(*, compiled: bool) -> Any:
    """Compiled it is a kernel; otherwise it holds all scores, which is good for looking at it on a CPU."""
    from torch.nn.attention.flex_attention import flex_attention as flex

    return torch.compile(flex) if compiled else flex


def varlen_attention(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    row: Row,
    scaling: float | None = None,
    sliding_window: int | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """As `sdpa_attention`. FlashAttention aligns ends, and an example's own tokens are the last of its keys."""
    from torch.nn.attention.varlen import varlen_attn

    if row.keys is not None:
        key, value = key[:, :, row.keys], value[:, :, row.keys]
    ends, key_ends, longest, longest_keys = row.lengths
    found: Any = varlen_attn(
        query[0].transpose(0, 1),
        key[0].transpose(0, 1),
        value[0].transpose(0, 1),
        ends,
        key_ends,
        longest,
        longest_keys,
        scale=scaling,
        window_size=(-1 if sliding_window is None else sliding_window - 1, 0),
        enable_gqa=query.shape[1] != key.shape[1],
    )
    return found.unsqueeze(0), None


def _no_flex(device: str, number_format: str) -> str:
    if device == "cpu":
        return "FlexAttention has no backward pass on a CPU"
    if number_format == "float64":
        return "FlexAttention does not compute in float64 on a GPU"
    return "" if importlib.util.find_spec("triton") else "FlexAttention needs Triton, which is not installed"


def _no_varlen(device: str, number_format: str) -> str:
    if device == "cpu":
        return "FlashAttention needs a GPU"
    if number_format not in NARROW:
        return f"FlashAttention computes in {' or '.join(NARROW)}, not in {number_format}"
    if torch.cuda.get_device_capability() < FLASH_CAPABILITY:
        return "FlashAttention needs a GPU of compute capability 8.0 or more (Ampere)"
    return ""


def _never(device: str, number_format: str) -> str:
    return ""


BACKENDS: dict[str, tuple[Callable[..., tuple[Tensor, None]], Callable[[str, str], str]]] = {
    VARLEN: (varlen_attention, _no_varlen),
    FLEX: (flex_attention, _no_flex),
    SDPA: (sdpa_attention, _never),
    EXAMPLES: (attention.example_attention, _never),
}
"""The function, and what says why a machine cannot train with it. The first that can is taken on a GPU."""


def backend(device: str, number_format: str, wanted: str = AUTO) -> str:
    """Which attention a place trains with.

    Args:
        device: `cpu` or `cuda`.
        wanted: Its name, where somebody has chosen one.

    Raises:
        Mistake: the machine cannot train with it.
    """
    if wanted == AUTO:
        return (
            EXAMPLES
            if device == "cpu"
            else next(name for name in BACKENDS if not BACKENDS[name][1](device, number_format))
        )
    if reason := BACKENDS[wanted][1](device, number_format):
        raise Mistake(
            f"this machine cannot train with `{wanted}`: {reason}",
            where="[train.computing]",
            hint=f"leave `attention` out: `{backend(device, number_format)}` is taken here",
        )
    return wanted


def registered(name: str) -> str:
    """What transformers calls it; made known to it. No mask function is registered, so transformers makes no mask."""
    from transformers import AttentionInterface

    full = f"kitae_{name}"
    AttentionInterface.register(full, BACKENDS[name][0])
    return full
