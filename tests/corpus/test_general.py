from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kitae.core.artifact import Artifact
from kitae.core.making import Making
from kitae.core.mistakes import Mistake
from kitae.core.reading import shelf
from kitae.core.records import Records
from kitae.core.store import Store
from kitae.corpus.general import GENERAL, general_files
from kitae.corpus.recipe import GeneralRecipe


def collected(folder: Path, **settings: Any) -> Artifact:
    recipe = GeneralRecipe.model_validate(settings)
    make = Making(Store(folder / "store"), Records(folder / "records"))
    return make(GENERAL, "general", recipe, files=general_files(recipe, folder), given=lambda: {"folder": folder})


def texts(artifact: Artifact, name: str) -> list[str]:
    return [row["text"] for row in artifact.raw(name)]


def test_without_a_path_it_is_the_bundled_passages(tmp_path: Path) -> None:
    found = collected(tmp_path, language="en")
    kept, held = texts(found, "corpus"), texts(found, "held_out")
    assert len(kept) + len(held) == len(shelf("en"))
    assert not set(kept) & set(held)
    assert 0.05 < len(held) / len(shelf("en")) < 0.16
    assert (str(found.label), found.licences) == ("public", ("Apache-2.0",))


def test_files_of_a_folder_are_read_and_lines_of_json_each_a_text(tmp_path: Path) -> None:
    folder = tmp_path / "general"
    folder.mkdir()
    (folder / "a.txt").write_text("吾輩は猫である。", encoding="utf-8")
    (folder / "b.jsonl").write_text("".join(json.dumps({"text": f"文{n}"}) + "\n" for n in range(40)), encoding="utf-8")
    (folder / "c.png").write_bytes(b"\x89PNG")
    found = collected(tmp_path, path="general", label="internal", licence="cc0", held_out=0.3)
    assert sorted(texts(found, "corpus") + texts(found, "held_out")) == sorted(
        ["吾輩は猫である。", *(f"文{n}" for n in range(40))]
    )
    assert (str(found.label), found.licences) == ("internal", ("cc0",))
    assert [name for name, _ in found.record.files_read] == ["general/a.txt", "general/b.jsonl"]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.png", b"x", "there is no general text"),
        ("a.txt", "日本語".encode("cp932"), "not UTF-8"),
        ("a.jsonl", b'{"body": "x"}\n', "has no `text`"),
        ("a.jsonl", b'["x"]\n', "has no `text`"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes, expected: str) -> None:
    (tmp_path / "general").mkdir()
    (tmp_path / "general" / name).write_bytes(content)
    with pytest.raises(Mistake, match=expected) as raised:
        collected(tmp_path, path="general")
    assert "general" in raised.value.where
