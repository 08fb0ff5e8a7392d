"""What a person decides about the base model."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..core.noun import Noun
from ..core.quantity import Count


class AdoptRecipe(Noun):
    """Which open model the project starts from."""

    base: str = "wheel:gemma3-270m"
    """`wheel:NAME`, `hf:ORG/NAME` from the local cache, or `path:FOLDER` (also a `.gguf` file)."""


class TrimRecipe(Noun):
    """How much of the base's vocabulary is kept."""

    vocabulary: Literal["trim", "keep"] = "trim"
    """`trim` keeps the rows that the project, its language, all bytes and the special tokens need."""
    language: Literal["ja", "en"] = "ja"
    """Whose everyday words are kept besides those of the documents."""
    grow: Count = 0
    """At most so many new tokens for what the documents say often; only training of all weights teaches them."""
    general: int = Field(default=8_000, ge=0)
    """How many of the most frequent Latin pieces are kept, by their rank in the base's vocabulary."""
