"""How long to wait before a call is tried again, and how often calls may go."""

from __future__ import annotations

import asyncio
import email.utils
import random
import time

LONGEST = 60.0
"""Seconds between two tries, however often it was tried."""


def backoff(attempt: int, wait: float) -> float:
    """Seconds before the next try: doubled each time, and somewhere in the upper half of that by chance.

    Without chance, all that failed together would come back together and fail again (Brooker, "Exponential backoff and
    jitter", AWS Architecture Blog, 2015).

    Args:
        attempt: 0 after the first try.
        wait: Seconds after the first try.
    """
    return min(LONGEST, wait * 2.0**attempt) * random.uniform(0.5, 1.0)


def retry_after(written: str | None, now: float) -> float | None:
    """Seconds that a server asks to be left alone (RFC 9110, 10.2.3); `None` where it says nothing that can be read.

    Args:
        written: The header: seconds, or a date.
        now: Seconds since 1970.
    """
    if written is None:
        return None
    if written.strip().isdecimal():
        return float(written)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(written).timestamp() - now)
    except ValueError:
        return None


class Pace:
    """Says when the next call may go: so many a minute, and none while the server wants to be left alone."""

    def __init__(self, per_minute: int | None) -> None:
        self._apart = 60.0 / per_minute if per_minute else 0.0
        self._next = 0.0
        self._closed = 0.0

    async def turn(self) -> None:
        """Returns when it is the caller's turn."""
        if self._apart:
            turn = max(self._next, time.monotonic())
            self._next = turn + self._apart
            await asyncio.sleep(turn - time.monotonic())
        while (left := self._closed - time.monotonic()) > 0:
            # Somewhat later by chance, so that not everybody goes at the same moment.
            await asyncio.sleep(left + random.uniform(0, min(1.0, left / 4)))

    def close(self, seconds: float) -> None:
        """No call goes before so many seconds are over."""
        self._closed = max(self._closed, time.monotonic() + seconds)
