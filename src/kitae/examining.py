"""One examination: a model answers a suite, programs and judges rate the answers, the records keep all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .core.files import write_atomically
from .core.generation import Decoding, Generated, Identity
from .core.label import highest
from .core.mistakes import Mistake
from .core.quantity import Money
from .core.records import Records
from .core.run import Silent, Watcher
from .evaluate.answers import Asked as Prompted
from .evaluate.answers import answers
from .evaluate.asking import Near, answers_from
from .evaluate.judging.asked import Answer
from .evaluate.judging.drifts import drift_told
from .evaluate.judging.panel import Panel, panel
from .evaluate.judging.request import Judgment
from .evaluate.judging.standing import told, version_of
from .evaluate.statistics import Estimate, estimate
from .evaluate.surface import Surfaces, beside, surface
from .evaluate.turns import answered, temperature
from .naming import Asked, Subject, subject_named, suite_named, suite_names, with_retrieval
from .project import Project
from .rating import JUDGMENTS, Judge, Judged, judge_for, rate

__all__ = ["JUDGMENTS", "REPLIES", "Examined", "Judged", "Wanted", "examine", "write_view"]

REPLIES = "replies"
VIEW = "view.html"
MAX_TOKENS = 1024
"""Of an answer: FastChat's."""
RETRIEVAL = " + retrieval"
"""Ends the name of a model that is shown passages."""


@dataclass(frozen=True)
class Wanted:
    """What is to be examined, in the words of the command line."""

    suite: str
    model: str
    judge: str = ""
    """Empty: only what a program can score."""
    adapter: Path | None = None
    retrieval: bool = False
    number_format: str = "float32"
    samples: int = 1
    max_tokens: int = MAX_TOKENS
    budget: Money | None = None
    """For each judge; the one in `[judges]` when left out."""
    more_judges: tuple[str, ...] = ()
    """Who rate the same answers."""
    against: str = ""
    """Another model, as its name is printed: judges compare the two instead of rating one."""


@dataclass(frozen=True)
class Examined:
    """What came of it."""

    suite: Asked
    model: str
    identity: Identity
    answers: Sequence[Answer]
    surfaces: Surfaces | None
    program: Estimate | None
    """Share of the questions that are right, where a program scores the suite."""
    judged: Judged | None
    """By the first judge."""
    notes: tuple[str, ...]
    more: tuple[Judged, ...] = ()
    """By the other judges."""
    panel: Panel | None = None
    """What several judges say together."""


def examine(project: Project, wanted: Wanted, watcher: Watcher | None = None) -> Examined:
    """Answers and rates what the records lack.

    Raises:
        Mistake: a name that is not known, an endpoint that may not receive the label or has no key (both before
            anything is answered), one that does not answer, or a budget that is reached. What was answered is kept.
    """
    watcher = watcher or Silent()
    suite = suite_named(project, wanted.suite)
    subject = _subject(project, suite, wanted)
    other = _other(project, suite, subject, wanted) if wanted.against else None
    judges = _judges(project, suite, subject, other, wanted)
    said = _answers(project, suite, subject, wanted, watcher)
    theirs = _answers(project, suite, other, wanted, watcher) if other else []
    found = [rate(project.records, each, suite, [*said, *theirs], watcher, model=subject.name) for each in judges]
    together, of_panel = _panel(judges, found)
    subjects = [subject, other] if other else [subject]
    of_subjects = [f"{each.name}: {note}" for each in subjects for note in each.notes]
    doubts = [note for each in found for note in _doubts(each, project.records)]
    return Examined(
        suite=suite,
        model=subject.name,
        identity=subject.identity,
        answers=said,
        surfaces=beside(
            [surface(text, end) for each in said for text, end in zip(each.turns, each.finishes, strict=True)]
        ),
        program=_program(suite, said),
        judged=found[0] if found else None,
        notes=tuple(
            dict.fromkeys(
                [*suite.notes, *of_subjects, *_unlike(subject, other), *_once(suite, wanted), *doubts, *of_panel]
            )
        ),
        more=tuple(found[1:]),
        panel=together,
    )


def _subject(project: Project, suite: Asked, wanted: Wanted) -> Subject:
    subject = subject_named(
        project, wanted.model, label=suite.label, adapter=wanted.adapter, number_format=wanted.number_format
    )
    return with_retrieval(project, subject) if wanted.retrieval else subject


def _other(project: Project, suite: Asked, subject: Subject, wanted: Wanted) -> Subject:
    """The model that is played against."""
    if not wanted.judge:
        raise Mistake("two models are compared by a judge", where="--judge", hint="name one of [judges] or [endpoints]")
    name = wanted.against.removesuffix(RETRIEVAL)
    other = subject_named(project, name, label=suite.label, number_format=wanted.number_format)
    other = with_retrieval(project, other) if name != wanted.against else other
    if other.name == subject.name:
        raise Mistake(f"{other.name} would play against itself", where="--against", hint="name another model")
    return other


