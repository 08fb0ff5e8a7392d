"""A rented window, hour by hour: what comes before, which run stands where, when the last checkpoint has to be out.

The whole window is paid for, used or not: so runs are packed, and what is left over has its own line.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..core.mistakes import Mistake
from .billing import RULES
from .window import PlannedRun, Window

Moment = datetime.datetime

HOUR = datetime.timedelta(hours=1)

What = Literal[
    "on-sale",
    "approval",
    "quota",
    "prepare",
    "sign",
    "rehearse",
    "upload",
    "start",
    "first-step",
    "last-checkpoint",
    "pull",
    "gone",
    "wipe",
    "end",
    "account",
]
"""What is due at a moment. How it is told is up to the page."""

REHEARSAL = datetime.timedelta(days=1)
"""Before the start, so that what the preflight finds can still be mended."""


@dataclass(frozen=True)
class Amounts:
    """What has to cross the line between here and there, in bytes; `None` where it is not known yet."""

    up: int | None = None
    """Everything that training needs."""
    down: int | None = None
    """The largest checkpoint or model, which leaves at the end."""


@dataclass(frozen=True)
class Due:
    """A moment at which something has to be done, or begun."""

    what: What
    at: Moment | None
    """`None` where a lead time is not known: somebody has to ask."""


@dataclass(frozen=True)
class Slot:
    """A run in the window."""

    run: PlannedRun
    lanes: tuple[int, ...]
    """Which GPUs, from 0."""
    start: Moment
    end: Moment

    @property
    def gpu_hours(self) -> float:
        return (self.end - self.start) / HOUR * len(self.lanes)


@dataclass(frozen=True)
class Schedule:
    """The window as it is planned."""

    window: Window
    gpus: int
    """In all."""
    before: tuple[Due, ...]
    during: tuple[Due, ...]
    slots: tuple[Slot, ...]
    left_out: tuple[PlannedRun, ...]
    """What does not fit before the last checkpoint."""
    last_checkpoint: Moment
    upload: datetime.timedelta | None
    """How long it takes; `None` where amount or speed is not known."""
    download: datetime.timedelta | None

    @property
    def reserved(self) -> float:
        """GPU-hours that are paid for."""
        return self.window.hours * self.gpus

    @property
    def used(self) -> float:
        """GPU-hours in which a run stands."""
        return sum(slot.gpu_hours for slot in self.slots)

    @property
    def idle(self) -> float:
        """GPU-hours that are paid for and in which nothing is computed."""
        return self.reserved - self.used

    @property
    def unsigned(self) -> tuple[PlannedRun, ...]:
        return tuple(slot.run for slot in self.slots if not slot.run.signed_by)


def schedule(window: Window, runs: Sequence[PlannedRun], *, gpus: int, amounts: Amounts | None = None) -> Schedule:
    """
    Args:
        gpus: Of the place, on all its nodes; 1 for a machine without any.
        amounts: What is sent there and comes back.

    Raises:
        Mistake: a run wants more GPUs than there are, two runs have one name, or the window is over before a step.
    """
    amounts = amounts or Amounts()
    _check(runs, gpus)
    upload, download = (_takes(size, window.megabits) for size in (amounts.up, amounts.down))
    first = window.start + datetime.timedelta(minutes=window.setup_minutes)
    last = last_checkpoint(window, amounts)
    if first >= last:
        raise Mistake(
            f"the window of {window.hours:g} hours is over before a step is made",
            where="[schedule] in kitae.toml",
            hint="setting up, leaving early, bringing the last checkpoint back and wiping take all of it: rent longer",
        )
    slots, left_out = _packed(runs, gpus, first, last, datetime.timedelta(minutes=window.gap_minutes))
    return Schedule(
        window=window,
        gpus=gpus,
        before=_before(window, upload),
        during=_during(window, first, last),
        slots=tuple(slots),
        left_out=tuple(left_out),
        last_checkpoint=last,
        upload=upload,
        download=download,
    )


def last_checkpoint(window: Window, amounts: Amounts) -> Moment:
    """When the last checkpoint has to be written, so that it is out and wiped before the machines are gone."""
    # What is not known takes no time here, and the page says that it is not known.
    return _wipe(window) - (_takes(amounts.down, window.megabits) or datetime.timedelta())


def _wipe(window: Window) -> Moment:
    """When all has to be back, so that it can be verified and wiped."""
    return window.gone - datetime.timedelta(minutes=window.wipe_minutes)


def _check(runs: Sequence[PlannedRun], gpus: int) -> None:
    names = [run.name for run in runs]
    if twice := {name for name in names if names.count(name) > 1}:
        raise Mistake(f"two runs are named `{min(twice)}`", where="[[runs]] in kitae.toml", hint="give each its own")
    for run in runs:
        if run.gpus > gpus:
            raise Mistake(
                f"the run `{run.name}` wants {run.gpus} GPUs, and the place has {gpus}",
                where="[[runs]] in kitae.toml",
                hint="give it fewer, or rent more",
            )


def _takes(size: int | None, megabits: float | None) -> datetime.timedelta | None:
    if size is None or megabits is None:
        return None
    return datetime.timedelta(seconds=8 * size / (megabits * 1e6))


def _packed(
    runs: Sequence[PlannedRun], gpus: int, first: Moment, last: Moment, gap: datetime.timedelta
) -> tuple[list[Slot], list[PlannedRun]]:
    """Each run, in the order of the file, at the first moment at which its GPUs are free until it ends.

    The file's order is the team's: what stands first matters most, and is never moved back for a later one.
    """
    free = [first] * gpus
    slots, left_out = [], []
    for run in runs:
        wanted = run.gpus or gpus
        start = sorted(free)[wanted - 1]
        end = start + run.hours * HOUR
        if end > last:
            left_out.append(run)
            continue
        # Of the GPUs that are free by then those that were free last: the others stay for a run that could begin now.
        ready = sorted((lane for lane in range(gpus) if free[lane] <= start), key=lambda lane: (free[lane], -lane))
        lanes = tuple(sorted(ready[-wanted:]))
        slots.append(Slot(run, lanes, start, end))
        for lane in lanes:
            free[lane] = end + gap
    return slots, left_out


def _before(window: Window, upload: datetime.timedelta | None) -> tuple[Due, ...]:
    rehearse = window.start - REHEARSAL
    sending = rehearse - upload if upload is not None else None
    # What the company has to approve comes before what is asked of the provider.
    quota = rehearse - datetime.timedelta(days=window.quota_days) if window.quota_days is not None else None
    until = quota or rehearse
    approval = until - datetime.timedelta(days=window.approval_days) if window.approval_days is not None else None
    ahead = RULES[window.billing].ahead
    on_sale = () if ahead is None else (Due("on-sale", window.start - datetime.timedelta(days=ahead)),)
    return (
        *on_sale,
        Due("sign", approval),
        Due("approval", approval),
        Due("quota", quota),
        Due("prepare", sending),
        Due("upload", sending),
        Due("rehearse", rehearse),
    )


def _during(window: Window, first: Moment, last: Moment) -> tuple[Due, ...]:
    return (
        Due("start", window.start),
        Due("first-step", first),
        Due("last-checkpoint", last),
        Due("pull", last),
        Due("wipe", _wipe(window)),
        Due("gone", window.gone),
        Due("end", window.end),
        Due("account", window.end),
    )
