"""How long adoption takes."""

from __future__ import annotations

from ..core.quantity import Quantity
from .recipe import AdoptRecipe, TrimRecipe

# Measured with `kitae run adopt` on two CPU cores: Gemma 3 270M from its GGUF, then trimmed.
GGUF_SECONDS = 30.0
FOLDER_SECONDS = 5.0
TRIM_SECONDS = 4.0


def cost(recipe: AdoptRecipe) -> Quantity:
    """Seconds to adopt a base of some hundred million parameters."""
    packed = recipe.base.startswith("wheel:") or recipe.base.endswith(".gguf")
    return Quantity(value=GGUF_SECONDS if packed else FOLDER_SECONDS, unit="s", how="estimated")


def trim_cost(recipe: TrimRecipe) -> Quantity:
    """Seconds to trim a vocabulary."""
    return Quantity(value=TRIM_SECONDS if recipe.vocabulary == "trim" else 1.0, unit="s", how="estimated")
