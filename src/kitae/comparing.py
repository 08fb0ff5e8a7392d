"""Two examined models, from the records alone: on each suite and under each judge, by how much one is better."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from .books import Book, book_of
from .core.mistakes import Mistake, nearest
from .core.records import Records
from .evaluate.contrast import Contrast, of_marks
from .evaluate.judging.alike import (
    CONDITIONS,
    DOUBTS,
    check_names,
    conditions_of,
    conditions_of_answer,
    refuse_unlike,
)
from .evaluate.judging.asked import Answer
from .evaluate.judging.contrast import contrast, key_of
from .evaluate.judging.match import matched
from .evaluate.judging.protocol import TEN
from .evaluate.judging.request import JUDGMENTS, Judgment
from .evaluate.judging.rows import rows_of, tally_of
from .evaluate.judging.standing import doubts
from .evaluate.judging.tally import Tally, tally
from .naming import judge_version, judges
from .project import Project
from .rating import Games, games_of
from .suites import Asked, suite_named, suite_names


@dataclass(frozen=True)
class Pairing:
    """What is to be compared, in the words of the command line."""

    first: str
    second: str
    suite: str = ""
    """All that both were asked when empty."""
    judge: str = ""
    """All of them when empty, and what programs score."""
    despite: tuple[str, ...] = ()
    """Conditions that may differ, each of which becomes a note; doubts about a judge that do not keep a gate shut."""


@dataclass(frozen=True)
class Cell:
    """Two models on one suite, under one judge or by program."""

    suite: str
    judge: str
    """Empty where a program scores."""
    protocol: str
    contrast: Contrast | None
    """`None` where they may not be compared."""
    refused: str = ""
    """Why not."""
    strict: Contrast | None = None
    """With what could not be read counted against the first: what a gate goes by."""
    tallies: tuple[Tally, Tally] | None = None
    """Under a judge: of both, on all answers that both gave; how many judgments failed, and what that bounds."""
    doubts: Mapping[str, str] = field(default_factory=dict)
    """Why the judge may not decide, by the names of `alike.DOUBTS`."""


@dataclass(frozen=True)
class Match:
    """Two models whose answers one judge compared, seen from the first."""

    suite: str
    judge: str
    protocol: str
    games: Games
    tally: Tally
    """Its mean is the share that the first won, a tie half a win."""
    doubts: Mapping[str, str]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Compared:
    """All that can be said of two models."""

    first: str
    second: str
    cells: tuple[Cell, ...]
    notes: tuple[str, ...]
    matches: tuple[Match, ...] = ()
    """Where a judge compared the two beside each other."""


def compare_examined(project: Project, wanted: Pairing) -> Compared:
    """Holds two examined models against each other.

    Raises:
        Mistake: a model that was not examined, or a name that stands for several; a suite or a judge that is not known;
            nothing that both were asked, or nothing that may be compared.
    """
    check_names(wanted.despite)
    one, two = (book_of(project, name) for name in (wanted.first, wanted.second))
    if one.name == two.name:
        raise Mistake(f"{one.name} would be compared with itself", hint="name two models")
    _check_suite(project, one, two, wanted.suite)
    judge = judge_version(project, wanted.judge) if wanted.judge else ""
    known = _Judges(project.records, _judge_names(project))
    scored = [] if judge else _scored_suites(project, wanted.suite)
    cells = [*_judged(one, two, wanted, judge, known), *_scored(one, two, scored, wanted)]
    matches = tuple(_matches(one, two, wanted, judge, known))
    if not matches and not any(cell.contrast for cell in cells):
        raise _nothing(one, two, wanted, cells)
    return Compared(one.name, two.name, tuple(cells), tuple(_alone(one, two, scored, wanted.suite)), matches)


def _check_suite(project: Project, one: Book, two: Book, suite: str) -> None:
    """It is one of the project's, or one that was judged before it was taken out."""
    known = {*suite_names(project), *one.suites, *two.suites}
    if suite and suite not in known:
        raise Mistake(f"no suite `{suite}`", where="--suite", hint=nearest(suite, known))


def _alone(one: Book, two: Book, scored: Sequence[Asked], wanted: str) -> Iterator[str]:
    """What was asked of one of them only."""
    for mine, other in ((one, two), (two, one)):
        for suite in mine.suites:
            if suite not in other.suites and wanted in ("", suite):
                yield f"{suite}: a judge rated {mine.name} alone"
        for each in scored:
            if _answers_to(each, mine) and not _answers_to(each, other):
                yield f"{each.name}: {mine.name} alone has answers to it as it is now"


