"""One examination: a model answers a suite, programs and a judge rate the answers, the records keep all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .core.files import write_atomically
from .core.generation import Decoding, Generated, Identity
from .core.label import highest
from .core.mistakes import Mistake
from .core.quantity import Money, total
from .core.records import Records
from .core.run import Silent, Watcher
from .evaluate.answers import Asked as Prompted
from .evaluate.answers import answers
from .evaluate.asking import Near, answers_from, ask_all
from .evaluate.collect import SILENCE_TRIES, Ask
from .evaluate.judging.asked import Answer
from .evaluate.judging.protocol import Protocol, protocol_named
from .evaluate.judging.request import JudgeRequest, Judgment, judged, requests_for
from .evaluate.judging.rows import tally_of
from .evaluate.judging.standing import told
from .evaluate.judging.tally import Tally
from .evaluate.purse import Purse
from .evaluate.statistics import Estimate, estimate
from .evaluate.surface import Surfaces, beside, surface
from .evaluate.turns import answered
from .naming import Asked, Subject, judge_named, subject_named, suite_named, suite_names, with_retrieval
from .project import Project

JUDGMENTS = "judgments"
REPLIES = "replies"
VIEW = "view.html"
MAX_TOKENS = 1024
"""Of an answer: FastChat's."""


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
    """For the judge; the one in `[judges]` when left out."""


@dataclass(frozen=True)
class Judged:
    """What the judge made of it."""

    judge: str
    identity: Identity
    protocol: str
    tally: Tally
    why_failed: Mapping[str, int]
    """How often each reason."""
    made: int
    """Judgments that this command paid for."""
    kept: int
    """Those that were in the records, readable or not."""
    money: Money | None
    """For all of them, whenever they were made."""


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
    notes: tuple[str, ...]


def examine(project: Project, wanted: Wanted, watcher: Watcher | None = None) -> Examined:
    """Answers and rates what the records lack.

    Raises:
        Mistake: a name that is not known, an endpoint that may not receive the label or has no key (both before
            anything is answered), one that does not answer, or a budget that is reached. What was answered is kept.
    """
    watcher = watcher or Silent()
    suite = suite_named(project, wanted.suite)
    subject = subject_named(
        project, wanted.model, label=suite.label, adapter=wanted.adapter, number_format=wanted.number_format
    )
    subject = with_retrieval(project, subject) if wanted.retrieval else subject
    judging = _judging(project, suite, subject, wanted)
    said = _answers(project, suite, subject, wanted, watcher)
    _keep(project.records, said)
    found = _judged(project.records, suite, said, judging, watcher) if judging else None
    of_subject = [f"{subject.name}: {note}" for note in subject.notes]
    return Examined(
        suite=suite,
        model=subject.name,
        identity=subject.identity,
        answers=said,
        surfaces=beside(
            [surface(text, end) for each in said for text, end in zip(each.turns, each.finishes, strict=True)]
        ),
        program=_program(suite, said),
        judged=found,
        notes=(*suite.notes, *of_subject, *_doubts(found, project.records)),
    )


@dataclass(frozen=True)
class _Judging:
    """Who judges, how, and for how much: settled before anything is answered."""

    name: str
    who: Subject
    protocol: Protocol
    budget: Money | None


def _judging(project: Project, suite: Asked, subject: Subject, wanted: Wanted) -> _Judging | None:
    if not wanted.judge:
        if suite.own is None or suite.own.scored == "judge":
            what = f"answers to {suite.name} are rated by a judge"
            raise Mistake(what, where="--judge", hint="name one of [judges] or [endpoints]")
        return None
    # Answers tell what questions, model and passages tell; the judge reads them last and has to be allowed now.
    who = judge_named(project, wanted.judge, label=highest([suite.label, subject.label]))
    recipe = project.file.judges.get(wanted.judge)
    budget = wanted.budget or (recipe.budget if recipe else None)
    Purse(who.who.endpoint, budget)  # refuses a budget that nobody can keep
    return _Judging(wanted.judge, who, protocol_of(project, wanted.judge, suite), budget)


