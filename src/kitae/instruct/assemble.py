"""Facts and open questions → dialogues: which passages are shown, in which order, what is answered."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

from ..core.dialogue import Dialogue, Message
from ..core.label import EVERYONE, may_read
from ..core.passage import Passage, Retriever, labelled
from ..core.suite import squeeze
from ..engine.grounding import abstain, answer_with_citation, grounded
from .everyday import in_everyday_words, manner, pick, share
from .facts import NEARLY_ALL, Fact, might_answer, share_of_terms
from .recipe import InstructRecipe
from .unanswerable import Open

_JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龥]")
# How many prompts show fewer passages than the recipe allows: a search does not always find many.
FEWER = (0.1, 0.4)
"""Below the first: one passage; below the second: one less than all; else all."""


@dataclass(frozen=True)
class Library:
    """The passages that may be shown, and the search among them."""

    passages: dict[str, Passage] = field(repr=False)
    """By id; only those of sections that may be trained on."""
    retriever: Retriever = field(repr=False)
    groups: frozenset[str]

    @staticmethod
    def of(
        passages: Iterable[Passage], sections: Collection[str], retrieve: Callable[[Iterable[Passage]], Retriever]
    ) -> Library:
        own = {p.id: p for p in passages if p.section in sections}
        groups = frozenset({EVERYONE, *(group for p in own.values() for group in p.groups)})
        return Library(own, retrieve(own.values()), groups)

    def found(self, question: str, k: int) -> list[Passage]:
        """What a search finds, the best first."""
        hits = self.retriever.search(question, k=k, groups=self.groups)
        return [hit.passage for hit in hits]


@dataclass(frozen=True)
class Maker:
    """Makes dialogues of one kind each; the same input makes the same dialogue anywhere."""

    recipe: InstructRecipe
    library: Library

    def answered(self, fact: Fact, turn: int = 0) -> Dialogue:
        """The passage that answers among others that do not; the answer names it."""
        key = f"{fact.key}\0{turn}"
        way, question = self._asked(fact, key)
        gold = pick(fact.gold, key, "gold")
        wrong = self._wrong(fact, way, question, self._shown(key) - 1, near=gold)
        shown = _shuffled([gold, *wrong], key)
        number = shown.index(gold) + 1
        return self._dialogue(
            kind=fact.candidate.kind,
            question=question,
            answer=fact.candidate.answer,
            reply=answer_with_citation(fact.candidate.answer, [number]),
            shown=shown,
            gold=(gold,),
            made_from=(fact.section,),
        )

    def removed(self, fact: Fact, turn: int) -> Dialogue | None:
        """The same question without the passage that answers; `None` where the search finds nothing that is wrong."""
        key = f"{fact.key}\0{turn}"
        way, question = self._asked(fact, key)
        gold = pick(fact.gold, key, "gold")
        wrong = self._wrong(fact, way, question, self._shown(key + "removed"), near=gold)
        if not wrong:
            return None
        return self._refused("unanswerable.removed", question, _shuffled(wrong, key), (fact.section,))

    def nothing_found(self, fact: Fact, turn: int) -> Dialogue:
        """The search found nothing."""
        _, question = self._asked(fact, f"{fact.key}\0{turn}")
        return self._refused("unanswerable.nothing", question, [], (fact.section,), about=fact.gold[:1])

    def open(self, question: Open) -> Dialogue | None:
        """A question without an answer, with passages that look right; `None` where the search finds none."""
        key = f"{question.section}\0{question.question}"
        asked = manner(in_everyday_words(question.question, key), key)
        count = self._shown(key)
        shown = [pick(question.shown, key)] if question.shown else []
        for passage in self.library.found(asked, 4 * count + 8):
            fits = passage not in shown and (not shown or _may_stand_beside(passage, shown[0]))
            other = not question.section or share_of_terms(question.question, passage) < NEARLY_ALL
            if len(shown) < count and fits and other and not _same_text(passage, shown):
                shown.append(passage)
        if not shown:
            return None
        sections = (question.section,) if question.section else tuple(dict.fromkeys(p.section for p in shown))
        return self._refused(question.kind, asked, _shuffled(shown, key), sections)

    def closed(self, fact: Fact) -> Dialogue:
        """Without passages and without a citation: what a model is to know by heart."""
        key = f"{fact.key}\0closed"
        _, question = self._asked(fact, key)
        title = fact.context.title
        if squeeze(title) not in squeeze(question) and _JAPANESE.search(question) and share(key, "title") < 0.6:
            question = f"{title}では、{question}"
        gold = fact.gold[0]
        label, groups = labelled([gold])
        return Dialogue(
            id=_id("closed", question, (), fact.candidate.answer),
            messages=(*grounded(question, None), Message(role="assistant", content=fact.candidate.answer)),
            kind="closed",
            question=question,
            answer=fact.candidate.answer,
            answerable=True,
            made_from=(fact.section,),
            label=label,
            groups=groups,
            licence=gold.licence,
        )

    def _asked(self, fact: Fact, key: str) -> tuple[str, str]:
        """The way to ask in the document's words, and as somebody says it."""
        way = pick(fact.candidate.questions, key, "way")
        said = in_everyday_words(way, key, kept=fact.candidate.fact)
        title = fact.context.title
        if squeeze(title) not in squeeze(said) and _JAPANESE.search(said) and share(key, "title") < 0.08:
            said = f"{title}では、{said}"
        return way, manner(said, key)

    def _shown(self, key: str) -> int:
        drawn, most = share(key, "passages"), self.recipe.passages
        return 1 if drawn < FEWER[0] else max(1, most - 1) if drawn < FEWER[1] else most

    def _wrong(self, fact: Fact, way: str, question: str, count: int, *, near: Passage) -> list[Passage]:
        """Hard negatives: the best that the search finds and that do not answer, from other sections."""
        kept: list[Passage] = []
        if count < 1:
            return kept
        for passage in self.library.found(question, 4 * count + 8):
            if passage.section == fact.section or not _may_stand_beside(passage, near):
                continue
            if might_answer(passage, way, fact.candidate) or _same_text(passage, [near, *kept]):
                continue
            kept.append(passage)
            if len(kept) == count:
                break
        return kept

    def _refused(
        self,
        kind: str,
        question: str,
        shown: Sequence[Passage],
        sections: tuple[str, ...],
        *,
        about: Sequence[Passage] = (),
    ) -> Dialogue:
        return self._dialogue(
            kind=kind,
            question=question,
            answer="",
            reply=abstain(self.recipe.language),
            shown=shown,
            gold=(),
            made_from=sections,
            about=about,
        )

    def _dialogue(
        self,
        *,
        kind: str,
        question: str,
        answer: str,
        reply: str,
        shown: Sequence[Passage],
        gold: tuple[Passage, ...],
        made_from: tuple[str, ...],
        about: Sequence[Passage] = (),
    ) -> Dialogue:
        label, groups = labelled(shown or about)
        prompt = grounded(question, shown, language=self.recipe.language)
        return Dialogue(
            id=_id(kind, question, tuple(p.id for p in shown), reply),
            messages=(*prompt, Message(role="assistant", content=reply)),
            kind=kind,
            question=question,
            answer=answer,
            answerable=bool(gold),
            passages=tuple(p.id for p in shown),
            gold=tuple(p.id for p in gold),
            made_from=made_from,
            label=label,
            groups=groups,
            licence=" AND ".join(sorted({p.licence for p in shown or about})),
        )


