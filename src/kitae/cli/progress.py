"""What is being done, how far it is, and how long it still takes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ..core.run import Beside
from .printing import duration

EVERY = 15.0
"""Seconds between two lines where the output is no terminal."""


class Terminal:
    """Bars that move. One line for each piece of work; finished ones stay above."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=16),
            MofNCompleteColumn(),
            TextColumn("{task.fields[unit]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[beside]}"),
            console=console,
        )
        self._progress.start()

    def start(self, artifact: str, what: str, total: int, unit: str, beside: Beside = str) -> Callable[[int], None]:
        task = self._progress.add_task(f"{artifact.split('@')[0]}: {what}", total=total, unit=unit, beside=beside())
        return lambda done: self._progress.update(task, advance=done, beside=beside())

    def say(self, message: str) -> None:
        self._progress.console.print(message)

    def close(self) -> None:
        self._progress.stop()


class Lines:
    """A line at the beginning, every fifteen seconds, and at the end of each piece of work."""

    def start(self, artifact: str, what: str, total: int, unit: str, beside: Beside = str) -> Callable[[int], None]:
        began = told = time.monotonic()
        done = 0
        title = f"{artifact.split('@')[0]}: {what}"

        def advance(more: int) -> None:
            nonlocal done, told
            done += more
            now = time.monotonic()
            if done < total and now - told < EVERY:
                return
            told = now
            spent = now - began
            left = f", about {duration(spent / done * (total - done))} left" if 0 < done < total else ""
            said = f", {beside()}" if beside() else ""
            self.say(f"  {title} {done:,}/{total:,} {unit}, {duration(spent)}{left}{said}")

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
