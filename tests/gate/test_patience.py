"""How long to wait before another try."""

from __future__ import annotations

import asyncio
import email.utils
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitae.gate.patience import LONGEST, Pace, backoff, retry_after

NOW = 1_790_000_000.0


@given(st.integers(0, 40), st.floats(0, 100))
def test_a_wait_doubles_up_to_a_limit_and_is_never_less_than_half_of_that(attempt: int, wait: float) -> None:
    whole = min(LONGEST, wait * 2**attempt)
    assert whole / 2 <= backoff(attempt, wait) <= whole


def test_those_that_failed_together_do_not_come_back_together() -> None:
    assert len({backoff(0, 1.0) for _ in range(50)}) > 40


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("soon", None),
        ("", None),
        ("-3", None),
        ("1.5", None),
        (email.utils.formatdate(NOW + 30, usegmt=True), 30.0),
        (email.utils.formatdate(NOW - 30, usegmt=True), 0.0),
    ],
)
def test_what_the_server_asks_for_is_read_as_seconds_or_as_a_date(written: str | None, seconds: float | None) -> None:
    assert retry_after(written, NOW) == seconds


def test_calls_are_spread_over_the_minute() -> None:
    async def six() -> list[float]:
        pace, came = Pace(per_minute=1200), []
        for _ in range(6):
            await pace.turn()
            came.append(time.monotonic())
        return came

    came = asyncio.run(six())
    assert came[-1] - came[0] >= 5 * 0.05 - 0.002


def test_without_a_limit_nobody_waits() -> None:
    async def many() -> float:
        pace, start = Pace(None), time.monotonic()
        for _ in range(1000):
            await pace.turn()
        return time.monotonic() - start

    assert asyncio.run(many()) < 0.5
