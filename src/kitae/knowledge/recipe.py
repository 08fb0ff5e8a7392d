"""What a person decides about searching."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..core.noun import Noun


class IndexRecipe(Noun):
    """`[knowledge.index]`."""

    characters: int = Field(default=300, ge=80, le=20_000)
    """A section that is longer is cut into passages of at most about this many characters."""


class EmbedRecipe(Noun):
    """`[knowledge.embed]`."""

    dimensions: int = Field(default=384, ge=2, le=4096)
    """Of a vector; fewer where the model or the documents do not have as many."""
    smoothing: float = Field(default=3e-3, gt=0, le=1)
    """SIF's a: a word that makes up this share of the text weighs half."""
    learn: bool = True
    """Whether the axes are turned by the bundled reading practice, so that questions in everyday words lie near."""
    language: Literal["ja", "en"] = "ja"
    """Of the reading practice."""


class SearchRecipe(Noun):
    """`[knowledge.search]`."""

    k: int = Field(default=2, ge=1, le=50)
    """How many passages stand in a prompt."""
    candidates: int = Field(default=4, ge=0, le=50)
    """How many passages a tuned model reads one by one to choose those `k`; 0 leaves the search's own order. Each costs
    as much time as reading a short prompt."""
    vectors: float = Field(default=20.0, ge=0, le=1000)
    """What a cosine of 1 is worth beside the words' score (BM25), so that vectors decide where words tell little; 0
    searches by words alone."""
