"""`kitae judge calibrate`: how far a judge can be believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table as Grid

from ..core.mistakes import Mistake, Refused, nearest
from ..evaluate.judging.calibrate import Agreement, Calibration
from ..evaluate.judging.calibrate import calibrate as hold
from ..evaluate.judging.published import Row, read_judgments, read_lines
from ..evaluate.judging.standing import remember
from ..evaluate.judging.tally import categories_of
from ..evaluate.judging.votes import KEYS, read_votes
from ..naming import judge_version
from ..project import Project
from .outputs import AgreementOutput, CalibrateOutput, CorrectedOutput, FigureOutput
from .printing import emit, pair, span


@dataclass(frozen=True)
class Held:
    """What is held against what."""

    files: Sequence[Path]
    against: Path
    protocol: str
    judge: str
    """Of `[judges]`; empty where only files are looked at, and no project is needed."""
    bar: float


def calibrate(folder: Path, held: Held, *, gate: bool, as_json: bool) -> None:
    """
    Raises:
        Mistake: a file that is missing or of another kind, no judge of that name, or no answer has both.
        Refused: with `gate`, the judge is below the bar.
    """
    project = Project(folder) if held.judge else None
    bar = _bar(project, held.judge) if project else held.bar
    judged = read_judgments(held.files, held.protocol)
    found = hold(judged, _labels(held.against, held.protocol), categories_of(judged), bar)
    if project:
        remember(project.records, held.judge, found, held.files, held.against, _version(project, held.judge))
    emit(_output(found), as_json=as_json, text=lambda console: _print(console, found))
    if gate and not found.accepted:
        raise Refused("the judge is not accepted", where=found.why, hint="take a stronger judge, or better references")


def _bar(project: Project, judge: str) -> float:
    judges = project.file.judges
    if judge not in judges:
        raise Mistake(f"no judge `{judge}`", where="[judges] in kitae.toml", hint=nearest(judge, judges))
    return judges[judge].at_least


def _version(project: Project, judge: str) -> str:
    """Which model it is; empty where it is not on this machine, since files of its judgments are enough here."""
    try:
        return judge_version(project, judge)
    except Mistake:
        return ""


def _labels(file: Path, protocol: str) -> list[Row]:
    first = next((line for line, _ in read_lines(file)), {})
    return read_votes(file) if first.keys() >= KEYS else read_judgments([file], protocol)


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
    console.print(_agreements(found))
    console.print(_corrected(found))
    console.print(f"{'accepted' if found.accepted else 'not accepted'}: {found.why}", markup=False)


def _agreements(found: Calibration) -> Grid:
    grid = Grid("", box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for head in ("n", "same", "kappa", "95 %", "ranks", "95 %", "bias", "95 %"):
        grid.add_column(head, justify="right", no_wrap=True)
    for name, each in {"all": found.overall, **found.per_category}.items():
        grid.add_row(
            name,
            str(each.n),
            _number(each.same),
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


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _span(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:.2f}..{high:.2f}"