def _judges(project: Project, suite: Asked, subject: Subject, other: Subject | None, wanted: Wanted) -> Sequence[Judge]:
    if not wanted.judge:
        if suite.own is None or suite.own.scored == "judge":
            what = f"answers to {suite.name} are rated by a judge"
            raise Mistake(what, where="--judge", hint="name one of [judges] or [endpoints]")
        return ()
    # Answers tell what questions, model and passages tell; the judge reads them last and has to be allowed now.
    label = highest([suite.label, subject.label, *([other.label] if other else [])])
    against = other.name if other else ""
    found = [
        judge_for(project, name, suite, label=label, budget=wanted.budget, against=against)
        for name in dict.fromkeys([wanted.judge, *wanted.more_judges])
    ]
    _check_distinct(found)
    return found


def _check_distinct(judges: Sequence[Judge]) -> None:
    names: dict[str, str] = {}
    for each in judges:
        if each.version in names:
            what = f"`{names[each.version]}` and `{each.name}` are the same model: {each.version}"
            raise Mistake(what, where="--judge", hint="several judges have to be several models")
        names[each.version] = each.name
    if len({(each.protocol.kind, each.protocol.scale) for each in judges}) > 1:
        raise Mistake("the judges' protocols have different scales", where="--judge", hint="ask them one by one")


def _panel(judges: Sequence[Judge], found: Sequence[Judged]) -> tuple[Panel | None, list[str]]:
    """What several judges say together; a note where there is nothing that all of them said."""
    if len(judges) < 2:
        return None, []
    try:
        return panel([judgment for each in found for judgment in each.judgments], judges[0].protocol.scale), []
    except Mistake as nothing:
        return None, [f"the judges cannot be held against each other: {nothing.what}"]


def _unlike(subject: Subject, other: Subject | None) -> list[str]:
    """Engines and number formats that differ between two models that play against each other."""
    if other is None:
        return []
    one, two = subject.identity, other.identity
    pairs = {"engine": (one.engine, two.engine), "number format": (one.number_format, two.number_format)}
    return [f"{what} differs: {own}, {their}" for what, (own, their) in pairs.items() if own != their]


def _once(suite: Asked, wanted: Wanted) -> list[str]:
    """A note where samples were asked for and some questions have only one."""
    greedy = sum(not temperature(prompt.category) for prompt in suite.prompts)
    if wanted.samples == 1 or not greedy:
        return []
    return [f"{greedy} of {len(suite.prompts)} questions are answered greedily, so once and not {wanted.samples} times"]


def _keep(records: Records, said: Sequence[Answer]) -> None:
    """Whole answers, turn by turn, under the keys that judgments name: what people and later protocols read."""
    rows = {each.key: each.model_dump(mode="json") for each in said}
    if new := {key: row for key, row in rows.items() if records.get(REPLIES, key) != row}:
        records.add_all(REPLIES, new)


def _answers(project: Project, suite: Asked, subject: Subject, wanted: Wanted, watcher: Watcher) -> list[Answer]:
    records, who = project.records, subject.who
    label = highest([suite.label, subject.label])

    def respond(asked: Sequence[Prompted], decoding: Decoding) -> list[Generated]:
        if not isinstance(who, Near):
            return answers_from(asked, who, decoding, records, watcher=watcher)
        return answers(asked, who.model, decoding, records, watcher.start(who.name, "answering", len(asked), "prompts"))

    said = answered(
        suite.prompts,
        respond,
        model=subject.name,
        identity=subject.identity,
        max_tokens=wanted.max_tokens,
        samples=wanted.samples,
        frame=subject.frame,
    )
    found = [each.model_copy(update={"label": label}) for each in said]
    _keep(records, found)
    return found


def _program(suite: Asked, said: Sequence[Answer]) -> Estimate | None:
    """Over questions: several wordings and samples of one count as their mean."""
    if suite.own is None or suite.own.scored != "program":
        return None
    question = {prompt.id: prompt.question for prompt in suite.prompts}
    credits: dict[str, list[float]] = {}
    for each in said:
        credits.setdefault(question[each.question], []).append(suite.own.score(each.question, each.turns[-1]).credit)
    # With none or nearly none right this has an interval too (Wilson's).
    return estimate([sum(each) / len(each) for each in credits.values()])


def _doubts(found: Judged, records: Records) -> list[str]:
    """Why a judge's score is not to be believed without more."""
    suspicious = [*found.tally.notes, *found.notes]
    if found.tally.meaningless:
        unread = f"{found.tally.n_failed} of {found.tally.n} judgments could not be read"
        return [*suspicious, f"the score means nothing: {unread}, so {found.judge} is no judge of this"]
    version = version_of(found.identity)
    return [*suspicious, *filter(None, [told(records, found.judge, version), drift_told(records, found.judge)])]


def write_view(project: Project) -> Path:
    """Writes `view.html`: what judges said, and every answer, from the records alone. It asks nobody."""
    from .report.examined import boards
    from .report.page import view

    records, facts = project.records, project.file.project
    judgments = [Judgment.model_validate(row) for row in records.all(JUDGMENTS)]
    said = {answer.key: answer for answer in map(Answer.model_validate, records.all(REPLIES))}
    judged_suites = {each.about.suite for each in judgments} & set(suite_names(project))
    suites = [suite_named(project, name) for name in sorted(judged_suites)]
    turns = {(suite.name, prompt.id): prompt.turns for suite in suites for prompt in suite.prompts}
    page = view(facts.name, facts.language, boards(judgments, said, turns))
    write_atomically(project.folder / VIEW, [page.encode()])
    return project.folder / VIEW