def _id(kind: str, question: str, shown: tuple[str, ...], reply: str) -> str:
    return hashlib.sha256("\0".join((kind, question, *shown, reply)).encode()).hexdigest()[:16]


def _shuffled(passages: Sequence[Passage], key: str) -> list[Passage]:
    return sorted(passages, key=lambda passage: share(key, "order", passage.id))


def _may_stand_beside(passage: Passage, gold: Passage) -> bool:
    """Whether everybody who may read the gold passage may read this one, and no higher label comes in with it."""
    return passage.label <= gold.label and all(may_read((group,), passage.groups) for group in gold.groups)


def _same_text(passage: Passage, others: Sequence[Passage]) -> bool:
    """The same paragraph in two documents would be cited by two numbers."""
    text = squeeze(passage.text)
    return any(text in squeeze(other.text) or squeeze(other.text) in text for other in others)


def held_out(dialogues: Sequence[Dialogue], share_held: float) -> frozenset[str]:
    """Ids of the dialogues kept back: whole sections in an order that hashes decide, until the share is reached."""
    by_section: dict[str, list[str]] = {}
    for dialogue in dialogues:
        by_section.setdefault(dialogue.made_from[0], []).append(dialogue.id)
    held: set[str] = set()
    for section in sorted(by_section, key=lambda s: share("held out", s)):
        if len(held) + len(by_section[section]) <= round(share_held * len(dialogues)):
            held |= set(by_section[section])
    return frozenset(held)
