from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from kitae.core.artifact import Artifact
from kitae.core.document import Document
from kitae.core.label import Label
from kitae.core.mistakes import Mistake
from kitae.core.noun import Noun
from kitae.corpus.curation import without_idle_headings
from kitae.corpus.recipe import CorpusRecipe

LEAVE = ("第1章 > 第1条　休暇", "１．休暇は、3日前までに届け出る。")
CARE = ("第1章 > 第2条　介護", "介護のため、5日の休暇を与える。")


def rows(artifact: Artifact) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in artifact.raw("corpus")}


def dropped(artifact: Artifact) -> list[tuple[str, str]]:
    return [(row["section"], row["rule"]) for row in artifact.raw("ledger")]


def test_a_row_has_text_and_everything_about_where_it_may_go(desk: Any) -> None:
    document = desk.document(
        "hr/a.md", ("第1章", ""), LEAVE, CARE, label=Label.CONFIDENTIAL, groups=("hr",), licence="CC0", source="hr"
    )
    (row,) = desk.curate(document).raw("corpus")
    assert row["text"] == (
        "第1章\n\n第1条　休暇\n\n1．休暇は、3日前までに届け出る。\n\n第2条　介護\n\n介護のため、5日の休暇を与える。"
    )
    assert {key: row[key] for key in row if key != "text"} == {
        "id": "hr/a.md",
        "source": "hr",
        "label": "confidential",
        "groups": ["hr"],
        "licence": "CC0",
        "sections": ["hr/a.md#0", "hr/a.md#1", "hr/a.md#2"],
    }


def test_widths_stay_where_the_recipe_says_so(desk: Any) -> None:
    artifact = desk.curate(desk.document("a", LEAVE), recipe=CorpusRecipe(fold_widths=False))
    assert "１．休暇" in rows(artifact)["a"]["text"]


def test_what_is_dropped_stands_in_the_ledger(desk: Any) -> None:
    artifact = desk.curate(desk.document("a", LEAVE, ("第3条　手当", "（準備中）" + " " * 100)))
    (row,) = artifact.raw("ledger")
    assert row == {
        "document": "a",
        "section": "a#1",
        "rule": "only_placeholders",
        "detail": "（準備中）",
        "sample": "第3条　手当\n\n（準備中）",
        "characters": len("第3条　手当\n\n（準備中）") + 102,
    }
    assert artifact.facts["dropped"] == {"only_placeholders": 1}


def test_a_chapter_of_which_nothing_is_left_goes_too(desk: Any) -> None:
    artifact = desk.curate(desk.document("a", ("第1章", ""), LEAVE, ("第2章", ""), ("第2章 > 第3条", "削除")))
    assert rows(artifact)["a"]["sections"] == ["a#0", "a#1"]
    assert dropped(artifact) == [("a#3", "only_placeholders"), ("a#2", "heading_alone")]


def test_a_heading_that_stands_twice_stays_where_something_is_below_it(desk: Any) -> None:
    document = desk.document("a", ("第1章", ""), ("第2章", ""), ("第1章", ""), LEAVE)
    assert rows(desk.curate(document))["a"]["sections"] == ["a#2", "a#3"]
    assert without_idle_headings([], document) == ([], [])


def test_the_first_of_equal_sections_wins_whatever_the_order_of_the_documents(desk: Any, other_desk: Any) -> None:
    spelled = ("第1章 > 第1条　休暇", "1. 休暇は、 3日前までに\n届け出る。")
    plain = ("第1章 > 第1条　休暇", "1. 休暇は、3日前までに届け出る。")
    one = desk.curate(desk.document("b", plain, CARE), desk.document("a", spelled))
    two = other_desk.curate(other_desk.document("a", spelled), other_desk.document("b", plain, CARE))
    for artifact in (one, two):
        assert rows(artifact)["a"]["sections"] == ["a#0"]
        assert rows(artifact)["b"]["sections"] == ["b#1"]
        (row,) = artifact.raw("ledger")
        assert (row["rule"], row["detail"]) == ("exact_duplicate", "the same as a#0")
    assert one.content == two.content


def test_equal_sections_of_one_document_stay(desk: Any) -> None:
    same = ("対応", "控えが戻ってきたら、写しを廃棄する。")
    assert rows(desk.curate(desk.document("a", same, same)))["a"]["sections"] == ["a#0", "a#1"]


def test_the_same_words_under_another_heading_are_no_duplicate(desk: Any) -> None:
    body = "個別の雇用契約書に定める。"
    artifact = desk.curate(desk.document("a", ("第8条　時刻", body)), desk.document("b", ("第9条　賃金", body)))
    assert dropped(artifact) == []


def test_duplicates_stay_where_the_recipe_says_so(desk: Any) -> None:
    documents = [desk.document(name, LEAVE) for name in "ab"]
    assert list(rows(desk.curate(*documents))) == ["a"]
    assert list(rows(desk.curate(*documents, recipe=CorpusRecipe(keep_duplicates=True)))) == ["a", "b"]


