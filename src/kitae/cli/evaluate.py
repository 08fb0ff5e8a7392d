"""`kitae evaluate`: a model answers a suite, and a program or a judge rates it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rich.cells import cell_len, set_cell_size
from rich.console import Console

from ..core.mistakes import Mistake
from ..core.quantity import Money, parse_budget
from ..evaluate.judging.panel import Panel
from ..evaluate.judging.standing import version_of
from ..evaluate.statistics import Estimate
from ..evaluate.surface import Surfaces
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
    program, marks, f1, bits = found.program, found.marks, found.f1, found.bits_per_character
    return EvaluateOutput(
        suite=found.suite.name,
        version=found.suite.version,
        model=found.model,
        identity=found.identity.model_dump(),
        answers=len(found.answers),
        refused=len(found.took.refused),
        cost=str(found.took.money or ""),
        cost_against=str((found.theirs and found.theirs.money) or ""),
        program=program and _estimate(program),
        program_bounds=pair(marks.bounds) if marks else None,
        per_category={name: _estimate(each) for name, each in marks.per_category.items()} if marks else {},
        figures={name: _estimate(each) for name, each in marks.figures.items()} if marks else {},
        f1=f1 and f1.mean,
        f1_interval=pair(f1.interval) if f1 else None,
        bits_per_character=bits and bits.mean,
        bits_interval=pair(bits.interval) if bits else None,
        surface=found.surfaces and _surface(found.surfaces),
        judged=found.judged and _judged(found.judged),
        more=tuple(map(_judged, found.more)),
        panel=found.panel and _panel(found, found.panel),
        notes=found.notes,
    )


def _estimate(found: Estimate) -> EstimateOutput:
    return EstimateOutput(n=found.n, mean=found.mean, interval=pair(found.interval))


def _surface(found: Surfaces) -> SurfaceOutput:
    ends = {name: (each.low, each.high) for name, each in found.intervals.items()}
    return SurfaceOutput(**found.model_dump(exclude={"intervals"}), intervals=ends)


def _judged(found: Judged) -> JudgedOutput:
    told = found.tally.model_dump(exclude={"model", "n_duplicate", "consistency", "notes", "interval"})
    return JudgedOutput(
        **told,
        interval=pair(found.tally.interval),
        category_intervals={name: pair(each.interval) for name, each in found.per_category.items()},
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
    for line in _scored(output):
        say(line)
    for each in (*((output.judged,) if output.judged else ()), *output.more):
        for line in _rating(each):
            say(line)
    if output.panel:
        for line in _together(output.panel):
            say(line)
    for line in _seen(output.surface) if output.surface else ():
        say(line)
    if output.bits_per_character is not None:
        say(f"  asked    {output.bits_per_character:.2f} bits a character  {_ends(output.bits_interval)}")
    for money, model in ((output.cost, output.model), (output.cost_against, "the other model")):
        if money:
            say(f"  paid     {money} in all for the answers of {model}")
    for note in output.notes:
        say(f"note: {note}")


def _scored(output: EvaluateOutput) -> list[str]:
    """What a program says."""
    right = output.program
    if right is None or right.mean is None:
        return []
    lines = [f"  right    {right.mean:.3f}  {_ends(right.interval)}  ({right.n} questions)"]
    if output.program_bounds:
        between = " and ".join(f"{end:.3f}" for end in output.program_bounds)
        told = f"{output.refused} by the endpoint for good, counted as wrong"
        lines.append(f"  refused  {told}; with them the share is between {between}")
    if output.f1 is not None:
        lines.append(f"  F1       {output.f1:.3f}  {_ends(output.f1_interval)}")
    figures = {**output.figures, **output.per_category}
    width = max(map(cell_len, figures), default=0)
    names = {name: set_cell_size(name.replace("_", " "), width) for name in figures}
    return [*lines, *(f"  {names[name]}  {_figure(each)}" for name, each in figures.items())]


def _figure(found: EstimateOutput) -> str:
    return "-" if found.mean is None else f"{found.mean:.2f}  {_ends(found.interval)}  ({found.n})"


_SEEN = {
    "japanese": "Japanese letters",
    "wrong_language": "wrong language",
    "refused": "refusals",
    "cut_off": "cut off",
    "repetition": "repetition",
    "loops": "loops",
    "empty": "empty",
}


def _seen(found: SurfaceOutput) -> list[str]:
    """What the answers look like; of a language that nobody asked for none is wrong."""
    shares = ((told, getattr(found, name), found.intervals.get(name)) for name, told in _SEEN.items())
    told = [f"{name} {share:.0%}{_percent(ends)}" for name, share, ends in shares if share is not None]
    length = found.intervals.get("characters")
    between = f" ({length[0]:.0f}..{length[1]:.0f})" if length else ""
    lines = [told[place : place + 2] for place in range(0, len(told), 2)]
    length_told = f"  answers  {found.characters:.0f} characters{between}"
    return [length_told, *(f"           {', '.join(each)}" for each in lines)]


def _percent(ends: tuple[float, float] | None) -> str:
    return f" ({ends[0]:.0%}..{ends[1]:.0%})" if ends else ""


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
    intervals = found.category_intervals
    lines += [f"  {name}  {mean:.2f}  {_ends(intervals.get(name))}" for name, mean in found.per_category.items()]
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
