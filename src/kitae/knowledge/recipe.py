"""What a person decides about searching."""

from __future__ import annotations

from pydantic import Field

from ..core.noun import Noun


class IndexRecipe(Noun):
    """`[knowledge.index]`."""

    characters: int = Field(default=400, ge=80, le=20_000)
    """A section that is longer is cut into passages of at most about this many characters."""


class EmbedRecipe(Noun):
    """`[knowledge.embed]`."""

    dimensions: int = Field(default=256, ge=2, le=4096)
    """Of a vector; fewer where the model or the documents do not have as many."""
    smoothing: float = Field(default=3e-3, gt=0, le=1)
    """SIF's a: a word that makes up this share of the text weighs half."""


class SearchRecipe(Noun):
    """`[knowledge.search]`."""

    k: int = Field(default=3, ge=1, le=50)
    """How many passages stand in a prompt."""
    vectors: float = Field(default=0.3, ge=0, le=10)
    """Weight of a vector's cosine beside the words' score, whose best is 1; 0 searches by words alone."""
