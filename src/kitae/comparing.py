"""Two examined models, from the records alone: on each suite and under each judge, by how much one is better."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from .core.generation import Identity
from .core.mistakes import Mistake, nearest
from .core.records import Records
from .evaluate.contrast import Contrast, of_marks
from .evaluate.judging.alike import check_names, conditions_of, conditions_of_answer, refuse_unlike
from .evaluate.judging.asked import REPLIES, Answer
from .evaluate.judging.contrast import contrast, key_of
from .evaluate.judging.match import matched
from .evaluate.judging.protocol import TEN
from .evaluate.judging.request import JUDGMENTS, Judgment
from .naming import judge_version, judges
from .project import Project
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
    """Conditions that may differ; each becomes a note."""


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


@dataclass(frozen=True)
class Compared:
    """All that can be said of two models."""

    first: str
    second: str
    cells: tuple[Cell, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Book:
    """What the records have of one model."""

    name: str
    answers: Mapping[str, Answer]
    """By key."""
    judgments: Sequence[Judgment]
    """Of single answers."""

    @property
    def suites(self) -> list[str]:
        return list(dict.fromkeys(each.about.suite for each in self.judgments))


def compare_examined(project: Project, wanted: Pairing) -> Compared:
    """Holds two examined models against each other.

    Raises:
        Mistake: a model that was not examined, or a name that stands for several; a suite or a judge that is not known;
            nothing that both were asked, or nothing that may be compared.
    """
    check_names(wanted.despite)
    one, two = (_book(project, name) for name in (wanted.first, wanted.second))
    if one.name == two.name:
        raise Mistake(f"{one.name} would be compared with itself", hint="name two models")
    _check_suite(project, one, two, wanted.suite)
    judge = judge_version(project, wanted.judge) if wanted.judge else ""
    names = _judge_names(project)
    scored = [] if judge else _scored_suites(project, wanted.suite)
    cells = [*_judged(one, two, wanted, judge, names), *_scored(one, two, scored, wanted)]
    if not any(cell.contrast for cell in cells):
        raise _nothing(one, two, wanted, cells)
    return Compared(one.name, two.name, tuple(cells), tuple(_alone(one, two, scored, wanted.suite)))


def _check_suite(project: Project, one: _Book, two: _Book, suite: str) -> None:
    """It is one of the project's, or one that was judged before it was taken out."""
    known = {*suite_names(project), *one.suites, *two.suites}
    if suite and suite not in known:
        raise Mistake(f"no suite `{suite}`", where="--suite", hint=nearest(suite, known))


def _alone(one: _Book, two: _Book, scored: Sequence[Asked], wanted: str) -> Iterator[str]:
    """What was asked of one of them only."""
    for mine, other in ((one, two), (two, one)):
        for suite in mine.suites:
            if suite not in other.suites and wanted in ("", suite):
                yield f"{suite}: a judge rated {mine.name} alone"
        for each in scored:
            if _answers_to(each, mine) and not _answers_to(each, other):
                yield f"{each.name}: {mine.name} alone has answers to it as it is now"


def _nothing(one: _Book, two: _Book, wanted: Pairing, cells: Sequence[Cell]) -> Mistake:
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


# Who is meant


def examined_names(records: Records) -> dict[str, tuple[str, Identity]]:
    """Every examined model by what it is called: its name, with its identity where one name stands for several."""
    found: dict[str, dict[Identity, None]] = {}
    for row in records.all(REPLIES):
        found.setdefault(row["model"], {})[Identity.model_validate(row["identity"])] = None
    return {
        name if len(identities) == 1 else f"{name} [{each.model}, {each.engine}, {each.number_format}]": (name, each)
        for name, identities in found.items()
        for each in identities
    }


def meant(project: Project, written: str) -> list[str]:
    """The examined models that a name may mean; the store's latest where one is."""
    names = examined_names(project.records)
    if written in names:
        return [written]
    found = [told for told, (name, _) in names.items() if written in (name, _short(name))]
    if len(found) > 1:
        latest = [told for told in found if names[told][0] in _latest(project, written)]
        return latest if len(latest) == 1 else found
    return found


_VERSION = re.compile(r"@[0-9a-f]{8}")


