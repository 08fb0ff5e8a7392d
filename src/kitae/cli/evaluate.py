"""`kitae evaluate`: a model answers a suite, and a program or a judge rates it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rich.console import Console

from ..core.mistakes import Mistake
from ..core.quantity import Money, parse_budget
from ..evaluate.judging.panel import Panel
from ..evaluate.judging.standing import version_of
from ..examining import Examined, Judged, Wanted, examine
from ..project import Project
from ..suites import suite_names
from .examined import EstimateOutput, EvaluateOutput, GamesOutput, JudgedOutput, PanelOutput, SurfaceOutput
from .outputs import FigureOutput
from .printing import emit, pair
from .progress import watcher

__all__ = ["Wanted", "evaluate", "listed", "money"]


def listed(written: Iterable[str]) -> list[str]:
    """`--judge a --judge b`, or `--judge a,b`."""
    return [name.strip() for each in written for name in each.split(",") if name.strip()]


def money(written: str) -> Money | None:
    """
    Raises:
        Mistake: it is no amount of money.
    """
    return parse_budget(written, where="--budget") if written else None


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
        f1=found.f1,
        bits_per_character=found.bits_per_character,
        surface=found.surfaces and SurfaceOutput.model_validate(found.surfaces.model_dump()),
        judged=found.judged and _judged(found.judged),
        more=tuple(map(_judged, found.more)),
        panel=found.panel and _panel(found, found.panel),
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
        against=found.against,
        games=found.games and GamesOutput(wins=found.games.wins, ties=found.games.ties, losses=found.games.losses),
        consistency=found.tally.consistency,
    )


def _panel(found: Examined, panel: Panel) -> PanelOutput:
    names = {version_of(each.identity): each.judge for each in _judges(found)}
    return PanelOutput(
        n=panel.n,
        alpha=FigureOutput.model_validate(panel.alpha.model_dump()),
        per_judge={names[version]: mean for version, mean in panel.per_judge.items()},
        mean=panel.together.mean,
        interval=pair(panel.together.interval),
    )


def _judges(found: Examined) -> list[Judged]:
    return [found.judged, *found.more] if found.judged else []


def _tell(console: Console, output: EvaluateOutput) -> None:
    def say(line: str) -> None:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    say(f"{output.suite} ({output.version}): {output.answers} answers of {output.model}")
    if output.program and output.program.mean is not None:
        said = f"{output.program.mean:.3f}  {_ends(output.program.interval)}  ({output.program.n} questions)"
        say(f"  right    {said}" + ("" if output.f1 is None else f", F1 {output.f1:.3f}"))
    for each in (*((output.judged,) if output.judged else ()), *output.more):
        for line in _rating(each):
            say(line)
    if output.panel:
        for line in _together(output.panel):
            say(line)
    if output.surface:
        seen = output.surface
        shares = [f"{name.replace('_', ' ')} {getattr(seen, name):.0%}" for name in _SHARES if getattr(seen, name)]
        say(f"  answers  {seen.characters:.0f} characters; {', '.join(shares) or 'nothing wrong at first sight'}")
    if output.bits_per_character is not None:
        say(f"  asked    {output.bits_per_character:.2f} bits a character")
    for note in output.notes:
        say(f"note: {note}")


_SHARES = ("empty", "wrong_language", "refused", "cut_off", "loops")


def _rating(found: JudgedOutput) -> list[str]:
    mean = "none" if found.mean_published is None else f"{found.mean_published:.2f}"
    gives = f"gives a win rate of {mean}" if found.against else f"gives {mean}"
    counted = f"{found.n} {'games in both orders' if found.against else 'judgments'}"
    said = f"  {found.judge} {gives}  {_ends(found.interval)}  ({found.protocol}, {counted})"
    lines = [said if not found.meaningless else f"{said}: means nothing, see below", *_games(found)]
    if found.n_failed:
        bounds = f"with them between {found.mean_low:.2f} and {found.mean_high:.2f}"
        lines.append(f"  {found.n_failed} judgments failed; {bounds}")
        lines += [f"    {count} × {why}" for why, count in found.why_failed.items()]
    figures = "  ".join(f"{name} {mean:.2f}" for name, mean in found.per_category.items() if name)
    lines += [f"  {figures}"] if figures else []
    cost = f", {found.cost} in all" if found.cost else ""
    return [*lines, f"  {found.made} judgments made now, {found.kept} kept{cost}"]


def _games(found: JudgedOutput) -> list[str]:
    if found.games is None:
        return []
    share, games = found.consistency, found.games
    same = "none was readable" if share is None else f"{share:.0%} with the same result in both orders"
    return [f"  against {found.against}", f"  won {games.wins}, tied {games.ties}, lost {games.losses}; {same}"]


def _together(found: PanelOutput) -> list[str]:
    alpha = found.alpha
    told = "not defined: every rating is the same" if alpha.value is None else f"{alpha.value:.2f}"
    ends = f"  {alpha.low:.2f}..{alpha.high:.2f}" if alpha.low is not None and alpha.high is not None else ""
    means = "  ".join(f"{name} {mean:.2f}" for name, mean in found.per_judge.items())
    mean = "none" if found.mean is None else f"{found.mean:.2f}"
    return [
        f"  Krippendorff's alpha {told}{ends}  ({found.n} that all rated)",
        f"  {means}  together {mean}  {_ends(found.interval)}",
    ]


def _ends(interval: tuple[float, float] | None) -> str:
    return f"{interval[0]:.2f}..{interval[1]:.2f}" if interval else "no interval"
