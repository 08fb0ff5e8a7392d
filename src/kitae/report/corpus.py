"""From documents to training text: what there was, what was kept out, what was dropped, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..core.artifact import Artifact
from ..core.document import Document
from ..core.label import Label
from .bilingual import Both
from .story import Story

ALL, TRAINABLE = "all", "trainable"
SAMPLES = 3
"""Of what a rule dropped; all of it stands in the ledger."""
SECTIONS = 100
"""Of those held out that are named for one reason."""

_STEPS = {
    "read": Both("読み込んだ", "read"),
    "passed the rules": Both("規則を通った", "passed the rules"),
    "no exact duplicates": Both("同じ文章を除いた", "without exact duplicates"),
}
_REASONS = {
    "evidence": Both("評価の答えが書かれている", "holds the answer to a question of a suite"),
    "same sentence": Both("同じ文を含む", "has the same sentence"),
    "near-copy": Both("ほぼ同じ文章", "is a near-copy"),
    "same document": Both("そうした節のある文書", "is in a document with such a section"),
    "label": Both("学習に使う区分より上", "is above the label that training sees"),
    "groups": Both("使う人の全員が読めるわけではない", "may not be read by everybody who uses the model"),
    "lot": Both("くじで選んだ", "drawn by lot"),
}


@dataclass(frozen=True)
class ShownSource:
    """The documents of one source."""

    name: str
    documents: int
    sections: int
    characters: int
    labels: tuple[Label, ...]
    licences: tuple[str, ...]


@dataclass(frozen=True)
class Held:
    """Sections that training must not see, for one reason."""

    reason: Both
    count: int
    named: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class FunnelStep:
    """What is left after a step."""

    words: Both
    artifact: str
    documents: int
    sections: int
    characters: int
    share: float
    """Of the characters that there were at first."""


@dataclass(frozen=True)
class DroppedByRule:
    """What one rule of the corpus dropped."""

    rule: str
    count: int
    characters: int
    samples: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class ShownCorpus:
    """A corpus artifact, from the documents on."""

    artifact: Artifact
    funnel: tuple[FunnelStep, ...]
    dropped: tuple[DroppedByRule, ...]


@dataclass(frozen=True)
class Corpora:
    """The way from files to training text."""

    documents: Artifact | None
    trainable: Artifact | None
    sources: tuple[ShownSource, ...]
    skipped: tuple[Mapping[str, Any], ...]
    """Files that were not read, and why."""
    left_out: tuple[tuple[str, int], ...]
    """What readers take away from files (menus, comments …), in characters."""
    held_out: tuple[Held, ...]
    unfound: tuple[Mapping[str, Any], ...]
    """Quotes of suites that stand in no document, so that nothing is held out for them."""
    corpora: tuple[ShownCorpus, ...]

    @property
    def shown(self) -> bool:
        return self.documents is not None

    @property
    def sections_held_out(self) -> int:
        return sum(each.count for each in self.held_out)


def corpora(story: Story) -> Corpora:
    """What the stages `documents`, `split` and `corpus` wrote down."""
    documents, trainable = story.named("documents", ALL), story.named("documents", TRAINABLE)
    sources = _sources(documents.rows("documents", Document)) if documents else ()
    files = _rows(documents, "ledger")
    left_out: Counter[str] = Counter()
    for file in files:
        left_out.update(file.get("left_out", {}))
    return Corpora(
        documents=documents,
        trainable=trainable,
        sources=sources,
        skipped=tuple(row for row in files if row["outcome"] != "read"),
        left_out=tuple(left_out.most_common()),
        held_out=_held_out(_rows(trainable, "held_out")),
        unfound=tuple(row for row in _rows(trainable, "ledger") if row["outcome"] == "not found"),
        corpora=tuple(
            ShownCorpus(corpus, _funnel(documents, sources, trainable, corpus), _dropped(_rows(corpus, "ledger")))
            for corpus in story.of("corpus")
        ),
    )


def _rows(artifact: Artifact | None, name: str) -> list[dict[str, Any]]:
    return list(artifact.raw(name)) if artifact is not None and artifact.has(name) else []


def _sources(documents: Iterable[Document]) -> tuple[ShownSource, ...]:
    by_source: dict[str, list[Document]] = {}
    for document in documents:
        by_source.setdefault(document.source, []).append(document)
    return tuple(
        ShownSource(
            name=name,
            documents=len(same),
            sections=sum(len(each.sections) for each in same),
            characters=sum(len(each.text) for each in same),
            labels=tuple(sorted({each.label for each in same}, key=lambda label: label.rank)),
            licences=tuple(sorted({each.licence for each in same})),
        )
        for name, same in by_source.items()
    )


def _held_out(rows: Sequence[Mapping[str, Any]]) -> tuple[Held, ...]:
    reasons: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        reasons.setdefault(str(row["reason"]), []).append(row)
    return tuple(
        Held(_REASONS.get(reason, Both(reason, reason)), len(same), tuple(same[:SECTIONS]))
        for reason, same in reasons.items()
    )


def _funnel(
    documents: Artifact | None, sources: Sequence[ShownSource], trainable: Artifact | None, corpus: Artifact
) -> tuple[FunnelStep, ...]:
    """From all documents; the corpus begins with what the split left, so that step is named after it."""
    told = [dict(step) for step in corpus.facts.get("funnel", ())]
    words = [_STEPS.get(step["step"], Both(step["step"], step["step"])) for step in told]
    ids = [corpus.id for _ in told]
    if documents is not None:
        first = {
            name: sum(getattr(source, name) for source in sources) for name in ("documents", "sections", "characters")
        }
        if told and trainable is not None:
            words[0], ids[0] = Both("評価用を取り置いた残り", "without what is held out for measuring"), trainable.id
        told, words, ids = [first, *told], [Both("すべての文書", "all documents"), *words], [documents.id, *ids]
    most = max((step["characters"] for step in told), default=0) or 1
    return tuple(
        FunnelStep(each, id, step["documents"], step["sections"], step["characters"], step["characters"] / most)
        for each, id, step in zip(words, ids, told, strict=True)
    )


def _dropped(ledger: Sequence[Mapping[str, Any]]) -> tuple[DroppedByRule, ...]:
    rules: dict[str, list[Mapping[str, Any]]] = {}
    for row in ledger:
        rules.setdefault(str(row["rule"]), []).append(row)
    return tuple(
        DroppedByRule(rule, len(same), sum(row["characters"] for row in same), tuple(same[:SAMPLES]))
        for rule, same in sorted(rules.items(), key=lambda each: -len(each[1]))
    )
