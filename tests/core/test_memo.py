from pathlib import Path

import pytest

from kitae.core.memo import KEY, Memo, forget_folders


def test_work_is_done_once_for_one_key_across_processes(tmp_path: Path) -> None:
    done: list[int] = []

    def work() -> list[str]:
        done.append(1)
        return ["結果"]

    for _ in range(2):
        memo = Memo(tmp_path / "memo.sqlite")
        assert memo.get(["read", 1, "sha"], work) == ["結果"]
        assert memo.get(["read", 1, "sha"], work) == ["結果"]
        memo.close()
    assert len(done) == 1


def test_a_damaged_memo_is_thrown_away(tmp_path: Path) -> None:
    file = tmp_path / "memo.sqlite"
    file.write_bytes(b"this is no database" * 100)
    assert Memo(file).get("k", lambda: 1) == 1


def test_a_folder_of_files_is_made_once_and_made_again_where_it_is_not_whole(tmp_path: Path) -> None:
    made: list[Path] = []

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "rows").write_text("三行", encoding="utf-8")

    def whole(folder: Path) -> bool:
        return (folder / "rows").read_text(encoding="utf-8") == "三行"

    for _ in range(2):
        folder = Memo(tmp_path / "memo.sqlite").folder({"of": "a"}, make, whole)
    assert len(made) == 1
    (folder / "rows").write_text("二行", encoding="utf-8")
    assert whole(Memo(tmp_path / "memo.sqlite").folder({"of": "a"}, make, whole))
    assert len(made) == 2


def test_a_folder_that_could_not_be_filled_is_not_there(tmp_path: Path) -> None:
    def broken(folder: Path) -> None:
        (folder / "rows").write_text("半分", encoding="utf-8")
        raise KeyboardInterrupt

    memo = Memo(tmp_path / "memo.sqlite")
    with pytest.raises(KeyboardInterrupt):
        memo.folder("a", broken, lambda _: True)
    folder = memo.folder("a", lambda folder: (folder / "new").touch(), lambda _: True)
    assert {file.name for file in folder.iterdir()} == {"new", KEY}


def test_another_process_that_was_quicker_is_believed(tmp_path: Path) -> None:
    memo, other = (Memo(tmp_path / "memo.sqlite") for _ in range(2))

    def slow(folder: Path) -> None:
        other.folder("a", lambda quick: (quick / "quick").touch(), lambda _: True)
        folder.mkdir(exist_ok=True)

    folder = memo.folder("a", slow, lambda _: True)
    assert (folder / "quick").exists()
    assert [each.name for each in folder.parent.iterdir()] == [folder.name]


def test_folders_that_nothing_uses_are_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "memo.sqlite"
    memo = Memo(file)
    used, unused = (
        memo.folder({"of": name}, lambda folder: _fill(folder / "rows"), lambda _: True) for name in ("a", "b")
    )
    left = used.with_name(".half.17")
    left.mkdir()
    freed = forget_folders(file, lambda key: key["of"] == "a", dry=True)
    assert freed >= 100
    assert unused.exists()
    assert forget_folders(file, lambda key: key["of"] == "a") == freed
    assert (used.exists(), unused.exists(), left.exists()) == (True, False, False)


def test_without_a_file_folders_are_gone_with_the_memo() -> None:
    memo = Memo(None)
    folder = memo.folder("a", lambda folder: _fill(folder / "rows"), lambda _: True)
    assert folder.is_dir()
    del memo
    assert not folder.exists()


def _fill(file: Path) -> None:
    file.write_bytes(b"x" * 100)
