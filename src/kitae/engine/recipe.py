"""What a person decides about running a model."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from ..core.noun import Noun


class EngineRecipe(Noun):
    """Which engine answers, and in which number format."""

    engine: Literal["ctranslate2", "transformers"] = "ctranslate2"
    """`ctranslate2` is several times faster on a CPU; `transformers` runs every architecture."""
    number_format: Literal["int8", "float32"] = "int8"
    """`int8` is faster and a quarter of the size; its answers may differ a little from `float32`."""

    @model_validator(mode="after")
    def _fits(self) -> EngineRecipe:
        if self.engine == "transformers" and self.number_format == "int8":
            raise ValueError('the engine transformers answers in float32 here; set number_format = "float32"')
        return self
