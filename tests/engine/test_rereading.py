"""Passages that a search found, put in order by the model that is to answer from them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from kitae.core.dialogue import Message
from kitae.core.generation import Identity
from kitae.core.label import Label
from kitae.core.passage import Hit, Passage
from kitae.core.records import Records
from kitae.engine.grounding import ABSTAIN
from kitae.engine.rereading import Remembered, Rereading

TEXTS = ("休暇は20日です。", "日当は2,500円です。", "寮費は月8,000円です。", "制服は貸与します。")


def _passage(number: int) -> Passage:
    return Passage(
        id=f"p{number}",
        document="d",
        section="s",
        heading="規程",
        text=TEXTS[number],
        label=Label.INTERNAL,
        licence="own",
    )


class Shelf:
    """Finds all passages in their order, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, Collection[str]]] = []

    def search(self, question: str, *, k: int, groups: Collection[str]) -> list[Hit]:
        self.asked.append((k, groups))
        return [Hit(passage=_passage(number), score=10.0 - number) for number in range(len(TEXTS))][:k]


class Reader:
    """Declines where the passage does not hold a word."""

    def __init__(self, word: str) -> None:
        self.word = word
        self.read: list[str] = []

    def log_odds(self, prompts: Sequence[Sequence[Message]], reply: str) -> list[float]:
        assert reply == ABSTAIN
        self.read += [prompt[-1].content for prompt in prompts]
        return [-2.0 if self.word in prompt[-1].content else 2.0 for prompt in prompts]


def _ids(hits: list[Hit]) -> list[str]:
    return [hit.passage.id for hit in hits]


def test_what_the_model_would_answer_from_comes_first_then_the_search_decides() -> None:
    found = Rereading(Shelf(), Reader("寮費"), candidates=4)
    assert _ids(found.search("部屋代はいくらですか", k=3, groups=["all"])) == ["p2", "p0", "p1"]


def test_each_candidate_is_read_alone_and_no_more_than_the_candidates() -> None:
    reader, shelf = Reader("制服"), Shelf()
    found = Rereading(shelf, reader, candidates=3).search("着る物は買うのですか", k=2, groups=["hr"])
    assert shelf.asked == [(3, ["hr"])]
    assert [sum(text in read for text in TEXTS) for read in reader.read] == [1, 1, 1]
    assert _ids(found) == ["p0", "p1"]


def test_never_fewer_than_are_wanted() -> None:
    assert len(Rereading(Shelf(), Reader("寮費"), candidates=1).search("寮", k=4, groups=["all"])) == 4


def test_nothing_is_read_where_there_is_no_choice() -> None:
    reader = Reader("日当")
    assert _ids(Rereading(Shelf(), reader, candidates=1).search("出張でいくら", k=1, groups=["all"])) == ["p0"]
    assert reader.read == []


IDENTITY = Identity(model="m", engine="e", number_format="int8")


def test_what_was_read_before_is_not_read_again_and_the_model_not_even_loaded(tmp_path: Path) -> None:
    reader, records = Reader("日当"), Records(tmp_path)
    first = Rereading(Shelf(), Remembered(IDENTITY, lambda: reader, records), candidates=4)
    assert _ids(first.search("出張でいくら", k=1, groups=["all"])) == ["p1"]
    assert len(reader.read) == 4

    def never() -> Reader:
        raise AssertionError("loaded")

    again = Rereading(Shelf(), Remembered(IDENTITY, never, Records(tmp_path)), candidates=3)
    assert _ids(again.search("出張でいくら", k=1, groups=["all"])) == ["p1"]


def test_another_model_reads_for_itself(tmp_path: Path) -> None:
    records, other = Records(tmp_path), Reader("寮費")
    Rereading(Shelf(), Remembered(IDENTITY, lambda: Reader("日当"), records), candidates=4).search(
        "出張でいくら", k=1, groups=["all"]
    )
    identity = IDENTITY.model_copy(update={"model": "n"})
    found = Rereading(Shelf(), Remembered(identity, lambda: other, records), candidates=4)
    assert _ids(found.search("出張でいくら", k=1, groups=["all"])) == ["p2"]
    assert len(other.read) == 4
