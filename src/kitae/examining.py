"""One examination: a model answers a suite, programs and a judge rate the answers, the records keep all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .core.generation import Decoding, Generated, Identity
from .core.label import Label, highest
from .core.mistakes import Mistake
from .core.quantity import Money, total
from .core.records import Records
from .core.run import Silent, Watcher
from .evaluate.answers import KIND as ANSWERS
from .evaluate.answers import Asked as Prompted
from .evaluate.answers import answer_key, answers
from .evaluate.asking import Near, answers_from, ask_all
from .evaluate.collect import SILENCE_TRIES, Ask
from .evaluate.judging.asked import REPLIES, Answer
from .evaluate.judging.protocol import Protocol, protocol_named
from .evaluate.judging.request import JUDGMENTS, JudgeRequest, Judgment, judged, requests_for
from .evaluate.judging.standing import told
from .evaluate.judging.suspicion import flags
from .evaluate.purse import Purse
from .evaluate.statistics import Estimate, estimate, per_question
from .evaluate.surface import Surfaces, beside, surface
from .evaluate.tally import Tally, tally
from .evaluate.turns import answered
from .naming import Subject, judge_named, subject_named, with_retrieval
from .project import Project
from .suites import Asked, suite_named

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
    for_answers: bool = False
    """Whether `budget` is also for an endpoint that answers."""
    limit: int | None = None
    """At most so many questions: see `Asked.drawn`."""


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
    """Judgments that this command paid for; the others were in the records."""
    money: Money | None
    """For all of them, whenever they were made."""
    judgments: Sequence[Judgment]


@dataclass(frozen=True)
class Took:
    """What all calls for the answers took, turn by turn, whenever they were made."""

    calls: int
    prompt_tokens: int
    tokens: int
    """0 where the server counts none."""
    seconds: float
    """Of calls to a model that runs here, batches divided among their answers; of others, each by itself."""
    money: Money | None
    """`None` where nobody asks for any, or the endpoint names no price."""


@dataclass(frozen=True)
class Examined:
    """What came of it."""

    suite: Asked
    model: str
    identity: Identity
    answers: Sequence[Answer]
    surfaces: Surfaces | None
    credits: Mapping[str, float]
    """What each question counts, where a program scores the suite: several wordings and samples as their mean."""
    took: Took
    judged: Judged | None
    notes: tuple[str, ...]

    @property
    def program(self) -> Estimate | None:
        """Share of the questions that are right; with none or nearly none of them it has an interval too (Wilson's)."""
        return estimate(list(self.credits.values())) if self.suite.score else None

    @property
    def money(self) -> Money | None:
        """For answers and judgments; `None` where nothing has a price."""
        return total([self.took.money, self.judged.money if self.judged else None])


@dataclass(frozen=True)
class Judging:
    """Who judges, how, and for how much."""

    name: str
    who: Subject
    protocol: Protocol
    budget: Money | None


@dataclass(frozen=True)
class Examination:
    """All that can be refused has been: what is left is to ask."""

    wanted: Wanted
    suite: Asked
    subject: Subject
    judging: Judging | None


def examine(project: Project, wanted: Wanted, watcher: Watcher | None = None) -> Examined:
    """Answers and rates what the records lack.

    Raises:
        Mistake: as `prepare` and `carry_out`.
    """
    return carry_out(project, prepare(project, wanted, watcher), watcher)


def prepare(project: Project, wanted: Wanted, watcher: Watcher | None = None) -> Examination:
    """Finds suite, model and judge. Nothing is answered; a base in GGUF is made ready.

    Raises:
        Mistake: a name that is not known, an endpoint that may not receive the label or has no key, or a budget that
            nobody can keep.
    """
    suite = suite_named(project, wanted.suite).drawn(wanted.limit)
    subject = subject_named(
        project,
        wanted.model,
        label=suite.label,
        adapter=wanted.adapter,
        number_format=wanted.number_format,
        watcher=watcher,
    )
    subject = with_retrieval(project, subject) if wanted.retrieval else subject
    if wanted.for_answers:
        Purse(subject.who.endpoint, wanted.budget)  # refuses a budget that nobody can keep
    return Examination(wanted, suite, subject, judging_of(project, suite, subject.label, wanted))


def carry_out(
    project: Project, examination: Examination, watcher: Watcher | None = None, *, before: Money | None = None
) -> Examined:
    """
    Args:
        before: What the same budget has paid for in other examinations.

    Raises:
        Mistake: an endpoint does not answer, or a budget is reached. What was answered is kept.
    """
    suite, subject, judging = examination.suite, examination.subject, examination.judging
    watcher = watcher or Silent()
    said, took = _answers(project, examination, watcher, before)
    _keep(project.records, said)
    paid = total([before, took.money if examination.wanted.for_answers else None])
    found = _judged(project.records, suite, said, judging, watcher, paid) if judging else None
    of_subject = [f"{subject.name}: {note}" for note in subject.notes]
    return Examined(
        suite=suite,
        model=subject.name,
        identity=subject.identity,
        answers=said,
        surfaces=beside(
            [surface(text, end) for each in said for text, end in zip(each.turns, each.finishes, strict=True)]
        ),
        credits=_credits(suite, said),
        took=took,
        judged=found,
        notes=(*suite.notes, *of_subject, *_unshown(examination), *_doubts(found, said, project.records)),
    )


def judging_of(project: Project, suite: Asked, label: Label, wanted: Wanted) -> Judging | None:
    """
    Args:
        label: Of what the model's answers tell.

    Raises:
        Mistake: the judge is not known, may not receive the label or has no key, no program scores the suite and no
            judge is named, or the budget cannot be kept.
    """
    if not wanted.judge:
        if suite.score is None:
            what = f"answers to {suite.name} are rated by a judge"
            raise Mistake(what, where="--judge", hint="name one of [judges] or [endpoints]")
        return None
    # Answers tell what questions, model and passages tell; the judge reads them last and has to be allowed now.
    who = judge_named(project, wanted.judge, label=highest([suite.label, label]))
    recipe = project.file.judges.get(wanted.judge)
    budget = wanted.budget or (recipe.budget if recipe else None)
    Purse(who.who.endpoint, budget)  # refuses a budget that nobody can keep
    return Judging(wanted.judge, who, protocol_of(project, wanted.judge, suite), budget)


def _keep(records: Records, said: Sequence[Answer]) -> None:
    """Whole answers, turn by turn, under the keys that judgments name: what people and later protocols read."""
    rows = {each.key: each.model_dump(mode="json") for each in said}
    if new := {key: row for key, row in rows.items() if records.get(REPLIES, key) != row}:
        records.add_all(REPLIES, new)


def _answers(
    project: Project, examination: Examination, watcher: Watcher, before: Money | None
) -> tuple[list[Answer], Took]:
    wanted, subject = examination.wanted, examination.subject
    records, who = project.records, subject.who
    budget = wanted.budget if wanted.for_answers else None
    keys: list[str] = []

    def respond(asked: Sequence[Prompted], decoding: Decoding) -> list[Generated]:
        keys.extend(answer_key(who.identity, decoding, each) for each in asked)
        if not isinstance(who, Near):
            return answers_from(asked, who, decoding, records, watcher=watcher, budget=budget, before=before)
        return answers(asked, who.model, decoding, records, watcher.start(who.name, "answering", len(asked), "prompts"))

    said = answered(
        examination.suite.prompts,
        respond,
        model=subject.name,
        identity=subject.identity,
        max_tokens=wanted.max_tokens,
        samples=wanted.samples,
        frame=subject.frame,
    )
    return said, _took([row for key in dict.fromkeys(keys) if (row := records.get(ANSWERS, key)) is not None])


def _took(rows: Sequence[Mapping[str, Any]]) -> Took:
    found = [Generated.model_validate(row["generated"]) for row in rows]
    return Took(
        calls=len(found),
        prompt_tokens=sum(each.prompt_tokens for each in found),
        tokens=sum(each.tokens for each in found),
        seconds=sum(each.seconds for each in found),
        money=total(Money.model_validate(row["money"]) for row in rows if row.get("money")),
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


def _judged(
    records: Records,
    suite: Asked,
    said: Sequence[Answer],
    judging: Judging,
    watcher: Watcher,
    before: Money | None,
) -> Judged:
    protocol, identity = judging.protocol, judging.who.identity
    requests = list(requests_for(suite, said, protocol, judge=_version(identity)))
    kept = sum(records.get(JUDGMENTS, request.key) is not None for request in requests)
    failed = ask_all(
        [ask_of(request, protocol) for request in requests],
        judging.who.who,
        records,
        kind=JUDGMENTS,
        watcher=watcher,
        what="judging",
        budget=judging.budget,
        before=before,
        silence_tries=SILENCE_TRIES,
    )
    judgments = _read(records, requests)
    reasons = [*failed.values(), *(each.parse.why for each in judgments if each.parse.failed)]
    return Judged(
        judge=judging.name,
        identity=identity,
        protocol=protocol.name,
        tally=tally(len(requests), judgments, protocol.scale),
        why_failed={why: reasons.count(why) for why in dict.fromkeys(reasons)},
        made=len(judgments) - kept,
        money=total(each.money for each in judgments),
        judgments=judgments,
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


def _credits(suite: Asked, said: Sequence[Answer]) -> dict[str, float]:
    """By question; none where a judge has to read the answers."""
    if (score := suite.score) is None:
        return {}
    question = {prompt.id: prompt.question for prompt in suite.prompts}
    return per_question((question[each.question], score(each.question, each.turns[-1]).credit) for each in said)


def _unshown(examination: Examination) -> tuple[str, ...]:
    suite = examination.suite
    if suite.own is not None or examination.wanted.retrieval:
        return ()
    return (f"{suite.name}: no document was shown, and what only they tell no model can know: see `--retrieval`",)


def _doubts(found: Judged | None, said: Sequence[Answer], records: Records) -> tuple[str, ...]:
    """Why the judge's score is not to be believed without more."""
    if found is None:
        return ()
    suspicious = flags([text for each in said for text in each.turns])
    if found.tally.meaningless:
        unread = f"{found.tally.n_failed} of {found.tally.n} judgments could not be read"
        return (*suspicious, f"the score means nothing: {unread}, so {found.judge} is no judge of this")
    doubt = told(records, found.judge)
    return (*suspicious, doubt) if doubt else tuple(suspicious)
