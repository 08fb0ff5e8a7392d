"""What a course reads, as examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..core.artifact import Artifact
from ..core.dialogue import Dialogue
from ..core.mistakes import Mistake
from ..core.preference import Preference
from ..engine.chat import Renderer
from .example import (
    Dialogues,
    Example,
    dialogues_as_examples,
    pairs_as_examples,
    share_of,
    texts_as_examples,
)
from .recipe import PreferRecipe, PretrainRecipe, TuneRecipe


@dataclass(frozen=True)
class Data:
    """Examples to learn and examples to measure, and where they come from."""

    examples: Sequence[Example]
    held_out: Sequence[Example]
    renderer: Renderer
    too_long: list[str] = field(default_factory=list)
    """Ids of what is longer than a row and was left out."""
    dialogues: Sequence[Dialogue] = ()
    origin: dict[str, str] = field(default_factory=dict)
    """For each example's id, which artifact it is of."""


def texts(recipe: PretrainRecipe, model: Artifact, corpus: Artifact) -> Data:
    """The rows `corpus` and `held_out`.

    Raises:
        Mistake: there is no text.
    """
    renderer = Renderer(model.folder)
    examples, held_out = (
        list(texts_as_examples(corpus.raw(name), renderer, recipe.sequence)) if corpus.has(name) else []
        for name in ("corpus", "held_out")
    )
    if not any(example.targets for example in examples):
        raise Mistake("there is no token to learn", where=corpus.id, hint="the corpus is empty; see its ledger")
    return Data(examples, held_out, renderer, origin={example.id: corpus.id for example in examples})


def dialogues(recipe: TuneRecipe, model: Artifact, sources: Sequence[Artifact]) -> Data:
    """The rows `dialogues` and `held_out`, with the assistant's replies learnt.

    Raises:
        Mistake: a dialogue without a token to learn, or none that is short enough.
    """
    renderer = Renderer(model.folder)
    of = {source.id: list(source.rows("dialogues", Dialogue)) for source in sources}
    rows = share_of([row for own in of.values() for row in own], recipe.share)
    made = dialogues_as_examples(rows, renderer, recipe.sequence)
    apart = [row for each in sources if each.has("held_out") for row in each.rows("held_out", Dialogue)]
    held_out = dialogues_as_examples(apart, renderer, recipe.sequence) if apart else Dialogues([], [])
    origin = {row.id: source for source, own in of.items() for row in own}
    return Data(made.examples, held_out.examples, renderer, made.too_long + held_out.too_long, rows, origin)


def pairs(recipe: PreferRecipe, model: Artifact, source: Artifact) -> Data:
    """The rows `pairs` and `held_out`, each pair as two examples.

    Raises:
        Mistake: no pair is short enough.
    """
    renderer = Renderer(model.folder)
    made, held_out = (
        pairs_as_examples(source.rows(name, Preference), renderer, recipe.sequence) for name in ("pairs", "held_out")
    )
    if not made.examples:
        what = f"all {len(made.too_long)} pairs are longer than {recipe.sequence} tokens"
        raise Mistake(what, where=source.id, hint="raise `sequence` in [train.prefer]")
    return Data(made.examples, held_out.examples, renderer, made.too_long + held_out.too_long)
