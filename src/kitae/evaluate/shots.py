"""Worked examples for the prompt, chosen the same way every time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from ..core.dialogue import Dialogue
from ..core.mistakes import Mistake
from ..core.noun import digest
from .normalise import letters
from .recipe import Way


def chosen_shots(
    dialogues: Iterable[Dialogue], count: int, *, way: Way, asked: Iterable[str] = ()
) -> tuple[Dialogue, ...]:
    """`count` dialogues of as many kinds as there are, the first of them unanswerable (from two shots on).

    Only dialogues that ask in the same way are taken (with passages or without), and of each kind the shorter half
    first: every token of an example is paid with every question. Questions of a suite are left out.

    Raises:
        Mistake: there are not so many.
    """
    if not count:
        return ()
    forbidden = {letters(question) for question in asked}
    shows = way in ("retrieval", "given")
    pool = [each for each in dialogues if bool(each.passages) == shows and letters(each.question) not in forbidden]
    declined = _in_turns([each for each in pool if not each.answerable])[: 1 if count > 1 else 0]
    answered = _in_turns([each for each in pool if each.answerable])[: count - len(declined)]
    if len(declined) + len(answered) < count:
        raise Mistake(
            f"{count} examples are wanted for the prompt, and {len(declined) + len(answered)} dialogues can serve",
            hint="ask for fewer `shots`, or make more dialogues",
        )
    return (*declined, *answered)


def task_shots(dialogues: Iterable[Dialogue], count: int, *, characters: int) -> tuple[Dialogue, ...]:
    """At most `count` pairs of a task, of as many outputs as there are, which together have at most so many characters.

    At least one: a base model does not know what is wanted otherwise.
    """
    chosen: list[Dialogue] = []
    for each in _in_turns(list(dialogues), by=lambda each: each.answer)[:count]:
        characters -= _length(each)
        if chosen and characters < 0:
            break
        chosen.append(each)
    return tuple(chosen)


def _in_turns(dialogues: list[Dialogue], *, by: Callable[[Dialogue], str] = lambda each: each.kind) -> list[Dialogue]:
    """One of each kind, then a second of each, and so on; of a kind the shortest first.

    Ties are broken by content, so that the order of the dialogues does not matter.
    """
    kinds: dict[str, list[Dialogue]] = defaultdict(list)
    for each in sorted(dialogues, key=lambda each: (_shows_one(each), _length(each), _order(each))):
        kinds[by(each)].append(each)
    turns = [(turn, each) for group in kinds.values() for turn, each in enumerate(group)]
    return [each for _, each in sorted(turns, key=lambda entry: entry[0])]


def _shows_one(dialogue: Dialogue) -> bool:
    """With a single passage the citation is always [1], which is all that a reader would learn from it."""
    return len(dialogue.passages) == 1


def _length(dialogue: Dialogue) -> int:
    return sum(len(message.content) for message in dialogue.messages)


def _order(dialogue: Dialogue) -> str:
    return digest([message.content for message in dialogue.messages])
