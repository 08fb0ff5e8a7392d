"""The decision table, as commands print it, and the gate for one of its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table as Grid

from ..core.mistakes import Mistake, Refused, nearest
from ..evaluate.margins import Margins, check_categories, short_of
from ..evaluate.recipe import GateRecipe
from ..evaluate.table import Line, Table
from ..evaluate.words import words
from ..project import Project
from .outputs import CompareOutput, CompareRow, DifferenceOutput
from .printing import pair, span


def output(table: Table) -> CompareOutput:
    return CompareOutput(rows=tuple(_row(line) for line in table.lines), contrasts=(), matches=(), notes=table.notes)


def gate(project: Project, table: Table, row: str, margins: Margins) -> None:
    """Lets a row pass where it is shown on every suite to be at most the margin worse.

    Raises:
        Mistake: a margin of a category, which rows have not.
        Refused: on some suite the interval of the difference reaches below the margin.
    """
    lines = [line for line in table.lines if line.row == row]
    check_categories(margins.categories, (), "--margin")
    for suite in {line.suite for line in lines} & project.file.gates.keys():
        check_categories(project.file.gates[suite].categories, (), f"[gates.{suite}] in kitae.toml")
    allowed = {suite: margins.over(written).whole or 0.0 for suite, written in _gates(project, lines)}
    if told := behind(lines, allowed):
        raise Refused(
            f"`{row}` may be worse than the margin allows",
            where="; ".join(told),
            hint="more questions make the interval narrower; a larger --margin lets more pass",
        )


def _gates(project: Project, lines: Sequence[Line]) -> list[tuple[str, GateRecipe | None]]:
    return [(line.suite, project.file.gates.get(line.suite)) for line in lines]


def behind(lines: Sequence[Line], margins: Mapping[str, float]) -> list[str]:
    """The suites on which a row has not been shown to be at most the suite's margin worse, and why."""
    found = {line.suite: line.difference.interval if line.difference else None for line in lines}
    return [f"{suite}: {why}" for suite, interval in found.items() if (why := short_of(interval, margins[suite]))]


def with_row(table: Table, row: str) -> Table:
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


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


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