def test_the_funnel_adds_up_with_the_ledger(desk: Any) -> None:
    artifact = desk.curate(
        desk.document("a", ("", "まえがきとして、この規程の由来を記す。"), LEAVE, ("第3条", "削除")),
        desk.document("b", LEAVE),
    )
    funnel = artifact.facts["funnel"]
    assert [step["step"] for step in funnel] == ["read", "passed the rules", "no exact duplicates"]
    assert [(step["documents"], step["sections"]) for step in funnel] == [(2, 4), (2, 3), (1, 2)]
    assert funnel[0]["sections"] - funnel[-1]["sections"] == sum(artifact.facts["dropped"].values())


def test_the_profile_of_the_source_decides(desk: Any) -> None:
    document = desk.document("a", LEAVE, ("第3条", "削除"), profile="plain")
    assert dropped(desk.curate(document)) == []


def test_a_profile_that_does_not_exist_is_a_mistake(desk: Any) -> None:
    with pytest.raises(Mistake, match="no profile `handbok`") as caught:
        desk.curate(desk.document("a", LEAVE, profile="handbok"))
    assert "did you mean `handbook`?" in caught.value.hint
    assert "`rules`" in caught.value.where


def test_a_corpus_of_nothing_is_a_mistake(desk: Any) -> None:
    with pytest.raises(Mistake, match="nothing is left of 1 sections"):
        desk.curate(desk.document("a", ("第3条", "削除")))


def test_a_document_is_judged_once(desk: Any) -> None:
    desk.curate(desk.document("a", LEAVE), desk.document("b", CARE))
    before = desk.making.memo.misses
    desk.curate(desk.document("a", LEAVE), desk.document("b", CARE, ("第3条", "削除")))
    assert desk.making.memo.misses - before == 1
    desk.curate(desk.document("a", LEAVE, profile="plain"), desk.document("b", CARE))
    assert desk.making.memo.misses - before == 2


def test_what_was_dropped_is_no_part_of_the_content(desk: Any) -> None:
    one = desk.curate(desk.document("a", LEAVE, ("第3条", "削除")))
    two = desk.curate(desk.document("a", LEAVE, ("第3条", "（略）")))
    assert one.id != two.id
    assert one.content == two.content


def real(folder: Path, names: Iterable[Path], making: Any) -> Artifact:
    """Real files through the reader, which the corpus itself knows nothing of."""
    from kitae.documents.recipe import ReadRecipe, Source
    from kitae.documents.stage import READ, inputs

    chosen = {path.name for path in names}
    exclude = tuple(sorted(path.name for path in folder.iterdir() if path.name not in chosen))
    recipe: Noun = ReadRecipe(sources=(Source(name="real", path=str(folder), exclude=exclude),))
    assert isinstance(recipe, ReadRecipe)
    artifact: Artifact = making(READ, "real", recipe, files=inputs(recipe, folder), given=lambda: {"folder": folder})
    return artifact


def share_kept(desk: Any, documents: Artifact) -> tuple[float, Artifact]:
    from kitae.corpus.stage import STAGE

    corpus: Artifact = desk.making(STAGE, "real", CorpusRecipe(), {"documents": documents})
    before = sum(len(document.text) for document in documents.rows("documents", Document))
    return corpus.facts["funnel"][-1]["characters"] / before, corpus


def test_a_real_company_is_not_destroyed(desk: Any, shared_data: Path) -> None:
    folder = shared_data / "company" / "denkiyagi"
    share, corpus = share_kept(desk, real(folder, folder.iterdir(), desk.making))
    assert share >= 0.97
    assert len(rows(corpus)) == 10
    assert {row["rule"] for row in corpus.raw("ledger")} <= {"exact_duplicate"}


def test_120_real_statutes_pass(desk: Any, shared_data: Path) -> None:
    folder = shared_data / "statutes" / "text"
    share, corpus = share_kept(desk, real(folder, sorted(folder.glob("*.txt"))[:120], desk.making))
    assert share >= 0.9
    assert len(rows(corpus)) == 120
    judged = [row for row in corpus.raw("ledger") if row["rule"] not in ("exact_duplicate", "heading_alone")]
    assert {row["rule"] for row in judged} == {"only_placeholders"}


def test_the_bundled_company_passes_whole(desk: Any) -> None:
    import kitae

    folder = Path(kitae.__file__).parent / "sample" / "yamabiko" / "documents"
    share, corpus = share_kept(desk, real(folder, folder.iterdir(), desk.making))
    assert share >= 0.985
    portal = [row["rule"] for row in corpus.raw("ledger") if "ポータル" in row["section"]]
    assert set(portal) == {"heading_alone"}
    left = " ".join(row["text"] for name, row in rows(corpus).items() if "ポータル_トップ" in name)
    assert left and not any(link in left for link in ("落とし物", "休暇の申請", "出張の申請"))
    assert any("Wear safety glasses" in row["text"] for row in rows(corpus).values())