def _nothing(one: Book, two: Book, wanted: Pairing, cells: Sequence[Cell]) -> Mistake:
    models = f"{one.name} and {two.name}"
    if cells:
        told = "; ".join(f"{cell.suite}: {cell.refused}" for cell in cells)
        return Mistake(
            told,
            where=models,
            hint="measure both with the same; `--despite NAME` is for what you know not to matter",
        )
    on = f" on {wanted.suite}" if wanted.suite else ""
    by = f" by {wanted.judge}" if wanted.judge else ""
    return Mistake(
        f"there is nothing that both were asked{on} and rated{by}",
        where=models,
        hint="`kitae evaluate` with the same suite and judge for both",
    )


# What judges say


def _judge_names(project: Project) -> dict[str, str]:
    """What judges behind endpoints are called in the project, by their versions."""
    own = project.file.judges
    named = [name for name in judges(project) if name not in own or own[name].endpoint]
    return {judge_version(project, name): name for name in named}


@dataclass(frozen=True)
class _Judges:
    """What is known of those who judged."""

    records: Records
    names: Mapping[str, str]
    """In the project, by their versions."""

    def name(self, version: str) -> str:
        return self.names.get(version, version)

    def doubts(self, judgments: Iterable[Judgment]) -> dict[str, str]:
        """Why those who made them may not decide, by the names of `alike.DOUBTS`."""
        made = dict.fromkeys((each.about.judge, each.about.protocol) for each in judgments)
        found = [doubts(self.records, self.name(version), version, protocol) for version, protocol in made]
        told = {name: "; ".join(dict.fromkeys(each[name] for each in found if name in each)) for name in DOUBTS}
        return {name: why for name, why in told.items() if why}


def _judged(one: Book, two: Book, wanted: Pairing, judge: str, known: _Judges) -> Iterator[Cell]:
    for suite in [each for each in one.suites if each in two.suites and wanted.suite in ("", each)]:
        mine, theirs = _by_judge(one, suite, judge), _by_judge(two, suite, judge)
        both = [how for how in mine if how in theirs]
        if not both and len(mine) == len(theirs) == 1:
            # Rated by different judges: refused by name, unless that may differ.
            both = list(mine)
            theirs = {both[0]: next(iter(theirs.values()))}
        for how in both:
            cell = _cell(one, two, suite, (known.name(how[0]), how[1]), (mine[how], theirs[how]), wanted)
            yield replace(cell, doubts=known.doubts([*mine[how], *theirs[how]]))
        if not both and mine and theirs:
            told = [", ".join(f"{known.name(by)} ({protocol})" for by, protocol in each) for each in (mine, theirs)]
            why = f"judge or protocol differs: {one.name} by {told[0]}, {two.name} by {told[1]}"
            yield Cell(suite, "", "", None, why)


def _by_judge(book: Book, suite: str, judge: str) -> dict[tuple[str, str], list[Judgment]]:
    """By the judge's version and the protocol."""
    found: dict[tuple[str, str], list[Judgment]] = {}
    for each in book.judgments:
        if each.about.suite == suite and judge in ("", each.about.judge):
            found.setdefault((each.about.judge, each.about.protocol), []).append(each)
    return found


def _cell(
    one: Book,
    two: Book,
    suite: str,
    how: tuple[str, str],
    rated: tuple[Sequence[Judgment], Sequence[Judgment]],
    wanted: Pairing,
) -> Cell:
    answers = {**one.answers, **two.answers}
    mine, theirs = matched(*rated, key_of, lambda each: conditions_of(each, answers))
    compare = partial(contrast, mine, theirs, despite=wanted.despite, answers=answers)
    try:
        return Cell(suite, *how, contrast=compare(), strict=compare(failures=TEN), tallies=_tallies(mine, theirs))
    except Mistake as mistake:
        return Cell(suite, *how, contrast=None, refused=mistake.what)


def _tallies(mine: Sequence[Judgment], theirs: Sequence[Judgment]) -> tuple[Tally, Tally]:
    shared = set(map(key_of, mine)) & set(map(key_of, theirs))
    one, two = (tally_of([each for each in own if key_of(each) in shared], TEN) for own in (mine, theirs))
    return one, two


