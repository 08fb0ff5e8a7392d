"""How numbers are written: with their unit, and a dash where there is none."""

from __future__ import annotations

import datetime

from ..evaluate.statistics import Interval

NONE = "–"
MINUS = "−"
MAGNITUDES = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


def percent(share: float | None) -> str:
    """`0.553` → `55%`."""
    return NONE if share is None else f"{100 * share:.0f}%"


def span(interval: Interval | None) -> str:
    """`40–69%`."""
    return NONE if interval is None else f"{100 * interval.low:.0f}–{100 * interval.high:.0f}%"


def points(difference: float | None) -> str:
    """A difference of shares in percentage points: `+12`, `−3`, `0`."""
    if difference is None:
        return NONE
    rounded = round(100 * difference)
    return f"{rounded:+d}".replace("-", MINUS) if rounded else "0"


def point_span(interval: Interval | None) -> str:
    """`+4 … +20`: a dash between signed numbers would read as a minus."""
    return NONE if interval is None else f"{points(interval.low)} … {points(interval.high)}"


def seconds(value: float | None) -> str:
    """Of one answer: three figures are all that a wall clock gives."""
    return NONE if value is None else f"{value:.3g} s"


def yen(value: float | None) -> str:
    """`¥0.023`, `¥1,200`: parts of a yen are what an answer costs."""
    return NONE if value is None else f"¥{value:,.0f}" if value >= 100 else f"¥{value:.2g}"


def duration(value: float | None) -> str:
    """`4.2 s`, `3 min 10 s`, `2 h 05 min`."""
    if value is None:
        return NONE
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def count(value: float | None) -> str:
    """`12,345`."""
    return NONE if value is None else f"{value:,.0f}"


def figure(value: float | int | str) -> str:
    """Any figure that a stage measured: whole numbers whole, others to four figures."""
    if isinstance(value, str):
        return value
    return f"{value:,.4g}" if abs(value) < 10_000 and value != int(value) else f"{value:,.0f}"


def size(value: float | None) -> str:
    """`464 MB`; decimal magnitudes, as disks are sold."""
    if value is None:
        return NONE
    for magnitude, unit in MAGNITUDES:
        if value >= magnitude:
            return f"{value / magnitude:.3g} {unit}"
    return f"{value:.0f} B"


def when(written: str) -> str:
    """A time of a record, to the minute: `2026-11-24 03:55 UTC`."""
    try:
        time = datetime.datetime.fromisoformat(written)
    except ValueError:
        return written or NONE
    return time.astimezone(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