def _short(name: str) -> str:
    return _VERSION.sub("", name)


def _latest(project: Project, written: str) -> list[str]:
    """What the store means by a name without a version."""
    bare, _, more = written.partition(" + ")
    try:
        return [f"{project.store.named(bare).id}{f' + {more}' if more else ''}"]
    except Mistake:
        return []


def _book(project: Project, written: str) -> _Book:
    records, found = project.records, meant(project, written)
    names = examined_names(records)
    if not found:
        raise Mistake(f"no model `{written}` was examined", where="records", hint=nearest(written, names))
    if len(found) > 1:
        raise Mistake(
            f"`{written}` stands for {len(found)} models in the records",
            where="records",
            hint=f"name one: {'; '.join(found)}",
        )
    name, identity = names[found[0]]
    told = identity.model_dump(mode="json")
    replies = [row for row in records.all(REPLIES) if row["model"] == name and row["identity"] == told]
    rated = [row for row in records.all(JUDGMENTS) if row["about"]["models"] == [name]]
    return _Book(
        name=found[0],
        answers={each.key: each for each in map(Answer.model_validate, replies)},
        judgments=[Judgment.model_validate(row) for row in rated if row["about"]["identities"] == [told]],
    )


# What judges say


def _judge_names(project: Project) -> dict[str, str]:
    """What judges behind endpoints are called in the project, by their versions."""
    own = project.file.judges
    named = [name for name in judges(project) if name not in own or own[name].endpoint]
    return {judge_version(project, name): name for name in named}


def _judged(one: _Book, two: _Book, wanted: Pairing, judge: str, names: Mapping[str, str]) -> Iterator[Cell]:
    for suite in [each for each in one.suites if each in two.suites and wanted.suite in ("", each)]:
        mine, theirs = _by_judge(one, suite, judge), _by_judge(two, suite, judge)
        both = [how for how in mine if how in theirs]
        if not both and len(mine) == len(theirs) == 1:
            # Rated by different judges: refused by name, unless that may differ.
            both = list(mine)
            theirs = {both[0]: next(iter(theirs.values()))}
        for how in both:
            yield _cell(one, two, suite, (names.get(how[0], how[0]), how[1]), (mine[how], theirs[how]), wanted)
        if not both and mine and theirs:
            told = [", ".join(f"{names.get(by, by)} ({protocol})" for by, protocol in each) for each in (mine, theirs)]
            why = f"judge or protocol differs: {one.name} by {told[0]}, {two.name} by {told[1]}"
            yield Cell(suite, "", "", None, why)


def _by_judge(book: _Book, suite: str, judge: str) -> dict[tuple[str, str], list[Judgment]]:
    """By the judge's version and the protocol."""
    found: dict[tuple[str, str], list[Judgment]] = {}
    for each in book.judgments:
        if each.about.suite == suite and judge in ("", each.about.judge):
            found.setdefault((each.about.judge, each.about.protocol), []).append(each)
    return found


def _cell(
    one: _Book,
    two: _Book,
    suite: str,
    how: tuple[str, str],
    rated: tuple[Sequence[Judgment], Sequence[Judgment]],
    wanted: Pairing,
) -> Cell:
    answers = {**one.answers, **two.answers}
    mine, theirs = matched(*rated, key_of, lambda each: conditions_of(each.about, answers))
    compare = partial(contrast, mine, theirs, despite=wanted.despite, answers=answers)
    try:
        return Cell(suite, *how, contrast=compare(), strict=compare(failures=TEN))
    except Mistake as mistake:
        return Cell(suite, *how, contrast=None, refused=mistake.what)


# What programs say


def _scored_suites(project: Project, wanted: str) -> list[Asked]:
    suites = [suite_named(project, each) for each in suite_names(project) if wanted in ("", each)]
    return [each for each in suites if each.score is not None]


def _scored(one: _Book, two: _Book, suites: Sequence[Asked], wanted: Pairing) -> Iterator[Cell]:
    for suite in suites:
        mine, theirs = (_answers_to(suite, book) for book in (one, two))
        if mine and theirs:
            yield _scored_cell(suite, (one.name, two.name), mine, theirs, wanted)


def _answers_to(suite: Asked, book: _Book) -> list[Answer]:
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
