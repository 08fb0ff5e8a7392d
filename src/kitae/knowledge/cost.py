"""How long it takes to make documents searchable."""

from __future__ import annotations

from ..core.quantity import Quantity
from .recipe import EmbedRecipe, IndexRecipe

# Measured with `kitae run` on the bundled company (36,000 characters, 33,138 tokens) on two CPU cores.
INDEX_CHARACTERS_PER_SECOND = 100_000.0
EMBED_CHARACTERS_PER_SECOND = 100_000.0
PROJECTED_NUMBERS_PER_SECOND = 5e9
LOADING_SECONDS = 0.5
LEARNING_SECONDS = 18.0
"""Of the axes, from the reading practice in Japanese."""


def cost(recipe: IndexRecipe, characters: int) -> Quantity:
    """Seconds to index documents of so many characters."""
    return Quantity(value=LOADING_SECONDS + characters / INDEX_CHARACTERS_PER_SECOND, unit="s", how="estimated")


def embed_cost(recipe: EmbedRecipe, characters: int, vocabulary: int, hidden: int) -> Quantity:
    """Seconds to give the passages of so many characters vectors, from a model's (vocabulary, hidden) embeddings."""
    projected = vocabulary * hidden * recipe.dimensions
    seconds = LOADING_SECONDS + characters / EMBED_CHARACTERS_PER_SECOND + projected / PROJECTED_NUMBERS_PER_SECOND
    seconds += LEARNING_SECONDS if recipe.learn else 0.0
    return Quantity(value=seconds, unit="s", how="estimated")
