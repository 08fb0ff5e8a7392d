"""The rented window as a picture: a row a GPU, its hours from left to right, what is paid for and idle in between."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from itertools import groupby

from markupsafe import Markup

from ..plan.schedule import HOUR, Schedule, Slot

ROW, GAP, BELOW = 16, 3, 34
"""Pixels: of a GPU, between two, and for the hours."""

MOST_ROWS = 16
"""More GPUs than this are drawn in groups that are used alike."""

STEPS = (1, 2, 3, 6, 12, 24, 48, 168)
"""Hours between two marks of the axis."""

MARKS = 8
"""At most so many of them."""


def timeline(planned: Schedule) -> Markup:
    """As wide as its place. Runs carry the numbers of the page's table."""
    rows = _rows(planned)
    height = len(rows) * (ROW + GAP)
    parts = [Markup('<rect class="idle" x="0" y="0" width="100%" height="{}"/>').format(height)]
    late = _share(planned, planned.last_checkpoint)
    parts.append(
        Markup('<rect class="late" x="{:.2f}%" y="0" width="{:.2f}%" height="{}"/>').format(late, 100 - late, height)
    )
    for number, slot in enumerate(planned.slots, start=1):
        parts.append(_slot(number, slot, planned, rows))
    parts.append(_vertical(late, height, "goal"))
    parts += [_hour(hour, planned, height) for hour in range(0, int(planned.window.hours) + 1, _step(planned))]
    told = f"{planned.used:,.0f} / {planned.reserved:,.0f} GPU-h"
    return Markup('<svg class="timeline" role="img" aria-label="{}" height="{}">{}</svg>').format(
        told, height + BELOW, Markup("").join(parts)
    )


def _rows(planned: Schedule) -> list[tuple[int, ...]]:
    """GPUs by row: one each, or where there are many, those that do the same together."""
    if planned.gpus <= MOST_ROWS:
        return [(lane,) for lane in range(planned.gpus)]

    def does(lane: int) -> tuple[int, ...]:
        return tuple(number for number, slot in enumerate(planned.slots) if lane in slot.lanes)

    return [tuple(lanes) for _, lanes in groupby(range(planned.gpus), key=does)]


def _slot(number: int, slot: Slot, planned: Schedule, rows: Sequence[tuple[int, ...]]) -> Markup:
    left, right = _share(planned, slot.start), _share(planned, slot.end)
    own = [place for place, lanes in enumerate(rows) if set(lanes) & set(slot.lanes)]
    # GPUs beside each other are one box, so that the number of the run can be read.
    blocks = [[place for _, place in block] for _, block in groupby(enumerate(own), key=lambda each: each[1] - each[0])]
    boxes = [
        Markup('<rect x="{:.2f}%" y="{}" width="{:.2f}%" height="{}"/>').format(
            left, block[0] * (ROW + GAP), right - left, len(block) * (ROW + GAP) - GAP
        )
        for block in blocks
    ]
    kind = "used" if slot.run.signed_by else "used unsigned"
    middle = (blocks[0][0] + blocks[0][-1] + 1) / 2 * (ROW + GAP) - GAP / 2
    name = Markup('<text x="{:.2f}%" y="{:.0f}" text-anchor="middle">{}</text>').format(
        (left + right) / 2, middle + 4, number
    )
    title = f"{slot.run.name}: {len(slot.lanes)} GPU × {slot.run.hours:g} h"
    return Markup('<g class="{}"><title>{}</title>{}{}</g>').format(kind, title, Markup("").join(boxes), name)


def _share(planned: Schedule, moment: datetime.datetime) -> float:
    """Of the window, in percent."""
    return 100 * ((moment - planned.window.start) / HOUR) / planned.window.hours


def _step(planned: Schedule) -> int:
    return next((step for step in STEPS if planned.window.hours / step <= MARKS), STEPS[-1])


def _hour(hour: int, planned: Schedule, height: int) -> Markup:
    share = 100 * hour / planned.window.hours
    anchor = "start" if share < 3 else "end" if share > 97 else "middle"
    moment = planned.window.start + hour * HOUR
    return _vertical(share, height + 4, "grid") + Markup(
        '<text class="tick" x="{0:.2f}%" y="{1}" text-anchor="{2}">{3} h</text>'
        '<text class="tick" x="{0:.2f}%" y="{4}" text-anchor="{2}">{5}</text>'
    ).format(share, height + 16, anchor, hour, height + 30, moment.strftime("%H:%M"))


def _vertical(share: float, height: int, kind: str) -> Markup:
    return Markup('<line class="{0}" x1="{1:.2f}%" x2="{1:.2f}%" y1="0" y2="{2}"/>').format(kind, share, height)
