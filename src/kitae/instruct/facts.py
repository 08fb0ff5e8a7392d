"""A candidate with the passages that prove it, and which other passages would answer it as well."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ..core.document import Document
from ..core.passage import Passage
from ..core.suite import squeeze
from .candidate import Candidate, Context
from .figures import figures
from .japanese import words

_GENERAL = re.compile(
    r"会社|従業員|社員|職員|場合|とき|こと|もの|ため|者|必要|事項|規定|規程|規則|人|次|以内"
    r"|以上|以下|未満|原則|どれ|何|何日|誰|どこ|いつ|いくら|うち|際|前|後|間|よう|それ|これ"
)
NEARLY_ALL = 0.66
"""A passage with this share of the question's terms is about the same matter."""
SOME = 0.34


@dataclass(frozen=True)
class Fact:
    """What can be asked, where it stands, and for whom."""

    section: str
    document: Document = field(repr=False)
    context: Context
    candidate: Candidate
    gold: tuple[Passage, ...]
    """Passages of the section that hold the whole answer."""

    @property
    def key(self) -> str:
        """What decides everything that is drawn for this fact."""
        return f"{self.section}\0{self.candidate.questions[0]}\0{self.candidate.fact}"


def proven_by(candidate: Candidate, passages: Iterable[Passage]) -> tuple[Passage, ...]:
    """The passages of a section that hold the quote, the fact and all anchors of a candidate."""
    needed = [squeeze(piece) for piece in (candidate.fact, *candidate.anchors)]
    if candidate.kind not in ("list", "table"):
        needed.append(squeeze(candidate.quote))
    return tuple(p for p in passages if all(piece in squeezed(p) for piece in needed))


@functools.lru_cache(maxsize=65536)
def _squeezed(text: str) -> str:
    return squeeze(text)


def squeezed(passage: Passage) -> str:
    """Heading and text without marks and white space."""
    return _squeezed(f"{passage.heading}\n{passage.text}")


@functools.lru_cache(maxsize=65536)
def units_in(text: str) -> frozenset[str]:
    """Classes of the values in a text."""
    flat = re.sub(r"[\s|]+", " ", text)
    return frozenset(figure.unit for figure in figures(flat))


@functools.lru_cache(maxsize=65536)
def key_terms(question: str) -> frozenset[str]:
    """Nouns that say what a question is about."""
    return frozenset(
        word.surface
        for word in words(question)
        if word.is_noun
        and not word.is_number
        and "助数詞" not in word.kind
        and len(word.surface) > 1
        and not _GENERAL.fullmatch(word.surface)
    )


def share_of_terms(question: str, passage: Passage) -> float:
    """How many of the question's terms a passage has, from 0 to 1; 1 for a question without terms."""
    terms = key_terms(question)
    if not terms:
        return 1.0
    text = squeezed(passage)
    return sum(squeeze(term) in text for term in terms) / len(terms)


def might_answer(passage: Passage, question: str, candidate: Candidate) -> bool:
    """Whether a passage that is shown as a wrong one could after all answer.

    It could when it holds the answer and some of the question's terms, or nearly all of the terms and a value of the
    same sort. Too careful rather than too bold: a negative that answers teaches the model to refuse.
    """
    shared = share_of_terms(question, passage)
    fact = _core(squeeze(candidate.fact))
    if fact in squeezed(passage) and shared >= SOME:
        return True
    if shared < NEARLY_ALL:
        return False
    figured = {
        "円",
        "日",
        "週",
        "月",
        "年",
        "時間",
        "歳",
        "回",
        "人",
        "泊",
        "率",
        "長さ",
        "重さ",
        "量",
        "個",
        "日付",
        "時刻",
    }
    return candidate.unit not in figured or candidate.unit in units_in(passage.text)


def _core(fact: str) -> str:
    """12時45分まで → 12時45分: what is left out elsewhere."""
    return re.sub(r"(?<=..)(?:以内|まで|以上|以下|未満|前|間)+$", "", fact)


def texts_about(topic: str, passages: Sequence[Passage]) -> list[str]:
    """Everything that names a topic."""
    wanted = squeeze(topic)
    return [f"{p.heading}\n{p.text}" for p in passages if wanted in squeezed(p)]
