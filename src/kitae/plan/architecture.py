"""The sizes of a model of which nothing but the parameters is known: those of a published one as large."""

from __future__ import annotations

import math
from typing import Final

from ..core.architecture import Architecture

PUBLISHED: Final = (
    # parameters, layers, hidden, intermediate, heads, kv_heads, head, vocabulary, gated
    ("SmolLM2-135M", 135e6, 30, 576, 1536, 9, 3, 64, 49152, True),
    ("Gemma 3 270M", 268e6, 18, 640, 2048, 4, 1, 256, 262144, True),
    ("TinyLlama-1.1B", 1.1e9, 22, 2048, 5632, 32, 4, 64, 32000, True),
    ("SmolLM3", 3.08e9, 36, 2048, 11008, 16, 4, 128, 128256, True),
    ("Llama 2 7B", 6.74e9, 32, 4096, 11008, 32, 32, 128, 32000, True),
    ("Llama 3.1 8B", 8.03e9, 32, 4096, 14336, 32, 8, 128, 128256, True),
    ("Llama 2 13B", 13.02e9, 40, 5120, 13824, 40, 40, 128, 32000, True),
    ("LLaMA-33B", 32.5e9, 60, 6656, 17920, 52, 52, 128, 32000, True),
    ("LLaMA-65B", 65.2e9, 80, 8192, 22016, 64, 64, 128, 32000, True),
    ("Llama 3.1 70B", 70.6e9, 80, 8192, 28672, 64, 8, 128, 128256, True),
    ("BLOOM-176B", 176e9, 70, 14336, 57344, 112, 112, 128, 250880, False),
    ("Llama 3.1 405B", 405e9, 126, 16384, 53248, 128, 8, 128, 128256, True),
)
"""As their own config.json files say."""


def typical(parameters: float, active: float | None = None) -> Architecture:
    """A model of that many parameters, shaped as the published one that is nearest in size.

    Args:
        active: Parameters that one token passes, of a mixture of experts; all when left out.
    """
    name, _, layers, hidden, intermediate, heads, kv_heads, head, vocabulary, gated = min(
        PUBLISHED, key=lambda each: abs(math.log(each[1] / parameters))
    )
    return Architecture(
        parameters=parameters,
        active=parameters if active is None else active,
        layers=layers,
        hidden=hidden,
        intermediate=intermediate,
        heads=heads,
        kv_heads=kv_heads,
        head=head,
        vocabulary=vocabulary,
        gated=gated,
        source=f"shaped as {name}",
    )
