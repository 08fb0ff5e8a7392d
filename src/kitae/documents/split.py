"""What may be trained on: what the model's users may read, without what unseen suites ask about, and its copies."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..core.document import Document, Section
from ..core.label import Label, may_read
from ..core.mistakes import Mistake
from ..core.suite import Evidence, Suite, squeeze
from ..core.task import TaskRecipe
from .markdown import inline
from .near import NearCopies
from .recipe import SplitRecipe

SHORTEST_SENTENCE = 20
"""Squeezed characters. A shorter sentence stands in many places by chance: 前項の規定を準用する。"""
SHORTEST_SECTION = 40
"""Characters of a section that can be drawn by lot: a shorter one holds nothing to ask about."""

_SENTENCE_END = re.compile(r"(?<=[。！？!?])|(?<=．)(?![0-9０-９])|(?<=[.!?])\s+(?=[A-Z])|\n")
_ITEM_MARK = re.compile(
    r"^\s*(?:[-*+・•]|[0-9０-９]{1,2}[.)．]|[（(][0-9０-９一二三四五六七八九十]{1,3}[)）]|[①-⑳])\s*"
)


@dataclass(frozen=True)
class Held:
    """A section that is kept out of training."""

    section: str
    reason: str
    """`label`, `groups`, `evidence`, `same document`, `same sentence`, `near-copy` or `lot`."""
    why: str
    """For people: `evidence of dy-001`, `near-copy of X (0.83)`."""


@dataclass(frozen=True)
class Quote:
    """A quote that a suite names as evidence, and the sections where it stands."""

    suite: str
    question: str
    evidence: Evidence
    sections: tuple[str, ...]
    sentences: tuple[str, ...]
    """The sentences around it, squeezed."""
    why_not: str = ""
    """Why it was not found."""


class Pages:
    """Documents in the squeezed form in which quotes are looked for."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.documents = documents
        self.sections = {section.id: (document, section) for document in documents for section in document.sections}
        self.texts = {
            section.id: squeeze(document.section_text(section)) for document, section in self.sections.values()
        }

    def bodies(self) -> dict[str, str]:
        """The squeezed text below each heading."""
        return {name: squeeze(document.body_text(section)) for name, (document, section) in self.sections.items()}

    def locate(self, suite: str, question: str, evidence: Evidence) -> Quote:
        """The sections where a quote stands; with the right heading if there are such, else all in its file.

        Evidence without a quote is everything under its heading.
        """
        named = [document for document in self.documents if _is_file(document, evidence.file)]
        places: list[tuple[str, ...]] = []
        for wanted in _ways(evidence.quote):
            places = [place for document in named for place in self._places(document, wanted)]
            if places:
                break
        heading = squeeze(evidence.heading)
        if not squeeze(evidence.quote):
            places = [(section.id,) for document in named for section in document.sections]
            places = [place for place in places if self._is_under(place[0], heading)]
        exact = [place for place in places if any(self._is_under(name, heading) for name in place)]
        chosen = tuple(dict.fromkeys(name for place in exact or places for name in place))
        why_not = "" if chosen else "it does not stand there" if named else "no document has this name"
        sentences = tuple(dict.fromkeys(each for name in chosen for each in self._sentences(name, evidence.quote)))
        return Quote(suite, question, evidence, chosen, sentences, why_not)

    def _places(self, document: Document, wanted: str) -> Iterator[tuple[str, ...]]:
        """For each occurrence in a document the sections that it lies in: one, or several that it spans."""
        names = [section.id for section in document.sections]
        whole = "".join(self.texts[name] for name in names)
        start = whole.find(wanted)
        while wanted and start >= 0:
            end, place, inside = start + len(wanted), 0, []
            for name in names:
                following = place + len(self.texts[name])
                if place < end and following > start:
                    inside.append(name)
                place = following
            yield tuple(inside)
            start = whole.find(wanted, start + 1)

    def _is_under(self, name: str, heading: str) -> bool:
        _, section = self.sections[name]
        return bool(heading) and heading in (squeeze(each) for each in (section.heading, *section.path))

    def _sentences(self, name: str, quote: str) -> Iterator[str]:
        document, section = self.sections[name]
        wanted = squeeze(quote)
        pieces = _SENTENCE_END.split(document.body_text(section))
        around = [piece for piece in pieces if wanted and wanted in squeeze(piece)] or [quote]
        # The same sentence is another item elsewhere, or none.
        bare = (squeeze(_ITEM_MARK.sub("", piece)) for piece in around)
        yield from (sentence for sentence in bare if len(sentence) >= SHORTEST_SENTENCE)


