"""Documents → corpus."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..core.artifact import Artifact
from ..core.document import Document
from ..core.mistakes import Mistake, nearest
from ..core.run import Run
from ..core.stage import Stage
from .curation import Kept, judged, ledger_row, memo_key, without_idle_headings
from .recipe import CorpusRecipe
from .rules import PROFILES, Rule

STEPS = ("read", "passed the rules", "no exact duplicates")


@dataclass
class Funnel:
    """Documents, sections and characters that are left after each step."""

    counts: dict[str, Counter[str]] = field(default_factory=lambda: {step: Counter() for step in STEPS})

    def add(self, step: str, sections: int, characters: int) -> None:
        if sections:
            self.counts[step].update(documents=1, sections=sections, characters=characters)

    def as_facts(self) -> list[dict[str, Any]]:
        names = ("documents", "sections", "characters")
        return [{"step": step, **{name: count[name] for name in names}} for step, count in self.counts.items()]


def curate(recipe: CorpusRecipe, documents: Artifact, run: Run) -> Artifact:
    """Judges every section by the profile of its source and drops exact duplicates.

    Rows: `corpus`: `id`, `text`, `source`, `label`, `groups`, `licence`, `sections`, one row a document; `ledger`:
    every section that was dropped, by which rule, why, and how it begins.

    Args:
        documents: An artifact with rows `documents`, of which everything may be trained on.

    Raises:
        Mistake: a source names a profile that does not exist; or nothing is left.
    """
    ledger: list[dict[str, Any]] = []
    funnel = Funnel()
    count = run.write("corpus", _rows(recipe, documents, ledger, funnel, run))
    if not count:
        raise Mistake(
            f"nothing is left of {funnel.counts['read']['sections']} sections",
            where=documents.id,
            hint='choose another `profile` in [[sources]]; "plain" drops nothing that says something',
        )
    run.write("ledger", ledger)
    run.facts(
        funnel=funnel.as_facts(),
        dropped=dict(sorted(Counter(row["rule"] for row in ledger).items())),
        dropped_characters=sum(row["characters"] for row in ledger),
    )
    # What was dropped is no part of what a model learns.
    return run.seal(derived=["ledger.jsonl"])


def _rows(
    recipe: CorpusRecipe, documents: Artifact, ledger: list[dict[str, Any]], funnel: Funnel, run: Run
) -> Iterator[dict[str, Any]]:
    # In order of ids, so that which of two equal sections is the first does not depend on the order of the sources.
    inputs = sorted(documents.rows("documents", Document), key=lambda document: document.id)
    advance = run.progress("judging", len(inputs), "documents")
    first: dict[str, tuple[str, str]] = {}
    for document in inputs:
        advance(1)
        rules = _profile(document)
        result = run.memo.get(memo_key(document, recipe, rules), functools.partial(judged, document, recipe, rules))
        kept = [Kept(*each) for each in result["kept"]]
        funnel.add("read", len(document.sections), len(document.text))
        funnel.add("passed the rules", len(kept), sum(len(each.text) for each in kept))
        ledger += result["dropped"]
        if not recipe.keep_duplicates:
            kept = _without_duplicates(kept, document, first, ledger)
        kept, idle = without_idle_headings(kept, document)
        ledger += [
            ledger_row(document.id, section, "heading_alone", "nothing is left below it", section.heading)
            for section in idle
        ]
        funnel.add("no exact duplicates", len(kept), sum(len(each.text) for each in kept))
        if text := "".join(each.text for each in kept).strip():
            yield {
                "id": document.id,
                "text": text,
                "source": document.source,
                "label": document.label.value,
                "groups": list(document.groups),
                "licence": document.licence,
                "sections": [each.section for each in kept],
            }


def _without_duplicates(
    kept: list[Kept], document: Document, first: dict[str, tuple[str, str]], ledger: list[dict[str, Any]]
) -> list[Kept]:
    """Sections that stand in no document before this one.

    Twice in one document they stay: they stand under different headings there, and mean different things.
    """
    by_id = {section.id: section for section in document.sections}
    stay = []
    for each in kept:
        of, other = first.setdefault(each.key, (document.id, each.section)) if each.key else (document.id, "")
        if of == document.id:
            stay.append(each)
        else:
            ledger.append(
                ledger_row(document.id, by_id[each.section], "exact_duplicate", f"the same as {other}", each.text)
            )
    return stay


def _profile(document: Document) -> tuple[Rule, ...]:
    name = document.metadata.get("profile", "handbook")
    if name not in PROFILES:
        raise Mistake(
            f"no profile `{name}`", where=f"`profile` of [[sources]] `{document.source}`", hint=nearest(name, PROFILES)
        )
    return PROFILES[name]


STAGE = Stage(name="corpus", kind="corpus", function=curate, format=1)
