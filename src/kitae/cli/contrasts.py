"""`kitae compare A B` for examined models: by how much one is better, suite by suite."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from rich.console import Console
from rich.table import Table as Grid

from ..comparing import Cell, Compared, Match
from ..core.mistakes import Mistake, Refused
from ..evaluate.clusters import Category
from ..evaluate.contrast import Contrast
from ..evaluate.judging.tally import Tally
from ..evaluate.margins import Margins, behind, check_categories
from ..evaluate.statistics import Interval
from ..project import Project
from .outputs import CategoryOutput, CompareOutput, ContrastOutput, MatchOutput
from .printing import pair, span, wrapping


def output(found: Compared) -> CompareOutput:
    return CompareOutput(
        rows=(),
        contrasts=tuple(map(_contrast, found.cells)),
        matches=tuple(map(_match, found.matches)),
        notes=found.notes,
    )


def _contrast(cell: Cell) -> ContrastOutput:
    found = cell.contrast
    difference = found.difference if found else None
    told = cell.tallies
    return ContrastOutput(
        suite=cell.suite,
        judge=cell.judge,
        protocol=cell.protocol,
        refused=cell.refused,
        means=found.means if found else None,
        failed=(told[0].n_failed, told[1].n_failed) if told else None,
        bounds=(_bounds(told[0]), _bounds(told[1])) if told else None,
        mean=difference.mean if difference else None,
        interval=pair(difference.interval) if difference else None,
        questions=found.questions if found else 0,
        n=difference.n if difference else 0,
        better=difference.better if difference else 0,
        worse=difference.worse if difference else 0,
        detectable=(difference.detectable or None) if difference else None,
        needed=found.needed if found else None,
        per_category=tuple(map(_category, found.per_category)) if found else (),
        doubts=dict(cell.doubts),
        notes=found.notes if found else (),
    )


def _match(found: Match) -> MatchOutput:
    games, told = found.games, found.tally
    return MatchOutput(
        suite=found.suite,
        judge=found.judge,
        protocol=found.protocol,
        wins=games.wins,
        ties=games.ties,
        losses=games.losses,
        win_rate=told.mean_published,
        interval=pair(told.interval),
        n=told.n,
        failed=told.n_failed,
        bounds=_bounds(told),
        consistency=told.consistency,
        doubts=dict(found.doubts),
        notes=found.notes,
    )


def _bounds(found: Tally) -> tuple[float, float]:
    return found.mean_low, found.mean_high


def _category(found: Category) -> CategoryOutput:
    return CategoryOutput.model_validate(found.model_dump(exclude={"interval"}) | {"interval": pair(found.interval)})


def tell(console: Console, found: Compared) -> None:
    say = wrapping(console)
    say(f"A  {found.first}")
    say(f"B  {found.second}")
    for cell in found.cells:
        by = f"judged by {cell.judge} ({cell.protocol})" if cell.judge else "scored by program"
        say(f"\n{cell.suite}, {by}")
        if cell.contrast is None:
            say(f"  not compared: {cell.refused}")
        else:
            _tell_one(console, say, cell.contrast)
        if cell.tallies:
            _tell_failed(say, *cell.tallies)
        _tell_doubts(say, cell.doubts)
    for match in found.matches:
        say(f"\n{match.suite}, compared in pairs by {match.judge} ({match.protocol})")
        _tell_match(say, match)
    for note in found.notes:
        say(f"note: {note}")


def _tell_failed(say: Callable[[str], None], one: Tally, two: Tally) -> None:
    if one.n_failed or two.n_failed:
        told = (f"{name} {each.n_failed} of {each.n}, {_ends_of(each)}" for name, each in (("A", one), ("B", two)))
        say(f"  failed judgments, and the mean that they leave open: {'; '.join(told)}")


def _ends_of(found: Tally) -> str:
    return f"{found.mean_low:.2f}..{found.mean_high:.2f}"


def _tell_doubts(say: Callable[[str], None], doubts: Mapping[str, str]) -> None:
    for why in doubts.values():
        say(f"  doubt: {why}")


def _tell_match(say: Callable[[str], None], found: Match) -> None:
    games, told = found.games, found.tally
    rate = "-" if told.mean_published is None else f"{told.mean_published:.2f}"
    say(f"  A wins {games.wins}, ties {games.ties}, loses {games.losses}: {rate}  {span(told.interval)}".rstrip())
    if told.consistency is not None:
        say(f"  both orders had the same result in {told.consistency:.0%}")
    if told.n_failed:
        say(f"  {told.n_failed} of {told.n} games failed, which leaves {_ends_of(told)} open")
    _tell_doubts(say, found.doubts)
    for note in found.notes:
        say(f"  note: {note}")


def _tell_one(console: Console, say: Callable[[str], None], found: Contrast) -> None:
    difference = found.difference
    say(f"  A {found.means[0]:.2f}  B {found.means[1]:.2f}  difference {_signed(difference.mean)}  {_ends(found)}")
    # Where nothing differs, nothing tells what would be seen.
    seen = f"; {difference.detectable:.2f} would be seen" if difference.detectable else ""
    say(f"  {found.questions} questions, better {difference.better}, worse {difference.worse}{seen}")
    if found.needed is not None:
        say(f"  {found.needed} questions would show a difference of this size")
    if found.per_category:
        console.print(_grid(found))
    for note in found.notes:
        say(f"  note: {note}")


def _grid(found: Contrast) -> Grid:
    grid = Grid(box=None, pad_edge=False, padding=(0, 1, 0, 2))
    grid.add_column("category", overflow="fold")
    for head in ("n", "difference", "95 %", "p", "Holm"):
        grid.add_column(head, justify="right", no_wrap=True)
    for each in found.per_category:
        cells = (str(each.n), f"{each.mean:+.2f}", _span(each.interval), f"{each.p:.3f}", f"{each.adjusted:.3f}")
        grid.add_row(each.name, *cells)
    return grid


def _ends(found: Contrast) -> str:
    return _span(found.difference.interval) or "no interval"


def _span(interval: Interval | None) -> str:
    return f"{interval.low:+.2f}..{interval.high:+.2f}" if interval else ""


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+.2f}"


def gate(project: Project, found: Compared, margins: Margins, despite: Collection[str] = ()) -> None:
    """Lets the first model pass where it is shown to be at most the margin worse, failures counted against it.

    Args:
        despite: Doubts about a judge that do not count.

    Raises:
        Mistake: nothing but games was compared, or a margin of a category that was not.
        Refused: a judge may not decide; or the first may be worse somewhere, or may not be compared there.
    """
    if not found.cells:
        what = "a gate goes by ratings and by what programs score, and here a judge compared pairs alone"
        raise Mistake(what, where="--gate", hint="`kitae evaluate` both with the same suite and judge")
    _check_judges(found, despite)
    check_categories(margins.categories, {each for cell in found.cells for each in _categories(cell)}, "--margin")
    told = [f"{cell.suite}: {why}" for cell in found.cells for why in _short(project, cell, margins)]
    if told:
        raise Refused(
            f"`{found.first}` is not shown to be as good as `{found.second}`",
            where="; ".join(told),
            hint="more questions make the interval narrower; a larger --margin lets more pass",
        )


def _check_judges(found: Compared, despite: Collection[str]) -> None:
    doubts = {why: name for cell in found.cells for name, why in cell.doubts.items() if name not in despite}
    if doubts:
        options = " ".join(f"--despite {name}" for name in dict.fromkeys(doubts.values()))
        raise Refused(
            "the judge may not decide",
            where="; ".join(doubts),
            hint=f"`kitae judge calibrate` and `kitae judge drift` tell more; `{options}` lets it decide as it is",
        )


def _short(project: Project, cell: Cell, margins: Margins) -> list[str]:
    if cell.strict is None:
        return [f"not compared: {cell.refused}"]
    written = project.file.gates.get(cell.suite)
    if written:
        check_categories(written.categories, _categories(cell), f"[gates.{cell.suite}] in kitae.toml")
    return behind(cell.strict, margins.over(written))


def _categories(cell: Cell) -> set[str]:
    return {each.name for each in cell.contrast.per_category} if cell.contrast else set()
