"""The sizes of a decoder that its memory and its time come from, as its config.json says them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .mistakes import Mistake
from .noun import Noun


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
    tied: bool = True
    """Whether the output layer is the table of token vectors too."""
    source: str
    """Where these sizes are from."""

    @property
    def layer(self) -> float:
        """Parameters of one layer; embeddings are not in it."""
        return max(0.0, self.parameters - self.vocabulary * self.hidden) / self.layers

    @property
    def tables(self) -> float:
        """Parameters of token vectors and output layer together."""
        return self.vocabulary * self.hidden * (1 if self.tied else 2)

    @property
    def attention(self) -> int:
        """Width of all heads together; not always that of the model."""
        return self.heads * self.head


def from_config(folder: Path, parameters: float | None = None) -> Architecture:
    """Of the model in a Hugging Face folder.

    Args:
        parameters: As counted elsewhere; from the sizes in config.json when left out.

    Raises:
        Mistake: config.json does not say a size that has to be known.
    """
    file = folder / "config.json"
    top = json.loads(file.read_text(encoding="utf-8"))
    # A model that also sees pictures keeps what is said about its text one level down.
    try:
        return _from_settings({**top, **top.get("text_config", {})}, parameters)
    except KeyError as missing:
        raise Mistake(
            f"config.json does not say {missing.args[0]}", where=str(file), hint="name the folder of a decoder"
        ) from None


def _from_settings(config: dict[str, Any], parameters: float | None) -> Architecture:
    def known(*names: str, otherwise: Any = None) -> Any:
        found = next((config[name] for name in names if config.get(name) is not None), otherwise)
        if found is None:
            raise KeyError(f"`{names[0]}`")
        return found

    layers, hidden = int(known("num_hidden_layers", "n_layer")), int(known("hidden_size", "n_embd"))
    heads = int(known("num_attention_heads", "n_head", otherwise=1))
    kv_heads = int(known("num_key_value_heads", otherwise=heads))
    head = int(known("head_dim", otherwise=hidden // heads))
    experts = int(known("num_local_experts", "num_experts", otherwise=1))
    chosen = int(known("num_experts_per_tok", otherwise=1))
    one = "moe_intermediate_size" if experts > 1 else "intermediate_size"
    inner = int(known(one, "intermediate_size", otherwise=4 * hidden))
    vocabulary = int(known("vocab_size"))
    # Where it is as the family has it, transformers does not write it; Gemma's output layer is its table.
    tied = bool(known("tie_word_embeddings", otherwise=str(config.get("model_type", "")).startswith("gemma")))
    attention = 2 * hidden * head * (heads + kv_heads)
    expert = 3 * hidden * inner
    embeddings = vocabulary * hidden * (1 if tied else 2)
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
        tied=tied,
        source="config.json",
    )
