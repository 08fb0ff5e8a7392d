"""`kitae evaluate rescore`: published judgments, counted again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table as Grid

from ..evaluate.judging.rescore import rescore as count
from ..evaluate.judging.tally import Tally
from .outputs import JudgedModel, RescoreOutput
from .printing import emit, pair, span


def rescore(files: Sequence[Path], protocol: str, *, as_json: bool) -> None:
    """
    Raises:
        Mistake: a file that is missing or of another kind, or one model by two judges.
    """
    tallies = count(files, protocol)
    output = RescoreOutput(models=tuple(_model(each) for each in tallies))
    emit(output, as_json=as_json, text=lambda console: _print(console, tallies))


def _model(tally: Tally) -> JudgedModel:
    return JudgedModel.model_validate(tally.model_dump(exclude={"interval"}) | {"interval": pair(tally.interval)})


def _print(console: Console, tallies: Sequence[Tally]) -> None:
    grid = Grid(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    grid.add_column("model", overflow="fold", max_width=32)
    for head in ("n", "failed", "twice", "mean", "if failures\nare counted", "95 %"):
        grid.add_column(head, justify="right", no_wrap=True)
    for each in tallies:
        grid.add_row(*_cells(each))
    console.print(grid)
    for each in tallies:
        for note in (*_consistency(each), *each.notes):
            console.print(f"{each.model}: {note}", markup=False)


def _cells(tally: Tally) -> tuple[str, ...]:
    return (
        tally.model,
        str(tally.n),
        str(tally.n_failed),
        str(tally.n_duplicate),
        "-" if tally.mean_published is None else f"{tally.mean_published:.3f}",
        f"{tally.mean_low:.2f}..{tally.mean_high:.2f}" if tally.n_failed else "",
        span(tally.interval),
    )


def _consistency(tally: Tally) -> list[str]:
    if tally.consistency is None:
        return []
    return [f"{tally.consistency:.1%} of the games have the same result in both orders"]
