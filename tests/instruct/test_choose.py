from __future__ import annotations

import random
from collections import Counter

from kitae.core.document import Document
from kitae.instruct.candidate import Candidate, Context
from kitae.instruct.choose import CAPS, balanced
from kitae.instruct.facts import Fact


def facts(handbook: list[Document], sections: int, each: dict[str, int]) -> list[Fact]:
    return [
        Fact(
            section=f"d#{section}",
            document=handbook[0],
            context=Context("規則", "届出"),
            candidate=Candidate(
                questions=(f"{kind}{section}-{number}は何日ですか",),
                answer="1日です。",
                fact="1日",
                kind=kind,
                quote=f"{kind}{section}-{number}",
                rank=2 if kind == "awkward" else 0,
            ),
            gold=(),
        )
        for section in range(sections)
        for kind, count in each.items()
        for number in range(count)
    ]


def test_every_section_gives_before_one_gives_twice(handbook: list[Document]) -> None:
    chosen = balanced(facts(handbook, 10, {"number": 3, "table": 9}), 10)
    assert sorted(Counter(fact.section for fact in chosen).values()) == [1] * 10


def test_a_rare_kind_is_asked_before_a_frequent_one_is_asked_again(handbook: list[Document]) -> None:
    kinds = Counter(f.candidate.kind for f in balanced(facts(handbook, 6, {"number": 4, "money": 1}), 12))
    assert kinds["money"] >= 5


def test_awkward_facts_come_last(handbook: list[Document]) -> None:
    chosen = balanced(facts(handbook, 3, {"number": 2, "awkward": 2}), 12)
    assert {fact.candidate.kind for fact in chosen[-6:]} == {"awkward"}


def test_the_order_in_which_facts_are_found_decides_nothing(handbook: list[Document]) -> None:
    all_facts = facts(handbook, 8, {"number": 3, "permission": 3})
    mixed = random.Random(1).sample(all_facts, len(all_facts))
    assert [f.key for f in balanced(all_facts, 20)] == [f.key for f in balanced(mixed, 20)]


def test_a_kind_that_fills_documents_stops_at_its_cap(handbook: list[Document]) -> None:
    kinds = Counter(
        f.candidate.kind for f in balanced(facts(handbook, 30, {"permission": 3, "number": 1}), 60, capped=True)
    )
    assert kinds["permission"] <= CAPS["permission"] * 60 + 1


def test_a_large_table_does_not_fill_what_others_leave(handbook: list[Document]) -> None:
    many = facts(handbook, 1, {"table": 90}) + [f for f in facts(handbook, 10, {"number": 2}) if f.section != "d#0"]
    counts = Counter(fact.section for fact in balanced(many, 60))
    assert counts["d#0"] <= 18
