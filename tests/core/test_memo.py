from pathlib import Path

from kitae.core.memo import Memo


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
