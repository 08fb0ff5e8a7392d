"""What a person decides about documents: where they lie, what they may be used for, what is kept out of training."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..core.label import EVERYONE, Label
from ..core.noun import Noun


class Source(Noun):
    """`[[sources]]`: a folder of documents, with one label, one licence and one profile."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    """Begins the ids of its documents."""
    path: str
    """The folder, as written: below the project's folder, or absolute."""
    profile: str = "handbook"
    """Which rules of the corpus judge it."""
    label: Label = Label.INTERNAL
    """How far its documents may go."""
    groups: tuple[str, ...] = (EVERYONE,)
    """Who may read them."""
    licence: str = "own"
    """On what terms the company has them."""
    exclude: tuple[str, ...] = ()
    """Globs of files to leave out, below the folder; `*` also crosses `/`."""


class ReadRecipe(Noun):
    """Files → documents."""

    sources: tuple[Source, ...]
    """The folders to read."""


class SplitRecipe(Noun):
    """`[split]`: what may not be trained on."""

    label: Label = Label.RESTRICTED
    """The highest label that is trained on: a model has the highest label of all that it learnt from."""
    groups: tuple[str, ...] = (EVERYONE,)
    """Who is to use the model: what one of these groups may not read is not trained on."""
    unit: Literal["section", "document"] = "section"
    """What is held out with the evidence of an unseen suite: its section, or the whole document."""
    held_out: float = Field(default=0.1, ge=0.0, lt=1.0)
    """Share of the sections that is kept out of training where the project has no suite at all."""
    near_copy: float = Field(default=0.5, gt=0.0, le=1.0)
    """From which containment of character 5-grams a section counts as a copy of one that is kept out."""
    not_found: float = Field(default=0.2, ge=0.0, le=1.0)
    """Up to which share of a suite's quotes may be missing from the documents before the run stops."""
