"""Rows of many tasks at once, written with few syncs."""

from __future__ import annotations

import asyncio
from typing import Any

from .records import Records


class Journal:
    """Records for an event loop: while one sync runs, what comes is gathered for the next.

    A disk takes milliseconds for a sync, whatever it writes. One for each row would hold up a hundred calls a second.
    """

    def __init__(self, records: Records) -> None:
        self.records = records
        self._waiting: dict[str, dict[str, dict[str, Any]]] = {}
        self._written: asyncio.Future[None] | None = None
        self._writer: asyncio.Task[None] | None = None

    async def add(self, kind: str, key: str, row: dict[str, Any]) -> None:
        """Returns when the row is on the disk.

        Raises:
            Mistake: the disk is full.
            OSError: the row could not be written for another reason.
        """
        if self._written is None:
            self._written = asyncio.get_running_loop().create_future()
        written = self._written
        self._waiting.setdefault(kind, {})[key] = row
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        # Whoever is cancelled while it waits must not take the others' rows with it.
        await asyncio.shield(written)

    async def _write(self) -> None:
        while self._written is not None:
            rows, written = self._waiting, self._written
            self._waiting, self._written = {}, None
            try:
                for kind, each in rows.items():
                    await asyncio.to_thread(self.records.add_all, kind, each)
            except Exception as error:  # told to everybody who waits for it
                written.set_exception(error)
            else:
                written.set_result(None)
