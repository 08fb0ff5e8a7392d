"""The sizes of a model that its memory and its time come from: of its config, or of a published model as large."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Final

from ..core.noun import Noun


class Architecture(Noun):
    """A decoder."""

    parameters: float
    """All that are held."""
    active: float
    """That one token passes; fewer than all in a mixture of experts."""
    layers: int
    hidden: int
    intermediate: int
    """Of all experts that a token passes together."""
    heads: int
    kv_heads: int
    head: int
    """Size of one head."""
    vocabulary: int
    gated: bool = True
    """Whether the inner layer is two, one of which gates the other."""
    source: str
    """Where these sizes are from."""

    @property
    def layer(self) -> float:
        """Parameters of one layer; embeddings are not in it."""
        return max(0.0, self.parameters - self.vocabulary * self.hidden) / self.layers


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


def typical(parameters: float) -> Architecture:
    """A model of that many parameters, shaped as the published one that is nearest in size."""
    name, _, layers, hidden, intermediate, heads, kv_heads, head, vocabulary, gated = min(
        PUBLISHED, key=lambda each: abs(math.log(each[1] / parameters))
    )
    return Architecture(
        parameters=parameters,
        active=parameters,
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


def from_config(folder: Path, parameters: float | None = None) -> Architecture:
    """Of the model in a Hugging Face folder.

    Args:
        parameters: As counted elsewhere; from the sizes in config.json when left out.
    """
    top = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    # A model that also sees pictures keeps what is said about its text one level down.
    return _from_settings({**top, **top.get("text_config", {})}, parameters)


def _from_settings(config: dict[str, Any], parameters: float | None) -> Architecture:
    def first(*names: str, otherwise: Any = None) -> Any:
        return next((config[name] for name in names if config.get(name) is not None), otherwise)

    layers, hidden = int(first("num_hidden_layers", "n_layer")), int(first("hidden_size", "n_embd"))
    heads = int(first("num_attention_heads", "n_head", otherwise=1))
    kv_heads, head = (
        int(first("num_key_value_heads", otherwise=heads)),
        int(first("head_dim", otherwise=hidden // heads)),
    )
    experts, chosen = (
        int(first("num_local_experts", "num_experts", otherwise=1)),
        int(first("num_experts_per_tok", otherwise=1)),
    )
    inner = int(
        first(
            "moe_intermediate_size" if experts > 1 else "intermediate_size", "intermediate_size", otherwise=4 * hidden
        )
    )
    vocabulary = int(first("vocab_size"))
    attention = 2 * hidden * head * (heads + kv_heads)
    expert = 3 * hidden * inner
    embeddings = vocabulary * hidden * (1 if first("tie_word_embeddings", otherwise=False) else 2)
    counted = parameters or layers * (attention + experts * expert) + embeddings
    return Architecture(
        parameters=counted,
        active=counted - layers * (experts - chosen) * expert,
        layers=layers,
        hidden=hidden,
        intermediate=chosen * inner,
        heads=heads,
        kv_heads=kv_heads,
        head=head,
        vocabulary=vocabulary,
        source="config.json",
    )
