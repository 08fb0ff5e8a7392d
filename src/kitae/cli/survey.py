"""`kitae survey`: candidate bases beside each other, and which to take."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table as Grid

from ..core.quantity import How
from ..evaluate.choice import Pair
from ..plan.span import Span
from ..project import Project
from ..surveying import DEFAULT, Candidate, Sought, Survey, score, survey
from .printing import emit, pair, wrapping
from .progress import watcher
from .surveyed import CandidateOutput, ComparedOutput, ScoreOutput, SurveyOutput

__all__ = ["DEFAULT", "Sought", "tell"]


def tell(folder: Path, sought: Sought, *, as_json: bool) -> None:
    """
    Raises:
        Mistake: as `surveying.survey`.
    """
    look = watcher(as_json=as_json)
    try:
        found = survey(Project(folder), sought, look)
    finally:
        look.close()
    output = _output(found)
    emit(output, as_json=as_json, text=lambda console: _print(console, output))


def _output(found: Survey) -> SurveyOutput:
    decisive = [(found.decides, each) for each in found.choice.pairs]
    return SurveyOutput(
        decides=found.decides,
        candidates=tuple(_candidate(each) for each in found.candidates),
        compared=tuple(_compared(suite, each) for suite, each in [*decisive, *found.besides]),
        equals=found.choice.equals,
        recommended=found.choice.recommended,
        reasons=found.reasons,
        notes=found.notes,
    )


def _candidate(found: Candidate) -> CandidateOutput:
    takes, price, speed = found.takes, found.price, found.tokens_per_second
    unknown = dict(takes.unknown)
    if price.yen is None:
        unknown["yen_per_1000_answers"] = price.what
    if speed is None:
        unknown["tokens_per_second"] = "its server counts no tokens"
    known: dict[str, How] = {"scores": "measured", "tokens_per_second": "measured", "characters_per_token": "measured"}
    known |= {"serve_gib": "estimated", "train_gib": "estimated"}
    known |= {"yen_per_1000_answers": price.how} if price.how else {}
    return CandidateOutput(
        model=found.name,
        identity=found.identity.model_dump(),
        scores=tuple(_score(found, suite) for suite in found.found),
        parameters=takes.model.parameters if takes.model else None,
        characters_per_token=takes.characters_per_token,
        serve_gib=takes.serve_gib,
        train_gib=takes.train_gib,
        tokens_per_second=speed,
        licence=takes.licence,
        permitted=takes.permitted,
        terms=takes.terms,
        yen_per_1000_answers=price.yen,
        yen_from=price.what if price.yen is not None else "",
        known={name: how for name, how in known.items() if name not in unknown},
        unknown=unknown,
    )


def _score(found: Candidate, name: str) -> ScoreOutput:
    examined = found.found[name]
    told, suite = score(examined), examined.suite
    return ScoreOutput(
        suite=name,
        version=suite.version,
        by=examined.judged.judge if examined.judged else "program",
        questions=told.questions,
        of=suite.whole or told.questions,
        mean=told.mean,
        interval=pair(told.interval),
    )


def _compared(suite: str, found: Pair) -> ComparedOutput:
    return ComparedOutput(
        suite=suite,
        first=found.first,
        second=found.second,
        mean=found.difference.mean,
        interval=pair(found.difference.interval),
        questions=found.questions,
        needed=found.needed,
    )


def _print(console: Console, output: SurveyOutput) -> None:
    say, numbers = wrapping(console), {each.model: number for number, each in enumerate(output.candidates, start=1)}
    for name, number in numbers.items():
        say(f"{number}  {name}")
    for suite in (each.suite for each in output.candidates[0].scores):
        say("")
        console.print(_scores(output, suite, numbers))
    say("")
    console.print(_takes(output, numbers))
    for each in output.candidates:
        for column, why in each.unknown.items():
            say(f"{numbers[each.model]}: {column.replace('_', ' ')} not known: {why}")
    say("")
    say(f"recommended: {output.recommended or 'none'}")
    for reason in output.reasons:
        say(f"- {reason}")
    for note in output.notes:
        say(f"note: {note}")


def _scores(output: SurveyOutput, suite: str, numbers: dict[str, int]) -> Grid:
    own = {each.model: next(one for one in each.scores if one.suite == suite) for each in output.candidates}
    first = next(iter(own.values()))
    share = f"{first.questions} of {first.of} questions" if first.questions < first.of else f"{first.of} questions"
    decides = ", which decides" if suite == output.decides else ""
    grid = _grid(f"{suite}: {share}, scored by {first.by}{decides}", "", "score", "95 %", "difference", "to", "needed")
    pairs = {each.first: each for each in output.compared if each.suite == suite}
    for model, found in own.items():
        grid.add_row(
            str(numbers[model]),
            "-" if found.mean is None else f"{found.mean:.2f}",
            "-" if found.interval is None else f"{found.interval[0]:.2f}..{found.interval[1]:.2f}",
            *_difference(pairs.get(model), numbers),
        )
    return grid


def _difference(found: ComparedOutput | None, numbers: dict[str, int]) -> tuple[str, str, str]:
    if found is None or found.mean is None:
        return "", "", ""
    ends = f" ({found.interval[0]:+.2f}..{found.interval[1]:+.2f})" if found.interval else ""
    return f"{found.mean:+.2f}{ends}", str(numbers[found.second]), f"{found.needed:,}" if found.needed else "-"


def _takes(output: SurveyOutput, numbers: dict[str, int]) -> Grid:
    heads = ("chars a\ntoken", "GiB to\nserve", "GiB to\ntrain", "tokens\na second", "¥ for 1,000\nanswers")
    grid = _grid("what they take (~ estimated)", "", *heads, "licence", "permitted")
    grid.columns[-2].justify = grid.columns[-1].justify = "left"
    for each in output.candidates:
        about = "~" if each.known.get("yen_per_1000_answers") == "estimated" else ""
        grid.add_row(
            str(numbers[each.model]),
            _figure(each.characters_per_token, ".2f"),
            _middle(each.serve_gib),
            _middle(each.train_gib),
            _figure(each.tokens_per_second, ",.0f" if (each.tokens_per_second or 0) >= 10 else ".1f"),
            f"{about}{_figure(each.yen_per_1000_answers, ',.3g')}",
            each.licence or "-",
            each.permitted,
        )
    return grid


def _grid(title: str, *heads: str) -> Grid:
    grid = Grid(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for head in heads:
        grid.add_column(head, justify="right")
    return grid


def _middle(found: Span | None) -> str:
    return "-" if found is None else f"~{found.mid:.1f}"


def _figure(value: float | None, form: str) -> str:
    return "-" if value is None else f"{value:{form}}"
