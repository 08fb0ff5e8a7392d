"""What a course reads, as examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ..core.artifact import Artifact
from ..core.dialogue import Dialogue
from ..core.memo import Memo
from ..core.mistakes import Mistake
from ..core.preference import Preference
from ..engine.chat import Renderer
from .example import (
    Example,
    dialogues_as_examples,
    fitting,
    fitting_pairs,
    pairs_as_examples,
    share_of,
    texts_as_examples,
)
from .packing import shuffled
from .recipe import PreferRecipe, PretrainRecipe, TuneRecipe
from .shards import tokenised
from .views import Cut, Joined, Picked

SHOWN: Final = 20
"""Dialogues that are kept beside their tokens, to be looked at."""


@dataclass(frozen=True)
class Data:
    """Examples to learn and examples to measure, and where they come from. Tokens stay on disk until they are asked."""

    examples: Sequence[Example]
    held_out: Sequence[Example]
    renderer: Renderer
    too_long: list[str] = field(default_factory=list)
    """Ids of what is longer than a row and was left out."""
    dialogues: Sequence[Dialogue] = ()
    """The first `SHOWN` that are learnt."""
    origin: Callable[[int], str] = lambda place: ""
    """For the place of an example, which artifact it is of."""
    general: Sequence[Example] = ()
    """General text, to measure what is forgotten."""
    asked: Mapping[str, float] = field(default_factory=dict)
    """Of artifacts that are mixed in, which share of all tokens is to be theirs."""


def texts(recipe: PretrainRecipe, model: Artifact, corpus: Artifact, general: Artifact, memo: Memo) -> Data:
    """The rows `corpus` and `held_out` of both; of general text as much is learnt as `replay` says.

    Args:
        memo: Remembers what was tokenised; the same for the other courses.

    Raises:
        Mistake: there is no text, or not enough general text.
    """
    renderer = Renderer(model.folder)
    own, held_out = _texts(recipe.sequence, renderer, corpus, memo)
    if not any(example.targets for example in own):
        raise Mistake("there is no token to learn", where=corpus.id, hint="the corpus is empty; see its ledger")
    other, measured = _texts(recipe.sequence, renderer, general, memo)
    everything = Joined([own, replay(own, other, recipe.replay, where=general.id)])

    def origin(place: int) -> str:
        return (corpus, general)[everything.part(place)].id

    asked = {general.id: recipe.replay}
    return Data(everything, held_out, renderer, general=measured, origin=origin, asked=asked)


def replay(own: Sequence[Example], general: Sequence[Example], share: float, *, where: str = "") -> Sequence[Example]:
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
    places, repeats = [], []
    for place in shuffled(len(general), 0, 0):
        more = rest > 0
        rest -= len(general[place])
        if repeat := int(times) + more:
            places.append(place)
            repeats.append(repeat)
    return Picked(general, places, repeats)


def _texts(sequence: int, renderer: Renderer, corpus: Artifact, memo: Memo) -> tuple[Cut, Cut]:
    """What is learnt of these texts and what is held out, in pieces of at most `sequence` tokens."""

    def read(name: str) -> Cut:
        if not corpus.has(name):
            return Cut([], sequence)
        rows = tokenised(memo, corpus, name, renderer, lambda: texts_as_examples(corpus.raw(name), renderer))
        return Cut(rows, sequence)

    return read("corpus"), read("held_out")


def dialogues(
    recipe: TuneRecipe, model: Artifact, sources: Sequence[Artifact], memo: Memo, *, general: Artifact | None = None
) -> Data:
    """The rows `dialogues` and `held_out`, with the assistant's replies learnt.

    Args:
        general: General text, whose row `held_out` is measured; none of it is learnt.

    Raises:
        Mistake: a dialogue without a token to learn, or none that is short enough.
    """
    renderer = Renderer(model.folder)

    def read(source: Artifact, name: str) -> Sequence[Example]:
        def made() -> Iterator[Example]:
            return dialogues_as_examples(source.rows(name, Dialogue), renderer)

        return tokenised(memo, source, name, renderer, made)

    everything = Joined([read(source, "dialogues") for source in sources])
    chosen = Picked(everything, share_of(everything, recipe.share))
    learnt = fitting(chosen, recipe.sequence)
    apart = Joined([read(source, "held_out") for source in sources if source.has("held_out")])
    held_out = fitting(apart, recipe.sequence) if apart else None

    def origin(place: int) -> str:
        return sources[everything.part(chosen.places[learnt.places[place]])].id

    return Data(
        Picked(chosen, learnt.places),
        Picked(apart, held_out.places) if held_out else (),
        renderer,
        learnt.too_long + (held_out.too_long if held_out else []),
        _shown(sources, [each.id for each in chosen[:SHOWN]]),
        origin,
        _measured(general, recipe.sequence, renderer, memo),
    )


def _measured(general: Artifact | None, sequence: int, renderer: Renderer, memo: Memo) -> Sequence[Example]:
    return _texts(sequence, renderer, general, memo)[1] if general else ()


def _shown(sources: Sequence[Artifact], ids: Sequence[str]) -> list[Dialogue]:
    """The dialogues of these ids, which are in the order of the sources."""
    wanted = set(ids)
    found: list[Dialogue] = []
    for source in sources:
        for row in source.rows("dialogues", Dialogue):
            if len(found) == len(ids):
                return found
            if row.id in wanted:
                found.append(row)
    return found


def pairs(
    recipe: PreferRecipe, model: Artifact, source: Artifact, memo: Memo, *, general: Artifact | None = None
) -> Data:
    """The rows `pairs` and `held_out`, each pair as two examples.

    Args:
        general: As for `dialogues`.

    Raises:
        Mistake: there is no pair, or none that is short enough.
    """
    renderer = Renderer(model.folder)

    def read(name: str) -> Sequence[Example]:
        def made() -> Iterator[Example]:
            return pairs_as_examples(source.rows(name, Preference), renderer)

        return tokenised(memo, source, name, renderer, made)

    everything, apart = read("pairs"), read("held_out")
    if not everything:
        raise Mistake(
            f"there is no pair to learn; {len(apart) // 2} are held out",
            where=source.id,
            hint="raise `questions` in [pairs], or set it to 0: then there is no course of preferences",
        )
    learnt, held_out = (fitting_pairs(each, recipe.sequence) for each in (everything, apart))
    if not learnt.places:
        what = f"all {len(learnt.too_long)} pairs are longer than {recipe.sequence} tokens"
        raise Mistake(what, where=source.id, hint="raise `sequence` in [train.prefer]")
    too_long = learnt.too_long + held_out.too_long
    return Data(
        Picked(everything, learnt.places),
        Picked(apart, held_out.places),
        renderer,
        too_long,
        general=_measured(general, recipe.sequence, renderer, memo),
    )
