from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitae.core.artifact import Artifact
from kitae.core.document import Document
from kitae.core.label import EVERYONE, Label
from kitae.core.making import Making
from kitae.core.mistakes import Mistake
from kitae.core.passage import Hit, Passage
from kitae.knowledge import lexicon
from kitae.knowledge.lexicon import Lexicon, TokenRow
from kitae.knowledge.recipe import EmbedRecipe, IndexRecipe, SearchRecipe
from kitae.knowledge.search import Search, lexical
from kitae.knowledge.stage import EMBED, INDEX
from kitae.knowledge.tokens import Tokens

Write = Callable[..., Artifact]

ALL = (EVERYONE,)


def passage(number: int, text: str, *, groups: tuple[str, ...] = ALL, label: Label = Label.PUBLIC) -> Passage:
    return Passage(
        id=f"d#{number}.0",
        document="d",
        section=f"d#{number}",
        heading="規則",
        text=text,
        label=label,
        groups=groups,
    )


def seen(hits: list[Hit]) -> list[tuple[str, float]]:
    return [(hit.passage.id, hit.score) for hit in hits]


@pytest.fixture
def both(make: Making, write: Write, model: Artifact, rules: Document, prices: Document) -> tuple[Artifact, Artifact]:
    """An index of the rules and the sales department's prices, and its vectors."""
    index = make(INDEX, "words", IndexRecipe(), {"documents": write(prices, rules)})
    return index, make(EMBED, "vectors", EmbedRecipe(), {"index": index, "model": model})


def test_the_passage_that_answers_is_found_first(both: tuple[Artifact, Artifact]) -> None:
    search = Search.open(*both)
    hits = search.search("休暇は何日前までに届け出ますか。", k=3, groups=ALL)
    assert hits[0].passage.id == "rules/就業規則.md#1.0"
    assert hits[0].passage.text == "社員は、休暇を取る日の3日前までに所属長に届け出る。"
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_passage_is_found_by_its_heading(both: tuple[Artifact, Artifact]) -> None:
    hits = Search.open(both[0]).search("出張について", k=1, groups=ALL)
    assert hits[0].passage.heading == "rules/就業規則.md > 第4条　出張"


def test_a_part_number_is_found_however_it_is_written(both: tuple[Artifact, Artifact]) -> None:
    search = Search.open(both[0])
    for written in ("SV-200A", "ＳＶ２００Ａ", "sv-200aの価格"):
        assert search.search(written, k=1, groups=["sales"])[0].passage.id == "sales/価格表.md#0.0"


def test_a_passage_of_another_group_never_appears(both: tuple[Artifact, Artifact]) -> None:
    search = Search.open(*both)
    question = "温度センサSV-200Aの標準価格と、出張の日当はいくらですか。"
    assert "sales/価格表.md#0.0" in dict(seen(search.search(question, k=10, groups=["sales"])))
    for groups in (ALL, (), ("hr",)):
        hits = search.search(question, k=10, groups=groups)
        assert hits and all(hit.passage.document == "rules/就業規則.md" for hit in hits)


def test_a_passage_above_the_receivers_label_never_appears(both: tuple[Artifact, Artifact]) -> None:
    question = "温度センサSV-200Aの標準価格はいくらですか。"
    assert Search.open(*both, may_receive=Label.CONFIDENTIAL).search(question, k=3, groups=["sales"])
    hits = Search.open(*both, may_receive=Label.INTERNAL).search(question, k=3, groups=["sales"])
    assert all(hit.passage.label == Label.INTERNAL for hit in hits)


def test_what_nobody_but_the_owner_may_read_is_found_by_nobody() -> None:
    search = lexical([passage(0, "賞与の額", groups=()), passage(1, "賞与の日")])
    assert [name for name, _ in seen(search.search("賞与", k=5, groups=["hr", EVERYONE]))] == ["d#1.0"]


TEXTS = st.lists(
    st.sampled_from(["休暇", "出張", "日当", "部長", "届出", "給与", "サーバー", "第3条"]), max_size=8
).map("と".join)


@given(st.lists(TEXTS, min_size=1, max_size=6), st.lists(TEXTS, max_size=6), TEXTS)
@settings(max_examples=100, deadline=None)
def test_hidden_passages_do_not_move_the_scores_of_those_that_may_be_read(
    open_ones: list[str], hidden: list[str], question: str
) -> None:
    readable = [passage(n, text) for n, text in enumerate(open_ones)]
    others = [passage(n, text, groups=("board",)) for n, text in enumerate(hidden, start=100)]
    alone = lexical(readable).search(question, k=10, groups=["staff"])
    assert seen(lexical([*others, *readable]).search(question, k=10, groups=["staff"])) == seen(alone)


