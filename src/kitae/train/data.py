"""What a course reads, as examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

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
from .packing import shuffled
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
    general: Sequence[Example] = ()
    """General text, to measure what is forgotten."""


def texts(recipe: PretrainRecipe, model: Artifact, corpus: Artifact, general: Artifact) -> Data:
    """The rows `corpus` and `held_out` of both; of general text as much is learnt as `replay` says.

    Raises:
        Mistake: there is no text, or not enough general text.
    """
    renderer = Renderer(model.folder)
    own, held_out = _texts(recipe, renderer, corpus)
    if not any(example.targets for example in own):
        raise Mistake("there is no token to learn", where=corpus.id, hint="the corpus is empty; see its ledger")
    other, measured = _texts(recipe, renderer, general)
    replayed = replay(own, other, recipe.replay, where=general.id)
    origin = {each.id: source.id for examples, source in ((own, corpus), (replayed, general)) for each in examples}
    return Data([*own, *replayed], held_out, renderer, general=measured, origin=origin)


def replay(own: Sequence[Example], general: Sequence[Example], share: float, *, where: str = "") -> list[Example]:
    """General examples, in an order that does not depend on the project, that make up this share of all tokens.

    Where there are too few for that, each is repeated within an epoch.

    Raises:
        Mistake: there are none.
    """
    wanted = share / (1 - share) * sum(map(len, own))
    if not wanted:
        return []
    there = sum(map(len, general))
    if not there:
        raise Mistake("there is no general text to replay", where=where, hint="set `replay = 0`, or name some")
    times, rest = divmod(wanted, there)
    found = []
    for index in shuffled(len(general), 0, 0):
        more = rest > 0
        rest -= len(general[index])
        if repeat := int(times) + more:
            found.append(replace(general[index], repeat=repeat))
    return found


def _texts(recipe: PretrainRecipe, renderer: Renderer, corpus: Artifact) -> tuple[list[Example], list[Example]]:
    learnt, held_out = (
        list(texts_as_examples(corpus.raw(name), renderer, recipe.sequence)) if corpus.has(name) else []
        for name in ("corpus", "held_out")
    )
    return learnt, held_out


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
