"""Which facts become dialogues when there are more than the budget allows: balanced over sections and kinds."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from .everyday import share
from .facts import Fact

# How often a kind should be asked against the others. Numbers, dates and money are what people ask rules for.
WEIGHTS = {
    "faq": 4.0,
    "number": 3.0,
    "money": 3.0,
    "date": 3.0,
    "table": 3.0,
    "deadline": 2.5,
    "article": 2.5,
    "permission": 2.5,
    "who": 2.5,
    "paper": 1.5,
    "list": 1.5,
    "definition": 1.5,
    "system": 1.0,
    "condition": 1.0,
}


# Kinds that documents are full of, as a share of all that is asked; more only where nothing else is left.
CAPS = {"permission": 0.22, "condition": 0.08, "definition": 0.12, "list": 0.1, "table": 0.35}


def balanced(facts: Sequence[Fact], count: int, *, capped: bool = False) -> list[Fact]:
    """At most `count` facts: each section in turn gives the one whose kind is rarest so far, the awkward ones last.

    No section gives more than three times its share: one large table would fill the rest. The sections' order and all
    ties are decided by hashes, so that one more document moves little.

    Args:
        capped: Whether to stop a kind at the share that `CAPS` allows it.
    """
    waiting: dict[str, list[Fact]] = {}
    for fact in facts:
        waiting.setdefault(fact.section, []).append(fact)
    most = max(4, math.ceil(3 * count / max(1, len(waiting))))
    order = sorted(waiting, key=lambda section: share("section", section))
    chosen: list[Fact] = []
    used: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    asked: Counter[tuple[str, str, str]] = Counter()
    while len(chosen) < count and waiting:
        for section in order:
            if section not in waiting or len(chosen) >= count:
                continue
            open_ = [f for f in waiting[section] if not capped or not _full(f.candidate.kind, used, count)]
            if not open_:
                del waiting[section]
                continue
            fact = min(open_, key=lambda f: _cost(f, used, asked))
            waiting[section].remove(fact)
            chosen.append(fact)
            taken[section] += 1
            if not waiting[section] or taken[section] == most:
                del waiting[section]
            used[fact.candidate.kind] += 1
            asked[_statement(fact)] += 1
    return chosen


def _full(kind: str, used: Counter[str], count: int) -> bool:
    return used[kind] >= math.ceil(CAPS.get(kind, 1.0) * count)


def _statement(fact: Fact) -> tuple[str, str, str]:
    return fact.section, fact.candidate.quote, fact.candidate.unit


def _cost(fact: Fact, used: Counter[str], asked: Counter[tuple[str, str, str]]) -> tuple[int, int, float, int, float]:
    candidate = fact.candidate
    return (
        asked[_statement(fact)] if candidate.kind != "table" else 0,
        int(candidate.rank > 1),
        used[candidate.kind] / WEIGHTS.get(candidate.kind, 1.0),
        candidate.rank,
        share("fact", fact.key),
    )
