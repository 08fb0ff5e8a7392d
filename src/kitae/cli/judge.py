"""`kitae judge calibrate`: how far a judge can be believed."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table as Grid

from ..calibrating import Held, look
from ..calibrating import calibrate as hold
from ..core.mistakes import Refused
from ..evaluate.judging.agreement import Figure
from ..evaluate.judging.calibrate import Agreement, Calibration
from ..project import Project
from .outputs import AgreementOutput, CalibrateOutput, CorrectedOutput, FigureOutput
from .printing import emit, pair, span, wrapping


def calibrate(folder: Path, held: Held, *, gate: bool, as_json: bool) -> None:
    """
    Raises:
        Mistake: as `calibrating.look` and `calibrating.calibrate`.
        Refused: with `gate`, the judge is below the bar.
    """
    found = hold(Project(folder), held) if held.judge else look(held)
    emit(_output(found), as_json=as_json, text=lambda console: _print(console, found))
    if gate and not found.accepted:
        raise Refused("the judge is not accepted", where=found.why, hint="take a stronger judge, or better references")


def _output(found: Calibration) -> CalibrateOutput:
    return CalibrateOutput(
        models=found.models,
        overall=_agreement(found.overall),
        rank=FigureOutput.model_validate(found.rank.model_dump()),
        per_category={name: _agreement(each) for name, each in found.per_category.items()},
        corrected=tuple(
            CorrectedOutput.model_validate(each.model_dump(exclude={"interval"}) | {"interval": pair(each.interval)})
            for each in found.corrected
        ),
        bar=found.bar,
        accepted=found.accepted,
        why=found.why,
    )


def _agreement(found: Agreement) -> AgreementOutput:
    told = found.model_dump(exclude={"bias_interval"}) | {"bias_interval": pair(found.bias_interval)}
    return AgreementOutput.model_validate(told)


def _print(console: Console, found: Calibration) -> None:
    say = wrapping(console)
    console.print(_agreements(found))
    say(f"\norder of {found.models} models: rank correlation {_figure(found.rank)}\n")
    console.print(_corrected(found))
    say(f"{'accepted' if found.accepted else 'not accepted'}: {found.why}")


def _agreements(found: Calibration) -> Grid:
    grid = Grid("", box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for head in ("n", "same", "±1", "kappa", "95 %", "ranks", "95 %", "bias", "95 %"):
        grid.add_column(head, justify="right", no_wrap=True)
    for name, each in {"all": found.overall, **found.per_category}.items():
        grid.add_row(
            name,
            str(each.n),
            _number(each.same),
            _number(each.within_one),
            _number(each.kappa.value),
            _span(each.kappa.low, each.kappa.high),
            _number(each.spearman.value),
            _span(each.spearman.low, each.spearman.high),
            "-" if each.bias is None else f"{each.bias:+.2f}",
            span(each.bias_interval),
        )
    return grid


def _corrected(found: Calibration) -> Grid:
    grid = Grid("model", box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for head in ("judged", "labels", "corrected", "95 %"):
        grid.add_column(head, justify="right", no_wrap=True)
    for each in found.corrected:
        grid.add_row(each.model, f"{each.judged:.2f}", str(each.labelled), _number(each.mean), span(each.interval))
    return grid


def _figure(found: Figure) -> str:
    return f"{_number(found.value)} {_span(found.low, found.high)}".rstrip()


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _span(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:.2f}..{high:.2f}"
