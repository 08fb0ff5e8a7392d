"""Texts and dialogues as examples: tokens, and which of them are learnt."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.dialogue import Dialogue, Message
from ..core.mistakes import Mistake
from ..core.preference import Preference
from ..engine.chat import Renderer

NAMED = 5
"""How many ids an error names."""

WORTH_SHARING = 16
"""A shared beginning that is shorter than this is computed twice: that is cheaper than looking it up."""


@dataclass(frozen=True, slots=True)
class Example:
    """A document's piece or a dialogue. Attention never leaves it."""

    id: str
    tokens: npt.NDArray[np.int32]
    learnt: npt.NDArray[np.bool_]
    """Whether the loss counts for predicting the token. The first is never predicted: nothing stands before it."""
    repeat: int = 1
    """How often it is learnt in an epoch."""

    @property
    def targets(self) -> int:
        """How many tokens the loss counts."""
        return int(self.learnt[1:].sum())

    @property
    def begins(self) -> int:
        """How many tokens stand before the first that is learnt; at most all but the last."""
        return int(np.argmax(self.learnt[1:])) + 1 if self.targets else max(0, len(self) - 1)

    def repeated(self, times: int) -> Example:
        """The same, learnt so often in an epoch."""
        return self if times == self.repeat else replace(self, repeat=times)

    def __len__(self) -> int:
        return len(self.tokens)


def shared(one: Example, other: Example) -> int:
    """How many tokens both begin with, up to the first that is learnt in either; 0 where that is too few."""
    most = min(one.begins, other.begins)
    differs = np.flatnonzero(one.tokens[:most] != other.tokens[:most])
    common = int(differs[0]) if len(differs) else most
    return common if common >= WORTH_SHARING else 0


def shared_with_previous(examples: Sequence[Example]) -> list[int]:
    """For each example of a row, how much of its beginning stands there already."""
    return [0, *(shared(one, other) for one, other in pairwise(examples))][: len(examples)]


def row_tokens(examples: Sequence[Example]) -> int:
    """How many tokens are computed when these examples stand in a row in this order."""
    return sum(map(len, examples)) - sum(shared_with_previous(examples))


def texts_as_examples(rows: Iterable[Mapping[str, Any]], renderer: Renderer) -> Iterator[Example]:
    """Rows with `id` and `text`, every token learnt, each text whole."""
    for row in rows:
        tokens = np.array(renderer.plain(row["text"]), np.int32)
        yield Example(str(row["id"]), tokens, np.ones(len(tokens), np.bool_))


def pieces_of(length: int, longest: int) -> int:
    """How many pieces a text of so many tokens is cut into, none longer than `longest` (at least 2)."""
    return 1 if length <= longest else -(-(length - 1) // (longest - 1))


def piece(text: Example, number: int, count: int) -> Example:
    """One of `count` pieces of nearly equal length, counted from 0.

    The last token of a piece stands once more at the start of the next, where it is not learnt again: so every token
    but the text's first is learnt exactly once, each with something before it.
    """
    if count == 1:
        return text
    start, end = (each * (len(text) - 1) // count for each in (number, number + 1))
    learnt = text.learnt[start : end + 1].copy()
    learnt[0] &= number == 0
    return Example(f"{text.id}+{number}", text.tokens[start : end + 1], learnt, text.repeat)


@dataclass(frozen=True, slots=True)
class Dialogues:
    """Places of the dialogues that are learnt, and the ids of those that are longer than the recipe allows."""

    places: list[int]
    too_long: list[str]


def dialogues_as_examples(dialogues: Iterable[Dialogue], renderer: Renderer) -> Iterator[Example]:
    """Dialogues with the assistant's replies learnt, of any length.

    Raises:
        Mistake: one has no reply of the assistant, or the template renders it so that its replies cannot be told.
    """
    for dialogue in dialogues:
        try:
            rendered = renderer.dialogue(dialogue.messages, dialogue.tools)
        except Mistake as mistake:
            where = ", ".join(filter(None, [f"dialogue {dialogue.id}", mistake.where]))
            raise Mistake(mistake.what, where=where, hint=mistake.hint) from None
        tokens, learnt = np.array(rendered.tokens, np.int32), np.array(rendered.learnt, np.bool_)
        yield Example(dialogue.id, tokens, learnt, dialogue.repeat)


def fitting(examples: Sequence[Example], longest: int) -> Dialogues:
    """Which dialogues fit into a row. None is cut: one that is too long is left out and named.

    Raises:
        Mistake: there is no dialogue, none is short enough, or one has nothing to learn.
    """
    places, too_long, mute = [], [], []
    for place, example in enumerate(examples):
        if len(example) > longest:
            too_long.append(example.id)
        elif not example.targets:
            mute.append(example.id)
        else:
            places.append(place)
    if mute:
        raise Mistake(
            f"{len(mute)} of {len(examples)} dialogues have no token to learn",
            where=named(mute),
            hint="`kitae show dialogues/NAME --mask` shows what is learnt; mend or leave out these",
        )
    if not places:
        where = named(too_long) if too_long else ""
        what = f"all {len(too_long)} dialogues are longer than {longest} tokens" if too_long else "no dialogue to learn"
        raise Mistake(what, where=where, hint="raise `sequence` in [train.tune], or make dialogues with less in them")
    return Dialogues(places, too_long)


def pairs_as_examples(pairs: Iterable[Preference], renderer: Renderer) -> Iterator[Example]:
    """Each pair as two examples, the better answer first."""
    for pair in pairs:
        for answer, which in ((pair.better, "+"), (pair.worse, "-")):
            yield _answered(pair, answer, which, renderer)


def fitting_pairs(examples: Sequence[Example], longest: int) -> Dialogues:
    """Which examples are of a pair that fits into a row together. A pair that does not is left out and named."""
    places, too_long = [], []
    for place in range(0, len(examples), 2):
        both = examples[place : place + 2]
        if row_tokens(both) > longest:
            too_long.append(both[0].id[:-1])
        else:
            places += [place, place + 1]
    return Dialogues(places, too_long)


def _answered(pair: Preference, answer: str, which: str, renderer: Renderer) -> Example:
    rendered = renderer.dialogue((*pair.messages, Message(role="assistant", content=answer)))
    # Earlier turns of the assistant are the same in both: only the last reply is compared.
    learnt = np.array(rendered.learnt, np.bool_)
    learnt[: len(renderer.prompt(pair.messages))] = False
    return Example(f"{pair.id}{which}", np.array(rendered.tokens, np.int32), learnt)


def share_of(examples: Sequence[Example], share: float) -> Sequence[int]:
    """Places of a share of the examples, by the hashes of their ids: a smaller share is part of a larger one."""
    places = range(len(examples))
    if share == 1:
        return places
    order = sorted(places, key=lambda place: hashlib.sha256(examples[place].id.encode()).digest())
    return sorted(order[: max(1, round(share * len(examples)))])


def named(ids: Sequence[str]) -> str:
    """The first of the ids, and how many more there are."""
    return ", ".join(ids[:NAMED]) + (f" and {len(ids) - NAMED} more" if len(ids) > NAMED else "")
