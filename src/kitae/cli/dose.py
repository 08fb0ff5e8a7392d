"""`kitae dose`: how much is learnt from how many dialogues, and for how much."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table as Grid

from ..commands import Dose, doses
from ..evaluate.table import Line
from ..project import Project
from .outputs import DoseLine, DoseOutput
from .printing import duration, emit, pair, span
from .progress import watcher


def dose(folder: Path, *, as_json: bool) -> None:
    look = watcher(as_json=as_json)
    try:
        found = doses(Project(folder), look)
    finally:
        look.close()
    output = DoseOutput(doses=tuple(_line(each, line) for each in found for line in each.lines))
    emit(output, as_json=as_json, text=lambda console: _print(console, found))


def _print(console: Console, found: list[Dose]) -> None:
    """A grid for each suite and way; gains are against the model that learnt from nothing."""
    for suite, way in dict.fromkeys((line.suite, line.way) for each in found for line in each.lines):
        grid = Grid(title=f"{suite}, {way}", title_justify="left", box=None, pad_edge=False, padding=(0, 1, 0, 0))
        for head in ("learnt", "dialogues", "tokens", "in", "yen", "right", "95 %"):
            grid.add_column(head, justify="right")
        for each in found:
            line = next((line for line in each.lines if (line.suite, line.way) == (suite, way)), None)
            if line is not None:
                grid.add_row(*_cells(each, line))
        console.print(grid)
    console.print("learnt from none: the base, with examples where passages are shown", markup=False)


def _cells(each: Dose, line: Line) -> tuple[str, ...]:
    return (
        f"{each.share:.0%}",
        f"{each.dialogues:,}",
        f"{each.tokens:,}",
        duration(each.seconds),
        f"{each.yen:,.0f}",
        f"{line.right_n}/{line.n}",
        span(line.interval),
    )


def _line(each: Dose, line: Line) -> DoseLine:
    return DoseLine(
        share=each.share,
        model=each.model,
        dialogues=each.dialogues,
        tokens=each.tokens,
        seconds=each.seconds,
        yen=each.yen,
        suite=line.suite,
        way=line.way,
        n=line.n,
        right=line.right,
        interval=pair(line.interval),
        right_answerable=line.right_answerable,
        interval_answerable=pair(line.interval_answerable),
    )