def _matches(one: Book, two: Book, wanted: Pairing, judge: str, known: _Judges) -> Iterator[Match]:
    groups: dict[tuple[str, str, str], list[Judgment]] = {}
    for each in _games(known.records, one, two):
        about = each.about
        if wanted.suite in ("", about.suite) and judge in ("", about.judge):
            groups.setdefault((about.suite, about.judge, about.protocol), []).append(each)
    for (suite, version, protocol), played in groups.items():
        found = _latest(played)
        answers = [*one.answers.values(), *two.answers.values()]
        rows = [row for row in rows_of(found, TEN, answers) if row.model == one.who[0]]
        (told,) = tally(rows, "pairwise")
        notes = (*told.notes, *_unlike(one, two, found))
        yield Match(suite, known.name(version), protocol, games_of(rows), told, known.doubts(found), notes)


def _games(records: Records, one: Book, two: Book) -> Iterator[Judgment]:
    """Between these two, in either order of their names."""
    players = {one.who, two.who}
    for row in records.all(JUDGMENTS):
        if row["about"]["order"] and set(row["about"]["models"]) == {name for name, _ in players}:
            found = Judgment.model_validate(row)
            if set(zip(found.about.models, found.about.identities, strict=True)) == players:
                yield found


def _latest(played: Sequence[Judgment]) -> list[Judgment]:
    """Of each question, turn and sample the game that was played last: between what, by which prompt."""

    def edition(each: Judgment) -> tuple[object, ...]:
        return each.about.answers, each.about.version, each.about.prompt, each.about.reference

    last = {key_of(each): edition(each) for each in played}
    return [each for each in played if last[key_of(each)] == edition(each)]


def _unlike(one: Book, two: Book, played: Sequence[Judgment]) -> list[str]:
    """A note for each condition under which the two did not answer alike."""
    pairs = [
        (conditions_of_answer(one.answers[own]), conditions_of_answer(two.answers[other]))
        for own, other in (_keys(each, one) for each in played)
        if own in one.answers and other in two.answers
    ]
    return refuse_unlike((one.name, two.name), pairs, CONDITIONS)


def _keys(game: Judgment, one: Book) -> tuple[str, ...]:
    """Of the answers, that of the first model first."""
    return game.about.answers if game.about.models[0] == one.who[0] else game.about.answers[::-1]


# What programs say


def _scored_suites(project: Project, wanted: str) -> list[Asked]:
    suites = [suite_named(project, each) for each in suite_names(project) if wanted in ("", each)]
    return [each for each in suites if each.score is not None]


def _scored(one: Book, two: Book, suites: Sequence[Asked], wanted: Pairing) -> Iterator[Cell]:
    for suite in suites:
        mine, theirs = (_answers_to(suite, book) for book in (one, two))
        if mine and theirs:
            yield _scored_cell(suite, (one.name, two.name), mine, theirs, wanted)


def _answers_to(suite: Asked, book: Book) -> list[Answer]:
    """As the suite is now: an answer to an earlier wording is one to another question."""
    versions = {prompt.id: prompt.version for prompt in suite.prompts}
    return [each for each in book.answers.values() if versions.get(each.question) == each.version]


def _scored_cell(
    suite: Asked, models: tuple[str, str], mine: Sequence[Answer], theirs: Sequence[Answer], wanted: Pairing
) -> Cell:
    score = suite.score
    assert score is not None
    own, other = matched(mine, theirs, lambda each: (each.question, each.sample), conditions_of_answer)
    first, second = ({(each.question, each.sample): each for each in answers} for answers in (own, other))
    shared = [key for key in first if key in second]
    if not shared:
        return Cell(suite.name, "", "", None, "no question was answered by both")
    pairs = [(conditions_of_answer(first[key]), conditions_of_answer(second[key])) for key in shared]
    try:
        notes = refuse_unlike(models, pairs, wanted.despite)
    except Mistake as mistake:
        return Cell(suite.name, "", "", None, mistake.what)
    if alone := len(first.keys() ^ second.keys()):
        notes.append(f"{alone} answers of only one of them are left out")
    cluster = {prompt.id: prompt.question for prompt in suite.prompts}
    marks = [
        {(cluster[key[0]], key): score(key[0], answers[key].turns[-1]).credit for key in shared}
        for answers in (first, second)
    ]
    categories = {prompt.question: prompt.category for prompt in suite.prompts}
    found = of_marks(models, marks[0], marks[1], categories, notes)
    return Cell(suite.name, "", "", found, strict=found)
