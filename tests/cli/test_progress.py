"""What is said of a piece of work while it is done."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from kitae.cli.progress import Lines, Pace, Terminal
from kitae.core.run import Meter

Tick = Callable[[float], None]
METER = Meter(operations=2e9, peak=1e12, yen_per_hour=3600, before=100)


@pytest.fixture
def tick(monkeypatch: pytest.MonkeyPatch) -> Tick:
    """A clock that goes on by hand."""
    now = [1000.0]
    monkeypatch.setattr("kitae.cli.progress.time.monotonic", lambda: now[0])

    def pass_by(seconds: float) -> None:
        now[0] += seconds

    return pass_by


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []
    monkeypatch.setattr(Lines, "say", lambda self, message: said.append(message))
    return said


def test_speed_utilisation_and_money_are_told(tick: Tick) -> None:
    pace = Pace(METER)
    pace.advance(0)
    tick(20)
    pace.advance(4000)
    assert pace.told("tokens") == "200 tokens/s, MFU 40%, ¥120 so far"


def test_what_is_not_known_is_left_out(tick: Tick) -> None:
    pace, silent = Pace(Meter()), Pace()
    for each in (pace, silent):
        each.advance(0)
    tick(10)
    for each in (pace, silent):
        each.advance(1000)
    assert pace.told("tokens") == "100 tokens/s"
    assert silent.told("tokens") == ""
    assert Pace(METER).told("tokens") == "", "nothing is done yet"


def test_what_an_earlier_try_has_done_is_no_speed(tick: Tick) -> None:
    pace = Pace(METER)
    tick(5)
    pace.advance(100_000)
    tick(10)
    pace.advance(2000)
    assert pace.per_second == 200


def test_steps_that_are_taken_back_are_no_speed(tick: Tick) -> None:
    pace = Pace(METER)
    for more in (0, 1000, -3000, 1000):
        tick(10)
        pace.advance(more)
    assert pace.per_second == 100


def test_the_speed_is_that_of_the_last_minute(tick: Tick) -> None:
    pace = Pace(METER)
    pace.advance(0)
    for more in (10_000, *[100] * 12):
        tick(10)
        pace.advance(more)
    assert pace.per_second == 10


def test_lines_say_how_far_it_is_and_how_long_it_takes(tick: Tick, lines: list[str]) -> None:
    advance = Lines().start("model/tuned@12345678", "training", 6_000_000, "tokens", METER)
    advance(0)
    for _ in range(4):
        tick(5)
        advance(1000)
    assert lines == [
        "  model/tuned: training 3,000/6,000,000 tokens, 15.0 s, about 8 h 19 min left",
        "    200 tokens/s, MFU 40%, ¥115 so far",
    ]
    assert max(map(len, lines)) <= 80


def test_work_without_a_meter_is_told_in_one_line(tick: Tick, lines: list[str]) -> None:
    advance = Lines().start("scorecard/a@12345678", "asking", 2, "questions")
    tick(16)
    advance(1)
    tick(16)
    advance(1)
    assert lines == [
        "  scorecard/a: asking 1/2 questions, 16.0 s, about 16.0 s left",
        "  scorecard/a: asking 2/2 questions, 32.0 s",
    ]


def test_bars_fit_eighty_columns(tick: Tick) -> None:
    written = io.StringIO()
    console = Console(file=written, width=80, force_terminal=True, color_system=None)
    look: Any = Terminal(console)
    advance = look.start("model/tuned@12345678", "training", 6_000_000, "tokens", METER)
    advance(0)
    tick(20)
    advance(4000)
    look._progress.refresh()
    look.close()
    told = written.getvalue()
    assert "200 tokens/s" in told
    assert "MFU 40%" in told
    assert "¥120 so far" in told
    assert "…" not in told, "nothing is cut off"
