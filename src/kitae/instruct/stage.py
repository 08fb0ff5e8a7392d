"""documents + passages → dialogues."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from ..core.artifact import Artifact
from ..core.dialogue import Dialogue
from ..core.document import Document, Section
from ..core.mistakes import Mistake
from ..core.passage import Passage, Retriever
from ..core.reading import LICENCE, version
from ..core.run import Run
from ..core.stage import Stage
from ..core.suite import Suite
from .assemble import Library, Maker, held_out
from .candidate import Candidate, Dropped
from .extract import context_of, extract, repeated_topics, view_of
from .facts import Fact, proven_by
from .forbidden import Forbidden
from .plan import planned
from .practice import practice
from .recipe import InstructRecipe
from .unanswerable import Topic

EXTRACTION = 1
"""Format of what is remembered of a section; counted up when an extractor or a gate changes."""


def make(
    recipe: InstructRecipe,
    documents: Artifact,
    passages: Artifact,
    retrieve: Callable[[Iterable[Passage]], Retriever],
    run: Run,
    suites: Sequence[Artifact] = (),
) -> Artifact:
    """Makes dialogues from documents, without any model.

    Args:
        documents: Rows `documents`: only such as may be trained on.
        passages: Rows `passages`; those of other sections are never shown.
        retrieve: Opens a search over passages; it is used for passages that look right and are wrong.
        suites: Rows `suite`: a dialogue whose question is nearly one of theirs is dropped.

    Returns:
        An artifact with the rows `dialogues`, `held_out` (for measuring the loss), `apart` where the recipe keeps some
        for `[pairs]`, and `ledger` (what was dropped, why).

    Raises:
        Mistake: the documents hold nothing that can be asked.
    """
    read = list(documents.rows("documents", Document))
    trainable = {section.id for document in read for section in document.sections}
    library = Library.of(passages.rows("passages", Passage), trainable, retrieve)
    facts, topics, ledger = _facts(read, library, run)
    shown = list(library.passages.values())
    forbidden = Forbidden(q.question for suite in suites for row in suite.rows("suite", Suite) for q in row.questions)
    own = planned(recipe, facts, topics, shown, Maker(recipe, library))
    practised, apart = practice(recipe, retrieve)
    made, apart = (_clean(dialogues, forbidden, ledger) for dialogues in ([*own, *practised], apart))
    if not made:
        raise Mistake(
            "the documents hold nothing that can be asked",
            where=documents.id,
            hint="see why in `ledger.jsonl` of this run; add documents with articles, tables, numbers or questions",
        )
    held = held_out(made, recipe.held_out)
    run.write("dialogues", (d for d in made if d.id not in held))
    run.write("held_out", (d for d in made if d.id in held))
    if apart:
        run.write("apart", apart)
    run.write("ledger", ledger)
    run.facts(**_told(made, held, facts, ledger))
    # Suites are only looked at, so that nothing is learnt that they ask: their label is not the dialogues'.
    bundled = any(dialogue.licence == LICENCE for dialogue in made)
    run.label(documents.label, documents.groups, [*documents.licences, *([LICENCE] if bundled else [])])
    return run.seal()


def _clean(dialogues: Iterable[Dialogue], forbidden: Forbidden, ledger: list[dict[str, Any]]) -> list[Dialogue]:
    """Those whose question is not nearly one of a suite."""
    clean = []
    for dialogue in dialogues:
        if forbidden.like(dialogue.question):
            ledger.append({"section": dialogue.made_from[0], **_contaminated(dialogue).model_dump()})
        else:
            clean.append(dialogue)
    return clean


def _contaminated(dialogue: Dialogue) -> Dropped:
    """Without the words of the suite: they are to stand nowhere near training data."""
    return Dropped(reason="nearly a question of a suite", kind=dialogue.kind, question=dialogue.question, quote="")


def _facts(
    documents: Iterable[Document], library: Library, run: Run
) -> tuple[list[Fact], list[Topic], list[dict[str, Any]]]:
    """Everything that can be asked, the topics, and what was dropped."""
    by_section: dict[str, list[Passage]] = {}
    for passage in library.passages.values():
        by_section.setdefault(passage.section, []).append(passage)
    sections = [(document, section) for document in documents for section in document.sections]
    advance = run.progress("asking", len(sections), "sections")
    facts: list[Fact] = []
    topics: list[Topic] = []
    ledger: list[dict[str, Any]] = []
    twice = {document.id: repeated_topics(document) for document, _ in sections}
    for document, section in sections:
        own = tuple(by_section.get(section.id, ()))
        context = context_of(document, section, twice[document.id])
        if context.topic and own:
            topics.append(Topic(context.topic, section.id, own))
        kept, dropped = _remembered(document, section, twice[document.id], run)
        for candidate in kept:
            if gold := proven_by(candidate, own):
                facts.append(Fact(section.id, document, context, candidate, gold))
            else:
                why = "no single passage holds question and answer"
                dropped.append(_dropped(candidate, why))
        ledger += [{"section": section.id, **each.model_dump()} for each in dropped]
        advance(1)
    return _distinct(facts, ledger), topics, ledger


def _distinct(facts: list[Fact], ledger: list[dict[str, Any]]) -> list[Fact]:
    """Without questions that another section answers otherwise: whichever was meant, half of the answers are wrong."""
    answers: dict[str, set[str]] = {}
    for fact in facts:
        for way in fact.candidate.questions:
            answers.setdefault(way, set()).add(fact.candidate.answer)
    kept: list[Fact] = []
    for fact in facts:
        ways = tuple(way for way in fact.candidate.questions if len(answers[way]) == 1)
        if ways:
            kept.append(replace(fact, candidate=fact.candidate.model_copy(update={"questions": ways})))
        else:
            dropped = _dropped(fact.candidate, "another section answers the question otherwise")
            ledger.append({"section": fact.section, **dropped.model_dump()})
    return kept


def _remembered(
    document: Document, section: Section, twice: frozenset[str], run: Run
) -> tuple[list[Candidate], list[Dropped]]:
    """What one section gives; remembered by all it depends on, so that an edited document costs its own sections."""
    context = context_of(document, section, twice)
    key = {
        "what": "instruct.extract",
        "format": EXTRACTION,
        "packages": STAGE.versions(),
        "heading": section.heading,
        "kind": section.kind,
        "body": document.body_text(section),
        "context": [context.title, context.topic, context.chapter],
    }

    def extracted() -> dict[str, Any]:
        kept, dropped = extract(view_of(document, section, twice=twice))
        return {"kept": [c.model_dump() for c in kept], "dropped": [d.model_dump() for d in dropped]}

    found = run.memo.get(key, extracted)
    return (
        [Candidate.model_validate(row) for row in found["kept"]],
        [Dropped.model_validate(row) for row in found["dropped"]],
    )


def _dropped(candidate: Candidate, why: str) -> Dropped:
    return Dropped(reason=why, kind=candidate.kind, question=candidate.questions[0], quote=candidate.quote)


def _told(
    made: list[Dialogue], held: frozenset[str], facts: list[Fact], ledger: list[dict[str, Any]]
) -> dict[str, Any]:
    """What the artifact says of itself."""
    return {
        "dialogues": len(made) - len(held),
        "held_out": len(held),
        "kinds": dict(sorted(Counter(d.kind for d in made).items())),
        "answerable": round(sum(d.answerable for d in made) / len(made), 4),
        "sections": len({section for d in made for section in d.made_from}),
        "facts_found": len(facts),
        "facts_by_kind": dict(sorted(Counter(f.candidate.kind for f in facts).items())),
        "dropped": dict(sorted(Counter(_reason(row["reason"]) for row in ledger).items())),
        "characters": sum(len(m.content) for d in made for m in d.messages),
        "answer_characters": sum(len(d.messages[-1].content) for d in made),
    }


def _reason(told: str) -> str:
    """Reasons without their numbers, to count them by."""
    return "".join("n" if c.isdigit() else c for c in told).replace("nnn", "n").replace("nn", "n")


STAGE = Stage(
    name="instruct",
    kind="dialogues",
    function=make,
    format=4,
    packages=("sudachipy", "sudachidict-core"),
    exact=True,
    place=lambda: {"practice": version()},
)
