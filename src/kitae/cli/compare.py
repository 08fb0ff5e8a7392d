"""`kitae compare`: the decision table."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table as Grid

from ..commands import decide, sealed
from ..evaluate.statistics import Interval
from ..evaluate.table import Line, Table
from ..evaluate.words import words
from ..project import Project
from .outputs import CompareOutput, CompareRow, DifferenceOutput
from .printing import emit


def compare(folder: Path, against: str, *, as_json: bool) -> None:
    """
    Raises:
        Mistake: something is stale, or there is no row of that name.
    """
    project = Project(folder)
    table = decide(project, sealed(project)[1].scorecards, against or None)
    output = CompareOutput(rows=tuple(_row(line) for line in table.lines), notes=table.notes)
    emit(output, as_json=as_json, text=lambda console: print_table(console, project, table))


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
