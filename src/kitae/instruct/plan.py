"""How many dialogues of each sort, and which: the recipe's shares over what the documents hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from ..core.dialogue import Dialogue
from ..core.passage import Passage
from .assemble import Maker
from .choose import CAPS, balanced
from .everyday import share
from .facts import Fact
from .recipe import InstructRecipe
from .unanswerable import Open, Topic, about_nothing, asked_more, carried_over, of_relatives, thinned

TURNS = 2
"""A fact is asked at most so often with an answer: the second time in other words, among other passages."""
AWKWARD = 2
"""From this rank on a fact is asked only where there are too few others."""
SORTS = {"removed": 0.4, "other": 0.3, "outside": 0.15, "nothing": 0.15}
"""Shares of the unanswerable."""


@dataclass(frozen=True)
class Numbers:
    """How many of each."""

    answered: int
    unanswerable: int
    closed: int


def numbers(recipe: InstructRecipe, facts: int) -> Numbers:
    """The recipe's shares of its budget; where there are too few facts, of what they suffice for."""
    room = 1 - recipe.unanswerable - recipe.closed
    answered = min(recipe.dialogues - round(recipe.dialogues * (1 - room)), facts * TURNS)
    total = min(recipe.dialogues, round(answered / room))
    return Numbers(answered, round(total * recipe.unanswerable), min(round(total * recipe.closed), facts))


def planned(
    recipe: InstructRecipe, facts: Sequence[Fact], topics: Sequence[Topic], passages: Sequence[Passage], maker: Maker
) -> Iterator[Dialogue]:
    """All dialogues, each once."""
    wanted = numbers(recipe, len(facts))
    seen: set[str] = set()
    for dialogue in (
        *_answered(facts, wanted.answered, maker),
        *_unanswerable(facts, topics, passages, wanted.unanswerable, maker),
        *_closed(facts, wanted.closed, maker),
    ):
        if dialogue.id not in seen:
            seen.add(dialogue.id)
            yield dialogue


def _answered(facts: Sequence[Fact], count: int, maker: Maker) -> Iterator[Dialogue]:
    """Each natural fact once, then in other words, and only then the awkward ones."""
    natural = [fact for fact in facts if fact.candidate.rank < AWKWARD]
    first = balanced(natural, count, capped=True)
    again = balanced([fact for fact in first if fact.candidate.kind not in CAPS], count - len(first))
    asked = [*((fact, 0) for fact in first), *((fact, 1) for fact in again)]
    known = {fact.key for fact in first}
    left = [fact for fact in balanced(facts, len(facts)) if fact.key not in known]
    asked += [(fact, 0) for fact in sorted(left, key=lambda f: f.candidate.rank >= AWKWARD)]
    asked += [(fact, 1) for fact in first if fact.candidate.kind in CAPS]
    for fact, turn in asked[:count]:
        yield maker.answered(fact, turn)


def _unanswerable(
    facts: Sequence[Fact], topics: Sequence[Topic], passages: Sequence[Passage], count: int, maker: Maker
) -> list[Dialogue]:
    """Of each sort its share; what one sort lacks, the next makes up for."""
    facts = [fact for fact in facts if fact.candidate.rank < AWKWARD]
    chosen = sorted(balanced(facts, max(count, len(facts) // 2)), key=lambda f: share("unanswerable", f.key))
    # Half of the questions are word for word those that are answered elsewhere: only the passages differ.
    removed = (d for f in chosen if (d := maker.removed(f, int(2 * share("same words", f.key)) * TURNS)) is not None)
    nothing = (maker.nothing_found(f, TURNS + 1) for f in reversed(chosen))
    # Each is looked for through all passages, so no more are made than may be needed.
    other = [*islice(carried_over(facts, topics, passages), 2 * count), *of_relatives(facts, passages)]
    more = list(islice(asked_more(topics, passages), 4 * count))
    made: list[Dialogue] = []
    made += _some(_opened(_mixed(thinned(other), thinned(more)), maker), round(count * SORTS["other"]))
    made += _some(_opened(thinned(about_nothing(passages), a_section=count), maker), round(count * SORTS["outside"]))
    made += _some(nothing, round(count * SORTS["nothing"]))
    return made + _some(removed, count - len(made))


def _mixed(one: Sequence[Open], two: Sequence[Open]) -> list[Open]:
    """In turns, the first kind first."""
    pairs = [each for pair in zip(one, two, strict=False) for each in pair]
    return [*pairs, *one[len(two) :], *two[len(one) :]]


def _opened(questions: Iterable[Open], maker: Maker) -> Iterator[Dialogue]:
    return (dialogue for question in questions if (dialogue := maker.open(question)) is not None)


def _some(found: Iterator[Dialogue], count: int) -> list[Dialogue]:
    kept: list[Dialogue] = []
    questions: set[str] = set()
    for dialogue in found:
        if len(kept) >= count:
            break
        if dialogue.question not in questions:
            questions.add(dialogue.question)
            kept.append(dialogue)
    return kept


def _closed(facts: Sequence[Fact], count: int, maker: Maker) -> Iterator[Dialogue]:
    plain = [
        fact for fact in facts if fact.candidate.rank < 2 and fact.candidate.kind not in ("list", "condition", "faq")
    ]
    chosen = balanced(sorted(plain, key=lambda f: share("closed", f.key)), count)
    return (maker.closed(fact) for fact in chosen)
