import os
from pathlib import Path

import pytest

from kitae.core.mistakes import Mistake
from kitae.core.records import Records


def test_a_record_is_there_for_the_next_process(tmp_path: Path) -> None:
    Records(tmp_path).add("answers", "k", {"text": "三日"})
    assert Records(tmp_path).get("answers", "k") == {"text": "三日"}


def test_the_latest_row_of_a_key_wins(tmp_path: Path) -> None:
    records = Records(tmp_path)
    records.add("answers", "k", {"n": 1})
    records.add("answers", "k", {"n": 2})
    assert Records(tmp_path).get("answers", "k") == {"n": 2}
    assert len(list(Records(tmp_path).all("answers"))) == 1


def test_a_line_cut_off_by_a_kill_is_passed_over_and_loses_nothing_else(tmp_path: Path) -> None:
    records = Records(tmp_path)
    records.add("answers", "first", {"n": 1})
    records.add("answers", "second", {"n": 2})
    (segment,) = tmp_path.glob("answers/*.jsonl")
    for cut in range(1, 30):
        os.truncate(segment, segment.stat().st_size - 1)
        again = Records(tmp_path)
        assert again.get("answers", "first") == {"n": 1}, cut
        assert again.get("answers", "second") is None
        assert again.damaged() == []


def test_two_writers_never_share_a_segment(tmp_path: Path) -> None:
    first, second = Records(tmp_path), Records(tmp_path)
    first.add("answers", "a", {"n": 1})
    second.add("answers", "b", {"n": 2})
    assert len(list(tmp_path.glob("answers/*.jsonl"))) == 2
    assert {row["n"] for row in Records(tmp_path).all("answers")} == {1, 2}


def test_an_edited_line_is_named_and_not_read(tmp_path: Path) -> None:
    Records(tmp_path).add("answers", "k", {"score": 1})
    (segment,) = tmp_path.glob("answers/*.jsonl")
    segment.write_text(segment.read_text().replace('"score":1', '"score":9'))
    again = Records(tmp_path)
    assert again.damaged() == [f"{segment}:1"]
    assert again.get("answers", "k") is None


def test_records_of_a_newer_format_are_refused(tmp_path: Path) -> None:
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers" / "x.jsonl").write_text('{"format":99,"key":"k","row":{},"check":"0"}\n')
    with pytest.raises(Mistake, match="newer"):
        Records(tmp_path).get("answers", "k")


def test_several_rows_are_written_with_one_sync_and_whole_lines_survive_a_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs: list[int] = []
    monkeypatch.setattr("os.fsync", syncs.append)
    Records(tmp_path).add_all("answers", {str(n): {"n": n} for n in range(5)})
    assert len(syncs) == 1
    (segment,) = tmp_path.glob("answers/*.jsonl")
    os.truncate(segment, segment.stat().st_size - 3)
    again = Records(tmp_path)
    assert [row["n"] for row in again.all("answers")] == [0, 1, 2, 3]
    assert again.damaged() == []


def test_what_another_writer_adds_is_seen_after_a_refresh(tmp_path: Path) -> None:
    here, there = Records(tmp_path), Records(tmp_path)
    here.add("answers", "a", {"n": 1})
    assert here.get("answers", "b") is None
    there.add("answers", "b", {"n": 2})
    assert here.get("answers", "b") is None
    for _ in range(2):
        here.refresh("answers")
        assert here.get("answers", "b") == {"n": 2}
    there.add("answers", "b", {"n": 3})
    here.refresh("answers")
    assert here.get("answers", "b") == {"n": 3}
    assert here.get("answers", "a") == {"n": 1}


def test_a_line_that_is_half_written_is_read_when_it_is_whole(tmp_path: Path) -> None:
    here, there = Records(tmp_path), Records(tmp_path)
    there.add("answers", "a", {"n": 1})
    (segment,) = tmp_path.glob("answers/*.jsonl")
    whole = segment.read_bytes()
    segment.write_bytes(whole[:-5])
    assert here.get("answers", "a") is None
    segment.write_bytes(whole)
    here.refresh("answers")
    assert here.get("answers", "a") == {"n": 1}


def test_a_kind_that_is_only_written_to_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger" / "x.jsonl").write_text('{"format":99,"key":"k","row":{},"check":"0"}\n')
    records = Records(tmp_path)
    records.add("ledger", "a", {"n": 1})
    with pytest.raises(Mistake, match="newer"):
        records.get("ledger", "a")
