"""When a course has to stop before its end: time, money or energy used up, or the machine about to go away."""

from __future__ import annotations

import math
import signal
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

from ..core.mistakes import Mistake
from .recipe import Limits

HOUR = 3600.0
KWH = 3.6e6
"""In joules."""

AT_ONCE = 10.0
"""Seconds in which a signal that comes again is the same: Slurm sends it to all processes, torchrun hands it on."""


class Stopped(Mistake):
    """A course that was stopped with a checkpoint at its last step; the same command goes on from there."""


@dataclass(frozen=True)
class Allowance:
    """Seconds that a course may take, what they come from, and what is told while they pass."""

    seconds: float = math.inf
    of: str = ""
    joules: float = math.inf
    """That it may use; at `watts` where no GPU counts them."""
    watts: float = 0.0
    until: float = math.inf
    """A moment (seconds since 1970) at which it stops, whatever it took: machines that will be gone."""
    until_of: str = ""
    check_from: float = math.inf
    """Tokens from which a course is checked before it begins: see `preflight`."""
    yen_per_hour: float = 0.0
    """Of the place; 0 where it is paid for anyway."""
    peak: float = 0.0
    """Floating-point operations that a GPU of the place could do in a second; 0 where that is not known."""
    board: Path | None = None
    """Where TensorBoard finds the curves; nowhere if `None`."""


def allowance(limits: Limits, *, yen_per_hour: float = 0.0, watts: float = 0.0) -> Allowance:
    """The least of what time and money allow, and what energy does.

    Raises:
        Mistake: money or energy is limited where nobody has said what an hour costs or needs.
    """
    allowed = [Allowance()]
    if limits.hours is not None:
        allowed.append(Allowance(limits.hours * HOUR, f"`hours = {limits.hours:g}`"))
    if limits.budget is not None:
        hours = float(limits.budget.amount) / _known(yen_per_hour, "budget", "yen_per_hour")
        allowed.append(Allowance(hours * HOUR, f"the budget of {limits.budget} at ¥{yen_per_hour:,.0f} an hour"))
    least = min(allowed, key=lambda each: each.seconds)
    if limits.kwh is not None:
        least = replace(least, joules=limits.kwh * KWH, watts=_known(watts, "kwh", "watts"))
    return replace(least, check_from=limits.preflight, yen_per_hour=yen_per_hour)


def _known(value: float, limit: str, key: str) -> float:
    if value <= 0:
        raise Mistake(
            f"`{limit}` limits a course, but the place does not say its `{key}`",
            where="[train.limits] and [[places]] in kitae.toml",
            hint=f"add `{key}` to the place, or take `{limit}` out",
        )
    return value


class Guard:
    """Says when to stop. While it is entered, SIGTERM, which a spot machine or a scheduler sends, is a reason."""

    def __init__(self, allowed: Allowance | None = None) -> None:
        self._allowed = allowed or Allowance()
        self._told = ""
        self._since = 0.0
        self._before: Any = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGTERM, self._terminate)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._before is not None:
            signal.signal(signal.SIGTERM, self._before)
            self._before = None
            if self._told and error is None:
                # The course came to its end all the same; what comes after it must not begin.
                signal.raise_signal(signal.SIGTERM)

    def reason(self, seconds: float, joules: float | None = None) -> str:
        """Why a course that has taken so much must stop; empty while it may go on.

        Args:
            joules: As the GPUs counted them, if they do.
        """
        allowed = self._allowed
        if self._told:
            return self._told
        if time.time() >= allowed.until:
            return f"{allowed.until_of} is used up"
        if seconds >= allowed.seconds:
            return f"{allowed.of} is used up"
        if (seconds * allowed.watts if joules is None else joules) >= allowed.joules:
            how = f"at {allowed.watts:,.0f} W" if joules is None else "as the GPUs counted"
            return f"`kwh = {allowed.joules / KWH:g}` {how} is used up"
        return ""

    def _terminate(self, number: int, frame: FrameType | None) -> None:
        if not self._told:
            self._told = "the machine asked to stop (SIGTERM)"
            self._since = time.monotonic()
        elif time.monotonic() - self._since > AT_ONCE:  # who asks again does not wait
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
