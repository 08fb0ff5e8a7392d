"""Many tasks write at once; each goes on only when its row is on the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from kitae.core.journal import Journal
from kitae.core.records import Records


class Counting(Records):
    """Counts how often it writes."""

    writes = 0

    def add_all(self, kind: str, rows: Mapping[str, dict[str, Any]]) -> None:
        self.writes += 1
        super().add_all(kind, rows)


def test_rows_that_come_together_are_written_together(tmp_path: Path) -> None:
    records = Counting(tmp_path)

    async def write() -> None:
        journal = Journal(records)
        await asyncio.gather(*(journal.add("answers", str(n), {"n": n}) for n in range(200)))

    asyncio.run(write())
    assert {row["n"] for row in Records(tmp_path).all("answers")} == set(range(200))
    assert records.writes <= 2


def test_a_row_is_on_the_disk_when_its_task_goes_on(tmp_path: Path) -> None:
    async def write(journal: Journal, n: int) -> None:
        await journal.add("answers", str(n), {"n": n})
        assert Records(tmp_path).get("answers", str(n)) == {"n": n}

    async def all_of_them() -> None:
        journal = Journal(Records(tmp_path))
        await asyncio.gather(*(write(journal, n) for n in range(20)))

    asyncio.run(all_of_them())


def test_a_disk_that_refuses_is_told_to_everybody_who_waits(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file where the records should be")

    async def write() -> list[object]:
        journal = Journal(Records(blocked))
        return list(
            await asyncio.gather(*(journal.add("answers", str(n), {}) for n in range(3)), return_exceptions=True)
        )

    assert [isinstance(each, OSError) for each in asyncio.run(write())] == [True] * 3


def test_a_cancelled_task_takes_no_other_row_with_it(tmp_path: Path) -> None:
    async def write() -> None:
        journal = Journal(Records(tmp_path))
        first, second = (asyncio.create_task(journal.add("answers", key, {})) for key in "ab")
        await asyncio.sleep(0)
        first.cancel()
        await second
        with pytest.raises(asyncio.CancelledError):
            await first

    asyncio.run(write())
    assert Records(tmp_path).get("answers", "b") == {}
