"""Whether a contender learns what it should: whole dialogues, the assistant's tokens alone, none seen by another.

Looks at the batches that were trained on and not at what a setting promises.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from job import Dialogue
from torch import Tensor

IGNORED = -100
"""transformers' label of a token that the loss does not count."""

LEAK = 1e-6
"""Relative difference that neighbours may make to a loss. Attention that is confined makes none at all."""

Batch = dict[str, Tensor]
"""`input_ids` and `labels`, both (rows, tokens), and `attention_mask` or `position_ids`."""


@dataclass(frozen=True)
class Place:
    """Where a dialogue stands in a batch."""

    dialogue: int
    row: int
    start: int
    end: int


def faults(batches: Sequence[Batch], dialogues: Sequence[Dialogue], loss: Callable[[Batch], float]) -> list[str]:
    """Why a contender is not correct; empty if it is.

    Args:
        batches: All that were trained on, in one epoch.
        loss: Mean loss of a batch, by the way that was trained with.
    """
    places = [find(batch, dialogues) for batch in batches]
    if any(each is None for each in places):
        return ["a row is not made of whole dialogues"]
    found = list(zip(batches, (each or [] for each in places), strict=True))
    reasons = [seen_unequally(found, dialogues), wrong_targets(found, dialogues), leak(found, loss)]
    return [each for each in reasons if each]


def find(batch: Batch, dialogues: Sequence[Dialogue]) -> list[Place] | None:
    """The dialogues of a batch, or `None` if anything else stands in it but padding at the end of a row."""
    by_tokens = {tuple(each.tokens): number for number, each in enumerate(dialogues)}
    lengths = sorted({len(each.tokens) for each in dialogues}, reverse=True)
    places = []
    for row, ids in enumerate(own_tokens(batch)):
        start = 0
        while start < len(ids):
            pieces = (tuple(ids[start : start + length]) for length in lengths)
            found = next((each for each in pieces if each in by_tokens), None)
            if found is None:
                return None
            places.append(Place(by_tokens[found], row, start, start + len(found)))
            start += len(found)
    return places


def own_tokens(batch: Batch) -> list[list[int]]:
    """The tokens of each row, without padding."""
    ids = batch["input_ids"]
    mask = batch.get("attention_mask")
    sizes = [ids.shape[1]] * len(ids) if mask is None else mask.sum(dim=1).tolist()
    return [row[:size].tolist() for row, size in zip(ids, sizes, strict=True)]


def seen_unequally(found: Sequence[tuple[Batch, list[Place]]], dialogues: Sequence[Dialogue]) -> str:
    """Why not each dialogue was learnt once; empty if it was."""
    seen = Counter(tuple(dialogues[place.dialogue].tokens) for _, places in found for place in places)
    wanted = Counter(tuple(each.tokens) for each in dialogues)
    if seen == wanted:
        return ""
    return (
        f"{(wanted - seen).total()} of {wanted.total()} dialogues were not learnt, {(seen - wanted).total()} too often"
    )


def wrong_targets(found: Sequence[tuple[Batch, list[Place]]], dialogues: Sequence[Dialogue]) -> str:
    """Why other tokens are learnt than the assistant's; empty if they are the same.

    The label at a place is what the place before it predicts, so the first of a row says nothing.
    """
    wrong = learnt = 0
    for batch, places in found:
        learnt += count_targets(batch)
        for place in places:
            labels = batch["labels"][place.row, place.start : place.end].tolist()
            dialogue = dialogues[place.dialogue]
            pairs = zip(dialogue.tokens, dialogue.learnt, strict=True)
            wanted = [token if is_learnt else IGNORED for token, is_learnt in pairs]
            # What stands before a dialogue's first token is another dialogue.
            wanted[0] = IGNORED if place.start else labels[0]
            wrong += labels != wanted
    targets = sum(dialogues[place.dialogue].targets for _, places in found for place in places)
    if wrong == 0 and learnt == targets:
        return ""
    return f"{learnt} tokens are learnt where the assistant says {targets}; {wrong} dialogues have other labels"


def count_targets(batch: Batch) -> int:
    return int((batch["labels"][:, 1:] != IGNORED).sum())


def leak(found: Sequence[tuple[Batch, list[Place]]], loss: Callable[[Batch], float]) -> str:
    """Why a dialogue is not learnt by itself; empty if it is, or if all are alone in their batches.

    The loss of the last dialogue of a batch must not move when all others become other texts. The batch with most
    dialogues in one row is tried, since there they could see one another.
    """
    batch, places = max(found, key=lambda each: max(Counter(place.row for place in each[1]).values()))
    if len(places) < 2:
        return ""
    last = max(places, key=lambda place: (place.start, place.row))
    labels = batch["labels"].new_full(batch["labels"].shape, IGNORED)
    labels[last.row, last.start : last.end] = batch["labels"][last.row, last.start : last.end]
    others = batch["input_ids"].clone()
    for place in places:
        if place != last:
            others[place.row, place.start : place.end] = others[place.row, place.start : place.end].flip(0)
    before = loss(batch | {"labels": labels})
    after = loss(batch | {"labels": labels, "input_ids": others})
    if abs(after - before) <= LEAK * abs(before):
        return ""
    return f"a dialogue sees its neighbours: its loss is {before:.6g} beside some and {after:.6g} beside others"
