"""`kitae compare`: the decision table."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table as Grid

from ..commands import decide, sealed
from ..core.mistakes import Mistake, Refused, nearest
from ..evaluate.statistics import Interval
from ..evaluate.table import Line, Table
from ..evaluate.words import words
from ..project import Project
from .outputs import CompareOutput, CompareRow, DifferenceOutput
from .printing import emit


def compare(folder: Path, row: str, against: str, *, margin: float | None, as_json: bool) -> None:
    """
    Args:
        row: The one row that is looked at; all when empty.
        against: The row that it is compared with.
        margin: Refuses a row that may be so much worse; `None`: refuses nothing.

    Raises:
        Mistake: something is stale, there is no row of that name, or none for the gate.
        Refused: on some suite the interval of the difference reaches below the margin; the table is printed before.
    """
    if margin is not None and not row:
        raise Mistake("a gate lets one row pass", where="--gate", hint="name it: `kitae compare ROW OTHER --gate`")
    project = Project(folder)
    table = _with_row(decide(project, sealed(project)[1].scorecards, against or None), row)
    output = CompareOutput(rows=tuple(_row(line) for line in table.lines), notes=table.notes)
    emit(output, as_json=as_json, text=lambda console: print_table(console, project, table))
    if margin is not None and (told := behind([line for line in table.lines if line.row == row], margin)):
        raise Refused(
            f"`{row}` may be worse by more than {margin:g}",
            where="; ".join(told),
            hint="more questions make the interval narrower; a larger --margin lets more pass",
        )


def behind(lines: list[Line], margin: float) -> list[str]:
    """The suites on which a row has not been shown to be at most `margin` worse, and why: non-inferiority.

    It goes by the interval: a mean above the margin of too few questions shows nothing.
    """
    told = []
    for line in lines:
        interval = line.difference.interval if line.difference else None
        if interval is None:
            told.append(f"{line.suite}: there is nothing to compare it with")
        elif interval.low < -margin:
            told.append(f"{line.suite}: {interval.low:+.2f} to {interval.high:+.2f}")
    return told


def _with_row(table: Table, row: str) -> Table:
    """The row, and the one that it is compared with on each suite."""
    if not row:
        return table
    own = [line for line in table.lines if line.row == row]
    if not own:
        raise Mistake(f"no row `{row}` was measured", hint=nearest(row, {line.row for line in table.lines}))
    shown = {(line.suite, name) for line in own for name in (row, line.difference.against if line.difference else row)}
    lines = tuple(line for line in table.lines if (line.suite, line.row) in shown)
    return table.model_copy(update={"lines": lines})


def print_table(console: Console, project: Project, table: Table) -> None:
    """A grid for each suite, then what it says in words."""
    language = project.file.project.language
    for suite in dict.fromkeys(line.suite for line in table.lines):
        console.print(_grid([line for line in table.lines if line.suite == suite]))
    for sentence in words(table, language):
        if any(f"{quote}tuned" in sentence for quote in "「`"):
            console.print(f"- {sentence}", markup=False)
    for note in table.notes:
        console.print(f"note: {note}", markup=False)


def _grid(lines: list[Line]) -> Grid:
    first = lines[0]
    title = f"{first.suite} ({first.kind}): {first.n} questions, {first.n_answerable} of them answerable"
    grid = Grid(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 1, 0, 0))
    grid.add_column("row", no_wrap=True)
    for head in ("right", "95 %", "refused\nwrongly", "invented", "cites\nright", "s each", "against base"):
        grid.add_column(head, justify="right")
    for line in lines:
        grid.add_row(*_cells(line))
    return grid


def _cells(line: Line) -> tuple[str, ...]:
    difference = line.difference
    gain = f"{difference.mean:+.2f} {span(difference.interval)}" if difference and difference.mean is not None else ""
    return (
        line.row,
        f"{line.right:.2f}" if line.kind == "task" else f"{line.right_n}/{line.n}",
        span(line.interval),
        f"{line.false_refusals_n}/{line.n_answerable}" if line.kind != "task" else "-",
        f"{line.false_answers_n}/{line.n_unanswerable}" if line.kind != "task" else "-",
        _figure(line.citation_precision),
        _figure(line.seconds_per_answer),
        gain,
    )


def span(interval: Interval | None) -> str:
    return f"{interval.low:.2f}..{interval.high:.2f}" if interval else ""


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def pair(interval: Interval | None) -> tuple[float, float] | None:
    return (interval.low, interval.high) if interval else None


def _row(line: Line) -> CompareRow:
    difference = line.difference
    return CompareRow(
        row=line.row,
        suite=line.suite,
        kind=line.kind,
        n=line.n,
        n_answerable=line.n_answerable,
        right=line.right,
        interval=pair(line.interval),
        right_answerable=line.right_answerable,
        interval_answerable=pair(line.interval_answerable),
        false_refusals=line.false_refusals,
        false_answers=line.false_answers,
        citation_precision=line.citation_precision,
        citation_recall=line.citation_recall,
        char_f1=line.char_f1,
        seconds_per_answer=line.seconds_per_answer,
        yen_per_answer=line.yen_per_answer,
        truncated=line.truncated_n,
        difference=None
        if difference is None
        else DifferenceOutput(
            against=difference.against,
            mean=difference.mean,
            interval=pair(difference.interval),
            mean_answerable=difference.mean_answerable,
            interval_answerable=pair(difference.interval_answerable),
        ),
        notes=line.notes,
    )