def check_learnable(task: TaskRecipe, recipe: SplitRecipe) -> None:
    """Refuses a task whose pairs are above what training may see: a model would have their label.

    Raises:
        Mistake: its label is higher than `recipe.label`, or one of `recipe.groups` may not read it.
    """
    shut_out = [group for group in recipe.groups if not may_read((group,), task.groups)]
    if shut_out or not task.label.may_go_to(recipe.label):
        why = f"{shut_out[0]} may not read them" if shut_out else f"they are `{task.label}`"
        raise Mistake(
            f"the pairs of the task `{task.name}` may not be trained on: {why}",
            where="[[tasks]] and [split] in kitae.toml",
            hint=f"training sees up to `{recipe.label}` for {', '.join(recipe.groups)}: change either, or leave it out",
        )


def beyond_reach(pages: Pages, label: Label, groups: Collection[str]) -> list[Held]:
    """Sections of documents above a label, and of those that one of these groups may not read."""
    held = []
    for document in pages.documents:
        shut_out = [group for group in groups if not may_read((group,), document.groups)]
        if not document.label.may_go_to(label):
            held += [Held(s.id, "label", f"{document.label}; trained on up to {label}") for s in document.sections]
        elif shut_out:
            held += [Held(s.id, "groups", f"{shut_out[0]} may not read it") for s in document.sections]
    return held


def same_documents(held: Sequence[Held], pages: Pages) -> list[Held]:
    """The other sections of the documents that these sections are of."""
    taken = {each.section for each in held}
    touched = {pages.sections[name][0].id for name in taken}
    return [
        Held(section.id, "same document", f"in a document with evidence: {document.id}")
        for document in pages.documents
        if document.id in touched
        for section in document.sections
        if section.id not in taken
    ]


def held_for(suites: Iterable[Suite], pages: Pages) -> tuple[list[Held], list[Quote]]:
    """Sections with evidence of the suites and other sections with the same sentences; and every quote."""
    quotes = [
        pages.locate(suite.name, question.id, evidence)
        for suite in suites
        for question in suite.questions
        for evidence in question.evidence
    ]
    held: dict[str, Held] = {}
    for quote in quotes:
        for name in quote.sections:
            held.setdefault(name, Held(name, "evidence", f"evidence of {quote.question}"))
    sentences = {sentence: quote.question for quote in quotes for sentence in quote.sentences}
    for name, text in pages.texts.items():
        found = next((sentence for sentence in sentences if sentence in text), "")
        if found and name not in held:
            held[name] = Held(name, "same sentence", f"has the sentence that is evidence of {sentences[found]}")
    return list(held.values()), quotes


def drawn(pages: Pages, share: float) -> list[Held]:
    """A share of the sections, chosen by the hash of their ids: the same ones on every machine and in every order.

    At least one of them where the share is not 0 and there are two that can be drawn.
    """
    can = [name for name, (of, section) in pages.sections.items() if len(of.body_text(section)) >= SHORTEST_SECTION]
    lots = {name: int(hashlib.sha256(name.encode()).hexdigest()[:12], 16) / 16**12 for name in can}
    chosen = [name for name in can if lots[name] < share]
    if not chosen and share > 0 and len(can) > 1:
        chosen = [min(can, key=lambda name: lots[name])]
    return [Held(name, "lot", f"drawn by lot ({share:g} of the sections)") for name in chosen]


def near_copies(held: Sequence[Held], pages: Pages, at_least: float) -> list[Held]:
    """Sections anywhere that are near-copies of those held."""
    bodies = pages.bodies()
    taken = {each.section for each in held}
    nearest = NearCopies({name: bodies[name] for name in bodies if name in taken})
    found = []
    for name, text in bodies.items():
        if name in taken:
            continue
        other, containment = nearest.nearest(text)
        if containment >= at_least:
            found.append(Held(name, "near-copy", f"near-copy of {other} ({containment:.2f})"))
    return found


def with_sections(document: Document, wanted: Collection[str]) -> Document | None:
    """The document with these sections alone, under their old ids; `None` where nothing but headings would be left."""
    sections: list[Section] = []
    pieces: list[str] = []
    length = 0
    for section in document.sections:
        if section.id not in wanted:
            continue
        shift = length - section.start
        sections.append(
            section.model_copy(
                update={"start": section.start + shift, "end": section.end + shift, "body": section.body + shift}
            )
        )
        pieces.append(document.section_text(section))
        length += section.end - section.start
    text = "".join(pieces).rstrip()
    if sections:
        last = sections[-1]
        sections[-1] = last.model_copy(update={"end": len(text), "body": min(last.body, len(text))})
    rest = document.model_copy(update={"text": text, "sections": tuple(sections)})
    return rest if any(_says_something(rest.body_text(section)) for section in rest.sections) else None


def _says_something(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _is_file(document: Document, file: str) -> bool:
    wanted = unicodedata.normalize("NFC", file).strip("/")
    return document.id == wanted or document.id.endswith(f"/{wanted}")


def _ways(quote: str) -> Iterator[str]:
    """The quote as it is, and as the Markdown reader would have read it."""
    yield squeeze(quote)
    yield squeeze(" ".join(inline(line) for line in quote.splitlines()))
