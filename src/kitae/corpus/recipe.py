"""What a person decides about the training text."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..core.label import Label
from ..core.noun import Noun


class CorpusRecipe(Noun):
    """`[corpus]`: documents → training text."""

    fold_widths: bool = True
    """Full-width letters and digits become half-width ones, half-width kana full-width ones."""
    keep_duplicates: bool = False
    """Whether a section that stands word for word in several documents is kept each time, not the first time alone."""


class GeneralRecipe(Noun):
    """`[general]`: text that has nothing to do with the company, to replay and to measure what is forgotten."""

    path: str = ""
    """A file or a folder of `.txt`, `.md` or `.jsonl` (`{"text": …}`), below the project's; the bundled passages of
    other organisations where it is empty."""
    label: Label = Label.PUBLIC
    """Of what `path` names."""
    licence: str = "unknown"
    """Of what `path` names."""
    held_out: float = Field(default=0.1, gt=0, lt=1)
    """Share of the texts that is only measured."""
    language: Literal["ja", "en"] = "ja"
    """Of the bundled passages."""
