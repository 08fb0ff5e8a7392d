"""What is sent to a rented node to be trained on: sealed artifacts, named one by one, and never a document's file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from ..core.artifact import Artifact
from ..core.label import Label
from ..core.mistakes import Mistake
from ..core.noun import Noun
from ..core.store import Store

INPUTS = "train.inputs.json"


@dataclass(frozen=True)
class Learning:
    """What one model learns from: all that its courses take."""

    model: Artifact
    dialogues: tuple[Artifact, ...]
    corpus: Artifact | None = None
    """Only where there is continued pretraining."""
    general: Artifact | None = None
    """Measured by each course, and learnt beside the corpus."""
    tuned: bool = False
    """Whether `model` is tuned already, so that preferences alone are learnt."""
    pairs: Artifact | None = None
    """Of these, where they are made already; else they are asked for with the dialogues."""

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        others = (self.corpus, self.general, self.pairs)
        return (self.model, *(each for each in others if each), *self.dialogues)


class Named(Noun):
    """An artifact by its id and what is in it."""

    id: str
    content: str


class LearningFrom(Noun):
    """`Learning`, as it is written down."""

    model: Named
    dialogues: tuple[Named, ...]
    corpus: Named | None = None
    general: Named | None = None
    tuned: bool = False
    pairs: Named | None = None


class Inputs(Noun):
    """`train.inputs.json`: what each model learns from, and the label of the documents that it was all made of."""

    format: Literal[1] = 1
    label: Label
    models: dict[str, LearningFrom]


def inputs_of(learning: Mapping[str, Learning], label: Label) -> Inputs:
    """What is to be sent, from models by name and what they learn from."""

    def named(artifact: Artifact) -> Named:
        return Named(id=artifact.id, content=artifact.content)

    return Inputs(
        label=label,
        models={
            name: LearningFrom(
                model=named(each.model),
                dialogues=tuple(named(dialogues) for dialogues in each.dialogues),
                corpus=named(each.corpus) if each.corpus else None,
                general=named(each.general) if each.general else None,
                tuned=each.tuned,
                pairs=named(each.pairs) if each.pairs else None,
            )
            for name, each in learning.items()
        },
    )


def read_inputs(file: Path) -> Inputs:
    """
    Raises:
        Mistake: the file is missing or is not what `kitae train --job` wrote.
    """
    try:
        return Inputs.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):
        raise Mistake(
            "no list of inputs", where=str(file), hint="name the file that `kitae train --job` wrote"
        ) from None


def opened(written: LearningFrom, store: Store) -> Learning:
    """What a model learns from, every byte held against its seal: it has come over a network.

    Raises:
        Mistake: an artifact is missing, or is not the one that was sent.
    """
    return Learning(
        _open(written.model, store),
        tuple(_open(dialogues, store) for dialogues in written.dialogues),
        _open(written.corpus, store) if written.corpus else None,
        _open(written.general, store) if written.general else None,
        written.tuned,
        _open(written.pairs, store) if written.pairs else None,
    )


def _open(named: Named, store: Store) -> Artifact:
    artifact = store.named(named.id)
    wrong = artifact.edited()
    if wrong or artifact.content != named.content:
        raise Mistake(
            f"{named.id} is not what was sent: {', '.join(wrong) or 'its content differs'}",
            where=str(artifact.folder),
            hint="send it again",
        )
    return artifact
