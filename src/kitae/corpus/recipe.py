"""What a person decides about the training text."""

from __future__ import annotations

from ..core.noun import Noun


class CorpusRecipe(Noun):
    """`[corpus]`: documents → training text."""

    fold_widths: bool = True
    """Full-width letters and digits become half-width ones, half-width kana full-width ones."""
    keep_duplicates: bool = False
    """Whether a section that stands word for word in several documents is kept each time, not the first time alone."""