def test_the_score_is_the_bm25_of_the_books(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexicon, "FIELDS", {"words": 1.0, "grams": 0.0})
    texts = ["a a b", "b c", "c c c d"]
    rows = [(passage(n, text), TokenRow(id=f"d#{n}.0", words=text, grams="")) for n, text in enumerate(texts)]
    opened = Lexicon.of(rows)
    found = opened.find(Tokens(("a", "b"), ()), opened.readable(ALL, Label.RESTRICTED))

    def term(count: int, length: int, containing: int) -> float:
        rarity = math.log(1 + (3 - containing + 0.5) / (containing + 0.5))
        return rarity * count * (lexicon.K1 + 1) / (count + lexicon.K1 * (1 - lexicon.B + lexicon.B * length / 3))

    assert found.scores.tolist() == pytest.approx([term(2, 3, 1) + term(1, 3, 2), term(1, 2, 2), 0])


def test_vectors_find_what_no_word_says(both: tuple[Artifact, Artifact]) -> None:
    """妻 lies near 配偶者 in the model; without vectors the question's other words decide."""
    question = "妻の休暇の社員"
    words = Search.open(both[0]).search(question, k=1, groups=ALL)
    fused = Search.open(*both, SearchRecipe(vectors=5)).search(question, k=1, groups=ALL)
    assert words[0].passage.id == "rules/就業規則.md#1.0"
    assert fused[0].passage.id == "rules/就業規則.md#2.0"


def test_a_question_that_shares_nothing_finds_nothing(both: tuple[Artifact, Artifact]) -> None:
    search = Search.open(*both)
    for question in ("株価の見通しは。", "", "  ", "???", "いつまでにすればよいですか。"):
        assert search.search(question, k=3, groups=ALL) == []


def test_a_question_about_what_one_may_not_read_finds_nothing(both: tuple[Artifact, Artifact]) -> None:
    assert Search.open(*both).search("温度センサ", k=3, groups=ALL) == []


def test_equal_passages_stand_in_order_of_their_ids() -> None:
    search = lexical([passage(number, "休暇の届出") for number in (3, 10, 1, 2)])
    found = search.search("休暇", k=3, groups=ALL)
    assert [hit.passage.id for hit in found] == ["d#1.0", "d#10.0", "d#2.0"]
    assert len({hit.score for hit in found}) == 1


def test_no_more_than_k_are_found() -> None:
    search = lexical([passage(number, f"休暇の{number}番") for number in range(5)])
    assert [len(search.search("休暇", k=k, groups=ALL)) for k in (0, 1, 4, 9)] == [0, 1, 4, 5]


def test_an_empty_index_finds_nothing() -> None:
    assert lexical([]).search("休暇", k=3, groups=ALL) == []


def test_threads_may_share_a_search(both: tuple[Artifact, Artifact]) -> None:
    search = Search.open(*both)
    questions = ["休暇の届出", "出張の日当", "配偶者の出産", "社員の勤務"] * 10
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda q: seen(search.search(q, k=3, groups=ALL)), questions))
    assert found == [seen(search.search(question, k=3, groups=ALL)) for question in questions]


def test_an_index_is_opened_for_reading_alone(both: tuple[Artifact, Artifact]) -> None:
    index, vectors = both
    search = Search.open(index, vectors)
    assert search.search("休暇", k=1, groups=ALL)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        search._lexicon._connection.execute("DELETE FROM passages")
    assert search._vectors is not None and not search._vectors.flags.writeable
    assert index.edited() == vectors.edited() == []
    assert {path.name for path in index.folder.glob("index*")} == {"index.sqlite"}


def test_without_the_derived_file_the_same_is_found(both: tuple[Artifact, Artifact], tmp_path: Path) -> None:
    index, vectors = both
    question = "休暇は何日前までに届け出ますか。"
    before = seen(Search.open(index, vectors).search(question, k=9, groups=["sales"]))
    index.path("index.sqlite").rename(tmp_path / "gone")
    assert seen(Search.open(index, vectors).search(question, k=9, groups=["sales"])) == before


def test_a_search_in_memory_finds_what_the_index_finds(both: tuple[Artifact, Artifact]) -> None:
    index = both[0]
    question = "配偶者が出産するときの休暇"
    in_memory = lexical(index.rows("passages", Passage)).search(question, k=9, groups=["sales"])
    assert seen(in_memory) == seen(Search.open(index).search(question, k=9, groups=["sales"]))


def test_an_index_made_with_other_tokens_is_refused(
    both: tuple[Artifact, Artifact], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kitae.knowledge.search.versions", lambda: "2 sudachipy 9")
    with pytest.raises(Mistake, match="2 sudachipy 9"):
        Search.open(both[0])


def test_vectors_of_another_index_are_refused(
    make: Making, write: Write, both: tuple[Artifact, Artifact], rules: Document
) -> None:
    other = make(INDEX, "other", IndexRecipe(), {"documents": write(rules)})
    with pytest.raises(Mistake, match="another index"):
        Search.open(other, both[1])
