import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest

import kitae
from kitae.core.document import Document
from kitae.core.label import Label
from kitae.core.mistakes import Mistake
from kitae.documents.recipe import ReadRecipe, Source
from kitae.documents.stage import inputs

RULES = "# 休暇規程\n\n### 第1条　目的\n\n1. 休暇を定める。\n\n### 第2条　届出\n\n1. 3日前までに届け出る。\n"


def test_a_document_has_everything_that_later_stages_ask_for(office: Any) -> None:
    office.put("人事/休暇.md", RULES)
    source = Source(name="rules", path="docs", label=Label.CONFIDENTIAL, groups=("hr",), licence="CC0", profile="plain")
    (document,) = office.documents(source)
    assert document.id == "rules/人事/休暇.md"
    assert (document.title, document.source, document.licence) == ("休暇規程", "rules", "CC0")
    assert (document.label, document.groups) == (Label.CONFIDENTIAL, ("hr",))
    assert document.metadata["encoding"] == "utf-8"
    assert document.metadata["profile"] == "plain"
    assert [section.id for section in document.sections] == [f"{document.id}#{number}" for number in range(3)]
    assert document.body_text(document.sections[2]) == "1. 3日前までに届け出る。"
    assert "".join(document.section_text(section) for section in document.sections) == document.text


def test_files_come_in_the_order_of_their_ids(office: Any) -> None:
    for name in ("b/a.md", "a.txt", "b.html", "B.MD"):
        office.put(name, "<p>本文です。</p>")
    assert [document.id for document in office.documents()] == [
        "rules/B.MD",
        "rules/a.txt",
        "rules/b.html",
        "rules/b/a.md",
    ]


def test_what_is_not_read_is_listed_with_the_reason(office: Any, tmp_path: Path) -> None:
    office.put("a.md", RULES)
    office.put("写真.png", b"\x89PNG")
    office.put("旧/old.md", RULES)
    office.put(".git/config.txt", "x")
    outside = tmp_path / "secret.md"
    outside.write_text("社外秘です。", encoding="utf-8")
    (tmp_path / "docs" / "link.md").symlink_to(outside)
    (tmp_path / "docs" / "up").symlink_to(tmp_path)
    (tmp_path / "docs" / "same.md").symlink_to(tmp_path / "docs" / "a.md")
    artifact = office.read(Source(name="rules", path="docs", exclude=("旧/*",)))
    ledger = {row["file"]: (row["outcome"], row["why"]) for row in artifact.raw("ledger")}
    assert ledger == {
        "rules/a.md": ("read", ""),
        "rules/same.md": ("read", ""),
        "rules/写真.png": ("skipped", "no reader for .png"),
        "rules/旧/old.md": ("skipped", "excluded by `旧/*`"),
        "rules/link.md": ("skipped", "a link that leads out of the folder"),
        "rules/up": ("skipped", "a link to a folder, or to nothing"),
    }
    assert "社外秘" not in artifact.path("documents.jsonl").read_text(encoding="utf-8")
    assert (artifact.facts["documents"], artifact.facts["skipped"]) == (2, 4)


def test_what_a_page_loses_is_in_the_ledger(office: Any) -> None:
    office.put("a.html", "<nav>ホーム</nav><p>本文です。</p>")
    (row,) = office.read().raw("ledger")
    assert row["left_out"] == {"navigation": 3}


