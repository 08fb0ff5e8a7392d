"""One document → what of it is training text, and why not the rest."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..core.document import Document, Section
from ..core.noun import digest
from ..core.suite import squeeze
from .fold import fold_widths
from .recipe import CorpusRecipe
from .rules import Piece, Rule, judge

FORMAT = 1
"""Counted up when the same document and rules would give something else than before; part of what is remembered."""
SAMPLE = 80
"""Characters of a dropped section that the ledger shows."""


@dataclass(frozen=True)
class Kept:
    """A section that passed the rules."""

    section: str
    text: str
    """Heading and body, folded."""
    key: str
    """The same for sections that say the same word for word."""
    structural: bool
    """A heading with nothing below it but further headings."""


def memo_key(document: Document, recipe: CorpusRecipe, rules: tuple[Rule, ...]) -> dict[str, Any]:
    """What the result of `judged` depends on. A rule's numbers are part of its `repr`."""
    return {
        "curate": FORMAT,
        "document": digest([document.id, document.text, [section.model_dump() for section in document.sections]]),
        "fold": recipe.fold_widths,
        "rules": [repr(rule) for rule in rules],
    }


def judged(document: Document, recipe: CorpusRecipe, rules: tuple[Rule, ...]) -> dict[str, Any]:
    """The sections of a document that pass the rules, and ledger rows of the others, as JSON.

    A heading that has nothing of its own below it is no section to be judged: it stays while something below it does.
    """
    kept: list[list[Any]] = []
    dropped: list[dict[str, Any]] = []
    for section in document.sections:
        text = document.section_text(section)
        body = document.body_text(section)
        if section.heading and not body:
            kept.append([section.id, _folded(text, recipe), "", True])
            continue
        verdict = judge(Piece(section.heading, body), rules)
        if verdict.keep:
            kept.append([section.id, _folded(text, recipe), _key(text), False])
        else:
            dropped.append(ledger_row(document.id, section, verdict.rule, verdict.detail, text))
    return {"kept": kept, "dropped": dropped}


def ledger_row(document: str, section: Section, rule: str, detail: str, text: str) -> dict[str, Any]:
    """What the ledger says about a dropped section."""
    return {
        "document": document,
        "section": section.id,
        "rule": rule,
        "detail": detail,
        "sample": text.strip()[:SAMPLE],
        "characters": len(text),
    }


def without_idle_headings(kept: Sequence[Kept], document: Document) -> tuple[list[Kept], list[Section]]:
    """Kept sections without headings that nothing is left below; and those headings."""
    by_id = {section.id: section for section in document.sections}
    needed: set[tuple[str, ...]] = set()
    stay: list[Kept] = []
    idle: list[Section] = []
    for each in reversed(kept):
        path = by_id[each.section].path
        if each.structural and path not in needed:
            idle.append(by_id[each.section])
            continue
        # The same heading further up, in a list of contents say, is not the one that is needed.
        needed.discard(path)
        needed |= {path[:length] for length in range(1, len(path))}
        stay.append(each)
    return stay[::-1], idle[::-1]


def _folded(text: str, recipe: CorpusRecipe) -> str:
    return fold_widths(text) if recipe.fold_widths else text


def _key(text: str) -> str:
    return hashlib.sha256(squeeze(text).encode()).hexdigest()
