"""The bundled reading practice → dialogues: reading across the words that people use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..core.dialogue import Dialogue, Message
from ..core.label import EVERYONE, Label
from ..core.noun import digest
from ..core.passage import Passage, Retriever
from ..core.reading import LICENCE, Reading, readings, shelf
from ..engine.grounding import abstain, answer_with_citation, grounded
from .everyday import share
from .recipe import InstructRecipe

FEWER = 0.25
"""Share of the prompts that show one passage less than the recipe allows: a search does not always find as many."""


@dataclass(frozen=True)
class _Pair:
    """A passage and what is asked about it."""

    passage: Passage
    reading: Reading

    @property
    def told(self) -> list[tuple[str, str]]:
        """Questions and answers that stand in the passage."""
        return [(each.question, each.answer) for each in self.reading.questions if not each.derived]


@dataclass(frozen=True)
class _Asked:
    """A question, the passage it is about, and the answer: empty where the passages shown do not tell."""

    question: str
    about: Passage
    answer: str = ""


def practice(
    recipe: InstructRecipe, retrieve: Callable[[Iterable[Passage]], Retriever]
) -> tuple[list[Dialogue], list[Dialogue]]:
    """At most `recipe.practice` dialogues to learn and `recipe.apart` further ones, in an order that hashes decide.

    Passages of one document are shown together, as a search in a company's documents finds them: what tells them apart
    is what they say, not whose they are. All that is asked about them is asked with the same passages shown, so that
    training computes these once. What is apart is about other documents than what is learnt.
    """
    if not recipe.practice and not recipe.apart:
        return [], []
    pairs = [_Pair(*pair) for pair in zip(shelf(recipe.language), readings(recipe.language), strict=True)]
    retriever = retrieve(pair.passage for pair in pairs)
    binders = _binders(pairs)
    order = iter(sorted(binders, key=lambda name: share("practice", *name)))
    learnt = _first(recipe, recipe.practice, order, binders, retriever)
    return learnt, _first(recipe, recipe.apart, order, binders, retriever)


def _first(
    recipe: InstructRecipe,
    count: int,
    order: Iterator[tuple[str, str]],
    binders: Mapping[tuple[str, str], Sequence[_Pair]],
    retriever: Retriever,
) -> list[Dialogue]:
    """So many dialogues of the next binders; what is left of the last one is left out."""
    found: list[Dialogue] = []
    while len(found) < count and (name := next(order, None)) is not None:
        found += _of_binder(recipe, binders[name], retriever)
    return found[:count]


def _binders(pairs: Sequence[_Pair]) -> dict[tuple[str, str], list[_Pair]]:
    """Passages of one document; those of documents of which there is one passage, by their domain."""
    titles = Counter(pair.reading.title for pair in pairs)
    binders: dict[tuple[str, str], list[_Pair]] = {}
    for pair in pairs:
        title = pair.reading.title
        binders.setdefault(("title", title) if titles[title] > 1 else ("domain", pair.reading.domain), []).append(pair)
    return binders


def _of_binder(recipe: InstructRecipe, binder: Sequence[_Pair], retriever: Retriever) -> Iterator[Dialogue]:
    pairs = sorted(binder, key=lambda pair: share("together", pair.passage.id))
    key = pairs[0].passage.id
    count = recipe.passages if share("fewer", key) >= FEWER else max(1, recipe.passages - 1)
    for start in range(0, len(pairs), count):
        together = pairs[start : start + count]
        siblings = [pair for pair in pairs if pair not in together]
        yield from _family(recipe, together, siblings, _shown(together, count, retriever))


def _family(
    recipe: InstructRecipe, together: Sequence[_Pair], siblings: Sequence[_Pair], shown: Sequence[Passage]
) -> Iterator[Dialogue]:
    """Everything that is asked with these passages shown, the unanswerable ones in the recipe's share."""
    told = [_Asked(question, pair.passage, answer) for pair in together for question, answer in pair.told]
    expected = [_Asked(question, pair.passage) for pair in together for question in pair.reading.unanswerable]
    # Of another passage that lies near, which a search might have found and did not.
    missed = [_Asked(question, pair.passage) for pair in siblings for question, _ in pair.told]
    key = together[0].passage.id
    wanted = len(told) * recipe.unanswerable / (1 - recipe.unanswerable)
    count = int(wanted) + (share("open", key) < wanted % 1)
    open_ = sorted(expected, key=_hashed) + sorted(missed, key=_hashed)[: len(expected)]
    for each in [*told, *sorted(open_, key=_hashed)[:count]]:
        yield _dialogue(recipe, each, shown)


def _hashed(asked: _Asked) -> float:
    return share("asked", asked.question)


def _shown(together: Sequence[_Pair], count: int, retriever: Retriever) -> Sequence[Passage]:
    """The passages themselves, and where they are too few what a search for their questions finds in other documents.

    In an order that a hash decides.
    """
    own = [pair.passage for pair in together]
    titles = tuple({pair.reading.title for pair in together})
    others: list[Passage] = []
    if len(own) < count:
        question = " ".join(each.question for pair in together for each in pair.reading.questions)
        hits = retriever.search(question, k=4 * count + 8, groups=[EVERYONE])
        others = [hit.passage for hit in hits if not hit.passage.heading.startswith(titles)]
    chosen = [*own, *others[: count - len(own)]]
    return sorted(chosen, key=lambda passage: share("order", own[0].id, passage.id))


def _dialogue(recipe: InstructRecipe, asked: _Asked, shown: Sequence[Passage]) -> Dialogue:
    """An empty answer: the passages shown do not tell."""
    if asked.answer:
        reply = answer_with_citation(asked.answer, [shown.index(asked.about) + 1])
    else:
        reply = abstain(recipe.language)
    prompt = grounded(asked.question, shown, language=recipe.language)
    return Dialogue(
        id=f"practice-{digest([asked.about.id, asked.question, [each.id for each in shown]])[:12]}",
        messages=(*prompt, Message(role="assistant", content=reply)),
        kind="practice" if asked.answer else "unanswerable.practice",
        question=asked.question,
        answer=asked.answer,
        answerable=bool(asked.answer),
        passages=tuple(each.id for each in shown),
        gold=(asked.about.id,) if asked.answer else (),
        made_from=(asked.about.section,),
        label=Label.PUBLIC,
        groups=(EVERYONE,),
        licence=LICENCE,
    )