def _keep(records: Records, said: Sequence[Answer]) -> None:
    """Whole answers, turn by turn, under the keys that judgments name: what people and later protocols read."""
    rows = {each.key: each.model_dump(mode="json") for each in said}
    if new := {key: row for key, row in rows.items() if records.get(REPLIES, key) != row}:
        records.add_all(REPLIES, new)


def _answers(project: Project, suite: Asked, subject: Subject, wanted: Wanted, watcher: Watcher) -> list[Answer]:
    records, who = project.records, subject.who

    def respond(asked: Sequence[Prompted], decoding: Decoding) -> list[Generated]:
        if not isinstance(who, Near):
            return answers_from(asked, who, decoding, records, watcher=watcher)
        return answers(asked, who.model, decoding, records, watcher.start(who.name, "answering", len(asked), "prompts"))

    return answered(
        suite.prompts,
        respond,
        model=subject.name,
        identity=subject.identity,
        max_tokens=wanted.max_tokens,
        samples=wanted.samples,
        frame=subject.frame,
    )


def protocol_of(project: Project, judge: str, suite: Asked) -> Protocol:
    """By which protocol a judge works: the one in its table, else ours in the project's language.

    Raises:
        Mistake: there is none of that name, it is one of pairs, or the suite brings no prompts for it.
    """
    recipe = project.file.judges.get(judge)
    name = (recipe.protocol if recipe else "") or f"kitae-{project.file.project.language}-single"
    protocol = protocol_named(name, suite.templates)
    if protocol.kind != "single":
        raise Mistake(
            f"`{name}` compares two models", where=f"[judges.{judge}] protocol", hint="take a single one here"
        )
    return protocol


def _judged(records: Records, suite: Asked, said: Sequence[Answer], judging: _Judging, watcher: Watcher) -> Judged:
    protocol, identity = judging.protocol, judging.who.identity
    requests = list(requests_for(suite, said, protocol, judge=_version(identity)))
    before = sum(records.get(JUDGMENTS, request.key) is not None for request in requests)
    failed = ask_all(
        [ask_of(request, protocol) for request in requests],
        judging.who.who,
        records,
        kind=JUDGMENTS,
        watcher=watcher,
        what="judging",
        budget=judging.budget,
        silence_tries=SILENCE_TRIES,
    )
    judgments = _read(records, requests)
    reasons = [*failed.values(), *(each.parse.why for each in judgments if each.parse.failed)]
    return Judged(
        judge=judging.name,
        identity=identity,
        protocol=protocol.name,
        tally=tally_of(judgments, protocol.scale, said, requests),
        why_failed={why: reasons.count(why) for why in dict.fromkeys(reasons)},
        made=len(judgments) - before,
        kept=before,
        money=total(each.money for each in judgments),
    )


def _version(identity: Identity) -> str:
    """A judge on another engine or in another number format is another judge."""
    return f"{identity.model} {identity.engine} {identity.number_format}"


def ask_of(request: JudgeRequest, protocol: Protocol) -> Ask:
    """A call of a judge, and the row that is kept of it."""
    decoding = Decoding(max_tokens=request.max_tokens, temperature=request.temperature)
    return Ask(
        request.key,
        request.messages,
        decoding,
        lambda reply, money: judged(request, reply, protocol, money).model_dump(mode="json"),
    )


def _read(records: Records, requests: Sequence[JudgeRequest]) -> list[Judgment]:
    rows = [records.get(JUDGMENTS, request.key) for request in requests]
    return [Judgment.model_validate(row) for row in rows if row is not None]


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


def _doubts(found: Judged | None, records: Records) -> tuple[str, ...]:
    """Why the judge's score is not to be believed without more."""
    if found is None:
        return ()
    suspicious = found.tally.notes
    if found.tally.meaningless:
        unread = f"{found.tally.n_failed} of {found.tally.n} judgments could not be read"
        return (*suspicious, f"the score means nothing: {unread}, so {found.judge} is no judge of this")
    doubt = told(records, found.judge)
    return (*suspicious, doubt) if doubt else suspicious


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
