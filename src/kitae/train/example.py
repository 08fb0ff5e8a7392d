"""Texts and dialogues as examples: tokens, and which of them are learnt."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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


def texts_as_examples(rows: Iterable[Mapping[str, Any]], renderer: Renderer, longest: int) -> Iterator[Example]:
    """Rows with `id` and `text`, every token learnt; a text longer than `longest` tokens becomes several examples."""
    for row in rows:
        yield from pieces(str(row["id"]), np.array(renderer.plain(row["text"]), np.int32), longest)


def pieces(id: str, tokens: npt.NDArray[np.int32], longest: int) -> Iterator[Example]:
    """A text in pieces of nearly equal length, none longer than `longest` (at least 2).

    The last token of a piece stands once more at the start of the next, where it is not learnt again: so every token
    but the text's first is learnt exactly once, each with something before it.
    """
    if len(tokens) <= longest:
        yield Example(id, tokens, np.ones(len(tokens), np.bool_))
        return
    count = -(-(len(tokens) - 1) // (longest - 1))
    cuts = [number * (len(tokens) - 1) // count for number in range(count + 1)]
    for number, (start, end) in enumerate(pairwise(cuts)):
        learnt = np.ones(end - start + 1, np.bool_)
        learnt[0] = number == 0
        yield Example(f"{id}+{number}", tokens[start : end + 1], learnt)


@dataclass(frozen=True, slots=True)
class Dialogues:
    """Dialogues as examples, and the ids of those that are longer than the recipe allows."""

    examples: list[Example]
    too_long: list[str]


def dialogues_as_examples(dialogues: Iterable[Dialogue], renderer: Renderer, longest: int) -> Dialogues:
    """Dialogues with the assistant's replies learnt. None is cut: one that is too long is left out and named.

    Raises:
        Mistake: there is no dialogue, none is short enough, or one has nothing to learn.
    """
    examples, too_long, mute = [], [], []
    for dialogue in dialogues:
        rendered = renderer.dialogue(dialogue.messages)
        tokens, learnt = np.array(rendered.tokens, np.int32), np.array(rendered.learnt, np.bool_)
        example = Example(dialogue.id, tokens, learnt, dialogue.repeat)
        if len(example) > longest:
            too_long.append(example.id)
        elif not example.targets:
            mute.append(example.id)
        else:
            examples.append(example)
    if mute:
        raise Mistake(
            f"{len(mute)} of {len(examples) + len(too_long) + len(mute)} dialogues have no token to learn",
            where=named(mute),
            hint="`kitae show dialogues/NAME --mask` shows what is learnt; mend or leave out these",
        )
    if not examples:
        where = named(too_long) if too_long else ""
        what = f"all {len(too_long)} dialogues are longer than {longest} tokens" if too_long else "no dialogue to learn"
        raise Mistake(what, where=where, hint="raise `sequence` in [train.tune], or make dialogues with less in them")
    return Dialogues(examples, too_long)


def pairs_as_examples(pairs: Iterable[Preference], renderer: Renderer, longest: int) -> Dialogues:
    """Each pair as two examples, the better answer first. A pair that is too long for a row is left out and named."""
    examples, too_long = [], []
    for pair in pairs:
        both = [_answered(pair, answer, which, renderer) for answer, which in ((pair.better, "+"), (pair.worse, "-"))]
        if row_tokens(both) > longest:
            too_long.append(pair.id)
        else:
            examples += both
    return Dialogues(examples, too_long)


def _answered(pair: Preference, answer: str, which: str, renderer: Renderer) -> Example:
    rendered = renderer.dialogue((*pair.messages, Message(role="assistant", content=answer)))
    # Earlier turns of the assistant are the same in both: only the last reply is compared.
    learnt = np.array(rendered.learnt, np.bool_)
    learnt[: len(renderer.prompt(pair.messages))] = False
    return Example(f"{pair.id}{which}", np.array(rendered.tokens, np.int32), learnt)


def share_of(dialogues: Sequence[Dialogue], share: float) -> Sequence[Dialogue]:
    """A share of the dialogues, by the hashes of their ids: a smaller share is part of a larger one."""
    if share == 1:
        return dialogues
    order = sorted(range(len(dialogues)), key=lambda index: hashlib.sha256(dialogues[index].id.encode()).digest())
    chosen = sorted(order[: max(1, round(share * len(dialogues)))])
    return [dialogues[index] for index in chosen]


def named(ids: Sequence[str]) -> str:
    """The first of the ids, and how many more there are."""
    return ", ".join(ids[:NAMED]) + (f" and {len(ids) - NAMED} more" if len(ids) > NAMED else "")
