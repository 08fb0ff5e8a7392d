"""What is being done, how far it is, how long it still takes, and what it has cost."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ..core.run import Meter
from .printing import duration

EVERY = 15.0
"""Seconds between two lines where the output is no terminal."""

RECENT = 60.0
"""Seconds whose pace is told."""

HOUR = 3600.0


class Pace:
    """How fast a piece of work goes, and what it has cost so far."""

    def __init__(self, meter: Meter | None = None) -> None:
        self._meter = meter
        self._began = time.monotonic()
        self._done = 0
        self._seen: deque[tuple[float, int]] = deque()

    def advance(self, more: int) -> None:
        """What comes at once is not counted: it was done by an earlier try, or taken back."""
        now = time.monotonic()
        self._done += more
        if more < 0:
            self._seen.clear()
        self._seen.append((now, self._done))
        while len(self._seen) > 2 and now - self._seen[0][0] > RECENT:
            self._seen.popleft()

    @property
    def done(self) -> int:
        return self._done

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self._began

    @property
    def per_second(self) -> float:
        """Units; 0 while that is not known."""
        if len(self._seen) < 2:
            return 0.0
        (then, before), (now, done) = self._seen[0], self._seen[-1]
        return (done - before) / (now - then) if now > then else 0.0

    def told(self, unit: str) -> str:
        """`1,234 tokens/s, MFU 41%, ¥320 so far`, as far as it is known; nothing without a meter."""
        if self._meter is None or not self.per_second:
            return ""
        parts = [f"{self.per_second:,.0f} {unit}/s"]
        if self._meter.peak:
            parts.append(f"MFU {self.per_second * self._meter.operations / self._meter.peak:.0%}")
        if self._meter.yen_per_hour:
            yen = self._meter.yen_per_hour * (self._meter.before + self.seconds) / HOUR
            parts.append(f"¥{yen:,.0f} so far")
        return ", ".join(parts)


class Terminal:
    """Bars that move. One line for each piece of work, two where its pace is told; finished ones stay above."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=12),
            MofNCompleteColumn(),
            TextColumn("{task.fields[unit]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
        )
        self._progress.start()

    def start(
        self, artifact: str, what: str, total: int, unit: str, meter: Meter | None = None
    ) -> Callable[[int], None]:
        title, pace = f"{artifact.split('@')[0]}: {what}", Pace(meter)
        task = self._progress.add_task(title, total=total, unit=unit)

        def advance(more: int) -> None:
            pace.advance(more)
            # Below the title, part by part: the line itself is full.
            parts = [title, *(f"  {part}" for part in pace.told(unit).split(", ") if part)]
            self._progress.update(task, advance=more, description="\n".join(parts))

        return advance

    def say(self, message: str) -> None:
        self._progress.console.print(message)

    def close(self) -> None:
        self._progress.stop()


class Lines:
    """A line at the beginning, every fifteen seconds, and at the end of each piece of work."""

    def start(
        self, artifact: str, what: str, total: int, unit: str, meter: Meter | None = None
    ) -> Callable[[int], None]:
        told, pace = time.monotonic(), Pace(meter)
        title = f"{artifact.split('@')[0]}: {what}"

        def advance(more: int) -> None:
            nonlocal told
            pace.advance(more)
            now, done = time.monotonic(), pace.done
            if done < total and now - told < EVERY:
                return
            told = now
            rate = pace.per_second or done / max(pace.seconds, 1e-9)
            left = f", about {duration((total - done) / rate)} left" if 0 < done < total and rate > 0 else ""
            self.say(f"  {title} {done:,}/{total:,} {unit}, {duration(pace.seconds)}{left}")
            if now_told := pace.told(unit):
                self.say(f"    {now_told}")

        return advance

    def say(self, message: str) -> None:
        print(message, file=sys.stderr, flush=True)

    def close(self) -> None:
        return None


def watcher(*, as_json: bool) -> Terminal | Lines:
    """Bars on a terminal; lines to the standard error otherwise, so that `--json` stays clean."""
    if sys.stderr.isatty() and not as_json:
        return Terminal(Console(stderr=True))
    return Lines()
