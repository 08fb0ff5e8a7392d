"""The decision table in sentences, for people who do not read tables."""

from __future__ import annotations

from typing import Literal

from .statistics import Interval
from .table import Compared, Line, Table

Language = Literal["ja", "en"]


def words(table: Table, language: Language | None = None) -> list[str]:
    """A sentence for each line, in Japanese and English, or in one of them.

    Differences are told in questions: 「17 more of 42」 says more than 「+40 points」, and says how few 42 are.
    """
    told = []
    for line in table.lines:
        if language in (None, "ja"):
            told.append(_japanese(line))
        if language in (None, "en"):
            told.append(_english(line))
    return told


def _english(line: Line) -> str:
    if line.kind == "task":
        return f"{line.suite}: {_task_en(line)}."
    parts = [_gain_en(line)]
    if line.n_answerable:
        parts.append(f"it declines {_of(line.false_refusals_n, line.n_answerable)} that it should have answered")
    if line.n_unanswerable:
        parts.append(f"it answers {_of(line.false_answers_n, line.n_unanswerable)} that the documents do not tell")
    notes = f" (note: {'; '.join(line.notes)})" if line.notes else ""
    return f"{line.suite}: {'; '.join(parts)}{notes}."


def _gain_en(line: Line) -> str:
    difference = line.difference
    if difference is None or not difference.n_answerable:
        low, high = _span(line.interval_answerable, line.n_answerable)
        span = f" (interval {low} to {high})" if line.interval_answerable else ""
        return f"`{line.row}` answers {line.right_answerable_n} of {line.n_answerable} right{span}"
    gain, low, high = _gain(difference)
    span = f"(interval {_signed(low)} to {_signed(high)})"
    if not _shows(difference):
        return (
            f"between `{line.row}` and `{difference.against}` these {difference.n_answerable} questions show no "
            f"difference: {_signed(gain)} right {span}"
        )
    more, ends = ("more", (low, high)) if gain > 0 else ("fewer", (-high, -low))
    return (
        f"`{line.row}` answers {abs(gain)} {more} of {difference.n_answerable} right than `{difference.against}` "
        f"(interval {ends[0]} to {ends[1]})"
    )


def _task_en(line: Line) -> str:
    """Tasks have scores and not only right and wrong, so they are told in points of a hundred."""
    low, high = _points(line.interval)
    told = f"`{line.row}` scores {100 * line.right:.0f} of 100 on {line.n} inputs (interval {low} to {high})"
    difference = line.difference
    if difference is None or difference.mean is None or difference.interval is None:
        return told
    low, high = _points(difference.interval)
    gain = _signed(round(100 * difference.mean))
    span = f"{_signed(low)} to {_signed(high)}"
    shown = "" if _clear(difference.interval) else ", which these inputs cannot tell from none"
    return f"{told}, {gain} against `{difference.against}` (interval {span}){shown}"


def _task_ja(line: Line) -> str:
    low, high = _points(line.interval)
    told = f"「{line.row}」は{line.n}件で100点中{100 * line.right:.0f}点（95%区間 {low}～{high}）"
    difference = line.difference
    if difference is None or difference.mean is None or difference.interval is None:
        return told
    low, high = _points(difference.interval)
    gain = _signed(round(100 * difference.mean))
    shown = "" if _clear(difference.interval) else "で、この件数では差があるとは言えない"
    return f"{told}。「{difference.against}」との差は{gain}点（{_signed(low)}～{_signed(high)}）{shown}"


def _points(interval: Interval) -> tuple[int, int]:
    return round(100 * interval.low), round(100 * interval.high)


def _clear(interval: Interval) -> bool:
    return not interval.low <= 0 <= interval.high


def _japanese(line: Line) -> str:
    if line.kind == "task":
        return f"{line.suite}：{_task_ja(line)}。"
    parts = [_gain_ja(line)]
    if line.n_answerable:
        parts.append(f"答えるべきなのに断ったのは{line.n_answerable}問中{line.false_refusals_n}問")
    if line.n_unanswerable:
        parts.append(f"資料にないのに答えたのは{line.n_unanswerable}問中{line.false_answers_n}問")
    notes = f"（注：{'；'.join(line.notes)}）" if line.notes else ""
    return f"{line.suite}：{'。'.join(parts)}{notes}。"


def _gain_ja(line: Line) -> str:
    difference = line.difference
    if difference is None or not difference.n_answerable:
        low, high = _span(line.interval_answerable, line.n_answerable)
        span = f"（95%区間 {low}～{high}）" if line.interval_answerable else ""
        return f"「{line.row}」は{line.n_answerable}問中{line.right_answerable_n}問に正しく答えた{span}"
    gain, low, high = _gain(difference)
    if not _shows(difference):
        return (
            f"「{line.row}」と「{difference.against}」の差は、この{difference.n_answerable}問では示せない"
            f"（差 {_signed(gain)}、95%区間 {_signed(low)}～{_signed(high)}）"
        )
    more, ends = ("多く", (low, high)) if gain > 0 else ("少なく", (-high, -low))
    return (
        f"「{line.row}」は{difference.n_answerable}問中、「{difference.against}」より{abs(gain)}問{more}正しく答えた"
        f"（95%区間 {ends[0]}～{ends[1]}）"
    )


def _gain(difference: Compared) -> tuple[int, int, int]:
    """Gain and interval in questions, of the answerable ones."""
    low, high = _span(difference.interval_answerable, difference.n_answerable)
    return round((difference.mean_answerable or 0.0) * difference.n_answerable), low, high


def _span(interval: Interval | None, n: int) -> tuple[int, int]:
    return (round(interval.low * n), round(interval.high * n)) if interval else (0, 0)


def _shows(difference: Compared) -> bool:
    """Whether the interval leaves out 0; said before anything is rounded to whole questions."""
    return difference.interval_answerable is not None and _clear(difference.interval_answerable)


def _signed(number: int) -> str:
    return f"{number:+d}".replace("-", "−") if number else "0"


def _of(count: int, n: int) -> str:
    return f"{count} of {n}"
