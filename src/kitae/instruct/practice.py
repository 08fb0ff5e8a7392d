"""Reading practice: passages of other, invented companies with questions as people ask them.

What `extract` makes of a company's documents is asked in the words of these documents. People ask in others: the word
おじいちゃん stands in no rule. This set teaches a model to read across that gap, and to say so where the text does not
tell. It is our own writing and has nothing to do with any project's documents, so it may be mixed into all of them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import resources
from itertools import islice
from typing import Literal

from pydantic import TypeAdapter

from ..core.dialogue import Dialogue, Message
from ..core.label import EVERYONE, Label
from ..core.noun import Noun, digest
from ..core.passage import Passage, Retriever
from ..engine.grounding import abstain, answer_with_citation, grounded
from .everyday import share
from .recipe import InstructRecipe

Language = Literal["ja", "en"]
LANGUAGES: tuple[Language, ...] = ("ja", "en")
LICENCE = "Apache-2.0"
MISSED = 0.15
"""Share of the passages whose questions are asked with others shown: a search does not always find the right one."""


class Asked(Noun):
    """A question that the passage answers."""

    question: str
    answer: str
    derived: bool = False
    """Whether the answer has to be worked out: such a question is not learnt from."""


class Reading(Noun):
    """A passage and what is asked about it."""

    domain: str
    title: str
    heading: str
    text: str
    questions: tuple[Asked, ...]
    unanswerable: tuple[str, ...]
    """What somebody would expect to find there and does not."""


_Readings = TypeAdapter(tuple[Reading, ...])


@functools.cache
def readings(language: Language) -> tuple[Reading, ...]:
    """The bundled set."""
    lines = _file(language).splitlines()
    return _Readings.validate_json(f"[{','.join(lines)}]")


@functools.cache
def identity() -> dict[str, str]:
    """The set's own version, which dialogues depend on."""
    return {"practice": digest([_file(language) for language in LANGUAGES])[:16]}


def _file(language: Language) -> str:
    return (resources.files("kitae.instruct") / "practice" / f"{language}.jsonl").read_text(encoding="utf-8")


def practice(recipe: InstructRecipe, retrieve: Callable[[Iterable[Passage]], Retriever]) -> list[Dialogue]:
    """At most `recipe.practice` dialogues, in an order that hashes decide.

    All questions about a passage are asked with the same passages shown, so that training computes these once.
    """
    if not recipe.practice:
        return []
    read = {_passage(number, each).id: each for number, each in enumerate(readings(recipe.language))}
    shelf = {id: _passage(number, each) for number, (id, each) in enumerate(read.items())}
    retriever = retrieve(shelf.values())
    order = sorted(read, key=lambda id: share("practice", id))
    asked = (dialogue for id in order for dialogue in _family(recipe, shelf[id], read[id], retriever))
    return list(islice(asked, recipe.practice))


def _passage(number: int, reading: Reading) -> Passage:
    section = f"practice/{number:04d}.md#0"
    return Passage(
        id=f"{section}.0",
        document=section.partition("#")[0],
        section=section,
        heading=f"{reading.title} > {reading.heading}",
        text=reading.text,
        label=Label.PUBLIC,
        groups=(EVERYONE,),
        licence=LICENCE,
    )


def _family(recipe: InstructRecipe, own: Passage, reading: Reading, retriever: Retriever) -> Iterator[Dialogue]:
    """The questions about one passage, the unanswerable ones in the recipe's share."""
    told = [each for each in reading.questions if not each.derived]
    missed = share("missed", own.id) < MISSED
    shown = _shown(recipe, own, reading, retriever, missed=missed)
    for each in told:
        yield _dialogue(recipe, own, shown, each.question, "" if missed else each.answer)
    if not missed:
        for question in reading.unanswerable[: _open(recipe, own, len(told))]:
            yield _dialogue(recipe, own, shown, question, "")


def _open(recipe: InstructRecipe, own: Passage, told: int) -> int:
    """How many unanswerable questions, so that with the missed ones they make up the recipe's share."""
    share_of_rest = max(0.0, (recipe.unanswerable - MISSED) / (1 - MISSED))
    wanted = told * share_of_rest / (1 - share_of_rest)
    return int(wanted) + (share("open", own.id) < wanted % 1)


def _shown(
    recipe: InstructRecipe, own: Passage, reading: Reading, retriever: Retriever, *, missed: bool
) -> Sequence[Passage]:
    """The passage itself and what a search for its questions finds beside it, in an order that a hash decides."""
    question = " ".join(each.question for each in reading.questions)
    hits = retriever.search(question, k=2 * recipe.passages + 2, groups=[EVERYONE])
    others = [hit.passage for hit in hits if hit.passage.id != own.id]
    count = recipe.passages if share("fewer", own.id) > 0.25 else max(1, recipe.passages - 1)
    chosen = others[:count] if missed else [own, *others[: count - 1]]
    return sorted(chosen, key=lambda passage: share("order", own.id, passage.id))


def _dialogue(recipe: InstructRecipe, own: Passage, shown: Sequence[Passage], question: str, answer: str) -> Dialogue:
    """An empty answer: the passages shown do not tell."""
    reply = answer_with_citation(answer, [shown.index(own) + 1]) if answer else abstain(recipe.language)
    return Dialogue(
        id=f"practice-{digest([own.id, question, [each.id for each in shown]])[:12]}",
        messages=(*grounded(question, shown, language=recipe.language), Message(role="assistant", content=reply)),
        kind="practice" if answer else "unanswerable.practice",
        question=question,
        answer=answer,
        answerable=bool(answer),
        passages=tuple(each.id for each in shown),
        gold=(own.id,) if answer else (),
        made_from=(own.section,),
        label=Label.PUBLIC,
        groups=(EVERYONE,),
        licence=LICENCE,
    )