@pytest.mark.parametrize(
    ("name", "content", "says", "do"),
    [
        ("empty.txt", b"", "empty", "exclude"),
        ("blank.md", b"\n \n", "empty", "exclude"),
        (
            "frame.html",
            "<nav><a href='/'>ホーム</a></nav>".encode(),
            "without text once navigation is left out",
            "exclude",
        ),
        ("noise.txt", bytes(range(256)), "binary", "exclude"),
        ("paper.txt", b"%PDF-1.7", "a PDF file", "exclude"),
        ("latin.txt", "caf\xe9 d\xe9j\xe0 vu".encode("latin-1"), "not recognised", "UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_stops_the_run_and_is_named(
    office: Any, name: str, content: bytes, says: str, do: str
) -> None:
    office.put("good.md", RULES)
    office.put(name, content)
    with pytest.raises(Mistake) as caught:
        office.read()
    assert f"rules/{name}" in caught.value.what
    assert says in caught.value.what
    assert do in caught.value.hint


def test_all_files_that_cannot_be_read_are_named_at_once_with_the_line_that_leaves_them_out(office: Any) -> None:
    office.put("good.md", RULES)
    office.put("a[1].txt", b"")
    office.put("b.txt", b"\x00")
    with pytest.raises(Mistake) as caught:
        office.read()
    assert "rules/a[1].txt is empty" in caught.value.what
    assert "rules/b.txt is binary" in caught.value.what
    assert 'exclude = ["a[[]1].txt", "b.txt"]' in caught.value.hint
    documents = office.documents(Source(name="rules", path="docs", exclude=("a[[]1].txt", "b.txt")))
    assert [document.id for document in documents] == ["rules/good.md"]


def test_a_folder_that_is_missing_or_has_nothing_to_read_is_a_mistake(office: Any) -> None:
    with pytest.raises(Mistake, match="is missing"):
        office.read()
    office.put("a.pdf", b"x")
    with pytest.raises(Mistake, match="nothing to read; 1 files of other kinds"):
        office.read()
    with pytest.raises(Mistake, match="is a file"):
        office.read(Source(name="rules", path="docs/a.pdf"))


def test_an_exclude_that_matches_nothing_is_said(office: Any) -> None:
    office.put("a.md", RULES)
    office.read(Source(name="rules", path="docs", exclude=("draft*",)))
    assert any("`draft*`" in said for said in office.heard.said)


def test_one_edited_file_costs_one_file(office: Any) -> None:
    for name in "abcde":
        office.put(f"{name}.md", RULES + name)
    office.read()
    before = office.making.memo.misses
    office.put("c.md", RULES + "新しい")
    documents = office.documents()
    assert office.making.memo.misses - before == 1
    assert documents[2].text.endswith("新しい")


def test_the_same_bytes_under_another_name_have_their_own_title(office: Any) -> None:
    for name in ("保存期間", "休暇"):
        office.put(f"{name}.md", "## 本書について\n\n本文。")
    assert [document.title for document in office.documents()] == ["休暇", "保存期間"]


def test_names_that_a_mac_wrote_are_composed(office: Any) -> None:
    office.put(unicodedata.normalize("NFD", "ガイド.txt"), "■ ガ行の部品は次の棚にある。", encoding="utf-8")
    (document,) = office.documents()
    assert (document.id, document.title) == ("rules/ガイド.txt", "ガイド")


def test_a_new_label_costs_no_reading(office: Any) -> None:
    office.put("a.md", RULES)
    office.read()
    before = office.making.memo.misses
    (document,) = office.documents(Source(name="rules", path="docs", label=Label.PUBLIC))
    assert (office.making.memo.misses - before, document.label) == (0, Label.PUBLIC)


def test_label_groups_and_licences_of_several_sources(office: Any) -> None:
    office.put("hr/a.md", RULES)
    office.put("it/b.md", RULES)
    artifact = office.read(
        Source(name="hr", path="docs/hr", label=Label.CONFIDENTIAL, groups=("hr", "board"), licence="own"),
        Source(name="it", path="docs/it", label=Label.PUBLIC, groups=("it", "board"), licence="CC0"),
    )
    assert (artifact.label, artifact.groups) == (Label.CONFIDENTIAL, ("board",))
    assert artifact.licences == ("CC0", "own")


def test_a_picture_that_comes_into_the_folder_makes_no_other_content(office: Any) -> None:
    office.put("a.md", RULES)
    first = office.read()
    office.put("new.png", b"x")
    second = office.read()
    assert first.id != second.id
    assert first.content == second.content


def test_the_same_files_elsewhere_make_the_same_content(office: Any, other_office: Any) -> None:
    for each in (office, other_office):
        each.put("b.txt", "手順\n\n■ 返却\n守衛所へ。", encoding="cp932")
        each.put("a.md", RULES)
    assert office.read().content == other_office.read().content


def test_the_inputs_are_the_files_with_their_digests(office: Any) -> None:
    office.put("a.md", b"x")
    office.put("b.png", b"y")
    recipe = ReadRecipe(sources=(Source(name="rules", path="docs"),))
    sha256 = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    assert inputs(recipe, office.folder) == [("rules/a.md", sha256), ("rules/b.png", "not read")]


def test_real_files_give_what_a_correct_reader_gives(office: Any, shared_data: Path) -> None:
    wanted = {}
    for line in (shared_data / "files" / "files.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["file"].split("/")[0] in ("html", "txt"):
            wanted[row["file"]] = row
    exclude = ("broken/*", "empty/*", "README.md")
    source = Source(name="files", path=str(shared_data / "files"), exclude=exclude)
    documents = {document.id.removeprefix("files/"): document for document in office.documents(source)}
    assert wanted.keys() == documents.keys()
    for name, row in wanted.items():
        text = "".join(documents[name].text.split())
        assert [each for each in row.get("must_contain", []) if "".join(each.split()) not in text] == [], name
        assert [each for each in row.get("must_not_contain", []) if each in text] == [], name
        if order := row.get("order"):
            assert text.index(order[0]) < text.index(order[1])


@pytest.mark.parametrize("name", ["broken/random-bytes.txt", "empty/empty.txt", "empty/empty.md", "empty/empty.html"])
def test_real_broken_files_are_refused(office: Any, shared_data: Path, name: str) -> None:
    office.put(name, (shared_data / "files" / name).read_bytes())
    with pytest.raises(Mistake, match=r"binary|empty|recognised"):
        office.read()


def test_the_bundled_company_is_read_with_its_structure(office: Any) -> None:
    folder = Path(kitae.__file__).parent / "sample" / "yamabiko" / "documents"
    documents: list[Document] = office.documents(Source(name="all", path=str(folder)))
    kinds = {document.id.rpartition("/")[2]: {section.kind for section in document.sections} for document in documents}
    assert len(kinds) == 58
    assert "article" in kinds["品質手順書.txt"]
    assert "faq" in kinds["よくある質問.md"]
    titles = {document.title for document in documents}
    assert {"品質手順書　ＱＰ－０７　第１２版", "IT手順", "就業規則"} <= titles
    (page,) = (document for document in documents if document.title == "IT手順")
    assert "よく見られているページ" not in page.text
    assert "| 部門フォルダ | 1部門につき2TB | 毎晩 |" in page.text
