"""The bundled reading practice → dialogues: reading across the words that people use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from ..core.dialogue import Dialogue, Message
from ..core.label import EVERYONE, Label
from ..core.noun import digest
from ..core.passage import Passage, Retriever
from ..core.reading import LICENCE, Reading, readings, shelf
from ..engine.grounding import abstain, answer_with_citation, grounded
from .everyday import share
from .recipe import InstructRecipe

MISSED = 0.15
"""Share of the passages whose questions are asked with others shown: a search does not always find the right one. Less
where the recipe wants fewer unanswerable questions than that."""


def practice(recipe: InstructRecipe, retrieve: Callable[[Iterable[Passage]], Retriever]) -> list[Dialogue]:
    """At most `recipe.practice` dialogues, in an order that hashes decide.

    All questions about a passage are asked with the same passages shown, so that training computes these once.
    """
    if not recipe.practice:
        return []
    passages = shelf(recipe.language)
    retriever = retrieve(passages)
    pairs = zip(passages, readings(recipe.language), strict=True)
    order = sorted(pairs, key=lambda pair: share("practice", pair[0].id))
    asked = (dialogue for own, reading in order for dialogue in _family(recipe, own, reading, retriever))
    return list(islice(asked, recipe.practice))


def _family(recipe: InstructRecipe, own: Passage, reading: Reading, retriever: Retriever) -> Iterator[Dialogue]:
    """The questions about one passage, the unanswerable ones in the recipe's share."""
    told = [each for each in reading.questions if not each.derived]
    missed = share("missed", own.id) < min(MISSED, recipe.unanswerable)
    shown = _shown(recipe, own, reading, retriever, missed=missed)
    for each in told:
        yield _dialogue(recipe, own, shown, each.question, "" if missed else each.answer)
    if not missed:
        for question in reading.unanswerable[: _open(recipe, own, len(told))]:
            yield _dialogue(recipe, own, shown, question, "")


def _open(recipe: InstructRecipe, own: Passage, told: int) -> int:
    """How many unanswerable questions, so that with the missed ones they make up the recipe's share."""
    share_of_rest = max(0.0, (recipe.unanswerable - MISSED) / (1 - MISSED))  # 0 where MISSED is all of it
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
