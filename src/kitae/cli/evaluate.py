"""`kitae evaluate`: a model answers a suite, and a program or a judge rates it."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from ..core.mistakes import Mistake
from ..core.quantity import Money, parse_money
from ..examining import Examined, Judged, Wanted, examine
from ..naming import suite_names
from ..project import Project
from .compare import pair
from .examined import EstimateOutput, EvaluateOutput, JudgedOutput, SurfaceOutput
from .printing import emit
from .progress import watcher

__all__ = ["Wanted", "evaluate", "money"]


def money(written: str) -> Money | None:
    """
    Raises:
        Mistake: it is no amount of money.
    """
    return parse_money(written, where="--budget") if written else None


def evaluate(folder: Path, wanted: Wanted, *, as_json: bool) -> None:
    """
    Raises:
        Mistake: as `examining.examine`; or no suite or no model was named.
    """
    project = Project(folder)
    _check(project, wanted)
    look = watcher(as_json=as_json)
    try:
        found = examine(project, wanted, look)
    finally:
        look.close()
    output = _output(found)
    emit(output, as_json=as_json, text=lambda console: _tell(console, output))


def _check(project: Project, wanted: Wanted) -> None:
    if not wanted.suite:
        raise Mistake("no suite is named", where="--suite", hint=f"known are: {', '.join(suite_names(project))}")
    if not wanted.model:
        raise Mistake("no model is named", where="--model", hint="for example model/tuned or endpoint:NAME")


def _output(found: Examined) -> EvaluateOutput:
    program = found.program
    return EvaluateOutput(
        suite=found.suite.name,
        version=found.suite.version,
        model=found.model,
        identity=found.identity.model_dump(),
        answers=len(found.answers),
        program=program and EstimateOutput(n=program.n, mean=program.mean, interval=pair(program.interval)),
        surface=found.surfaces and SurfaceOutput.model_validate(found.surfaces.model_dump()),
        judged=found.judged and _judged(found.judged),
        notes=found.notes,
    )


def _judged(found: Judged) -> JudgedOutput:
    told = found.tally.model_dump(exclude={"model", "n_duplicate", "consistency", "notes", "interval"})
    return JudgedOutput(
        **told,
        interval=pair(found.tally.interval),
        judge=found.judge,
        identity=found.identity.model_dump(),
        protocol=found.protocol,
        why_failed=dict(found.why_failed),
        made=found.made,
        kept=found.kept,
        cost=str(found.money) if found.money else "",
        meaningless=found.tally.meaningless,
    )


def _tell(console: Console, output: EvaluateOutput) -> None:
    def say(line: str) -> None:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    say(f"{output.suite} ({output.version}): {output.answers} answers of {output.model}")
    if output.program and output.program.mean is not None:
        say(f"  right    {output.program.mean:.3f}  {_ends(output.program.interval)}  ({output.program.n} questions)")
    if output.judged:
        for line in _rating(output.judged):
            say(line)
    if output.surface:
        seen = output.surface
        shares = [f"{name.replace('_', ' ')} {getattr(seen, name):.0%}" for name in _SHARES if getattr(seen, name)]
        say(f"  answers  {seen.characters:.0f} characters; {', '.join(shares) or 'nothing wrong at first sight'}")
    for note in output.notes:
        say(f"note: {note}")


_SHARES = ("empty", "wrong_language", "refused", "cut_off", "loops")


def _rating(found: JudgedOutput) -> list[str]:
    mean = "none" if found.mean_published is None else f"{found.mean_published:.2f}"
    said = f"  {found.judge} gives {mean}  {_ends(found.interval)}  ({found.protocol}, {found.n} judgments)"
    lines = [said if not found.meaningless else f"{said}: means nothing, see below"]
    if found.n_failed:
        bounds = f"with them between {found.mean_low:.2f} and {found.mean_high:.2f}"
        lines.append(f"  {found.n_failed} judgments failed; {bounds}")
        lines += [f"    {count} × {why}" for why, count in found.why_failed.items()]
    figures = "  ".join(f"{name} {mean:.2f}" for name, mean in found.per_category.items() if name)
    lines += [f"  {figures}"] if figures else []
    cost = f", {found.cost} in all" if found.cost else ""
    return [*lines, f"  {found.made} judgments made now, {found.kept} kept{cost}"]


def _ends(interval: tuple[float, float] | None) -> str:
    return f"{interval[0]:.2f}..{interval[1]:.2f}" if interval else "no interval"
