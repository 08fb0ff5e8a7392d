"""One examination: a model answers a suite, programs and judges rate the answers, the records keep all of it."""

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
from .evaluate.asking import Near, answers_from
from .evaluate.judging.asked import REPLIES, Answer
from .evaluate.judging.drifts import drift_told
from .evaluate.judging.panel import Panel, panel
from .evaluate.judging.standing import told, version_of
from .evaluate.predicting import predicted
from .evaluate.purse import Purse
from .evaluate.scoring import Verdict
from .evaluate.statistics import Estimate, estimate, per_question
from .evaluate.surface import Surfaces, beside, surface
from .evaluate.turns import answered, temperature
from .naming import Subject, subject_named, with_retrieval
from .project import Project
from .rating import Judge, Judged, judge_for, rate
from .suites import Asked, suite_named

__all__ = ["Examination", "Examined", "Judged", "Took", "Wanted", "carry_out", "examine", "judges_of", "prepare"]

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
    for_answers: bool = False
    """Whether `budget` is also for an endpoint that answers."""
    limit: int | None = None
    """At most so many questions: see `Asked.drawn`."""
    more_judges: tuple[str, ...] = ()
    """Who rate the same answers."""
    against: str = ""
    """Another model, as its name is printed: judges compare the two instead of rating one."""


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
    f1: float | None
    """Mean character F1 of the questions, where a program compares answers with known ones."""
    bits_per_character: float | None
    """Of what is asked, as plain text; `None` for a model behind an endpoint."""
    took: Took
    judged: Judged | None
    """By the first judge."""
    notes: tuple[str, ...]
    more: tuple[Judged, ...] = ()
    """By the other judges."""
    panel: Panel | None = None
    """What several judges say together."""

    @property
    def program(self) -> Estimate | None:
        """Share of the questions that are right; with none or nearly none of them it has an interval too (Wilson's)."""
        return estimate(list(self.credits.values())) if self.suite.score else None

    @property
    def money(self) -> Money | None:
        """For answers and judgments; `None` where nothing has a price."""
        judged = [self.judged, *self.more] if self.judged else []
        return total([self.took.money, *(each.money for each in judged)])


@dataclass(frozen=True)
class Examination:
    """All that can be refused has been: what is left is to ask."""

    wanted: Wanted
    suite: Asked
    subject: Subject
    other: Subject | None
    """Whom it plays against."""
    judges: Sequence[Judge]


def examine(project: Project, wanted: Wanted, watcher: Watcher | None = None) -> Examined:
    """Answers and rates what the records lack.

    Raises:
        Mistake: as `prepare` and `carry_out`.
    """
    return carry_out(project, prepare(project, wanted, watcher), watcher)


def prepare(project: Project, wanted: Wanted, watcher: Watcher | None = None) -> Examination:
    """Finds suite, models and judges. Nothing is answered; a base in GGUF is made ready.

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
    other = _other(project, suite, subject, wanted, watcher) if wanted.against else None
    label = highest([subject.label, *([other.label] if other else [])])
    return Examination(
        wanted, suite, subject, other, judges_of(project, suite, label, wanted, against=other.name if other else "")
    )


def carry_out(
    project: Project, examination: Examination, watcher: Watcher | None = None, *, before: Money | None = None
) -> Examined:
    """
    Args:
        before: What the same budget has paid for in other examinations.

    Raises:
        Mistake: an endpoint does not answer, or a budget is reached. What was answered is kept.
    """
    suite, subject, other = examination.suite, examination.subject, examination.other
    watcher = watcher or Silent()
    said, took, bits, unread = _of_subject(project, examination, watcher, before)
    theirs = _answers(project, examination, other.once(), watcher, before)[0] if other else []
    paid = total([before, took.money if examination.wanted.for_answers else None])
    found = [
        rate(project.records, each, suite, [*said, *theirs], watcher, model=subject.name, before=paid)
        for each in examination.judges
    ]
    together, of_panel = _panel(examination.judges, found)
    verdicts = _verdicts(suite, said)
    doubts = [note for each in found for note in _doubts(each, project.records)]
    return Examined(
        suite=suite,
        model=subject.name,
        identity=subject.identity,
        answers=said,
        surfaces=beside(
            [surface(text, end) for each in said for text, end in zip(each.turns, each.finishes, strict=True)]
        ),
        credits=per_question((question, verdict.credit) for question, verdict in verdicts),
        f1=_f1(verdicts) if suite.has_gold else None,
        bits_per_character=bits,
        took=took,
        judged=found[0] if found else None,
        notes=tuple(dict.fromkeys([*suite.notes, *_notes(examination), *unread, *doubts, *of_panel])),
        more=tuple(found[1:]),
        panel=together,
    )


def _other(project: Project, suite: Asked, subject: Subject, wanted: Wanted, watcher: Watcher | None) -> Subject:
    """The model that is played against."""
    if not wanted.judge:
        raise Mistake("two models are compared by a judge", where="--judge", hint="name one of [judges] or [endpoints]")
    name = wanted.against.removesuffix(RETRIEVAL)
    other = subject_named(project, name, label=suite.label, number_format=wanted.number_format, watcher=watcher)
    other = with_retrieval(project, other) if name != wanted.against else other
    if other.name == subject.name:
        raise Mistake(f"{other.name} would play against itself", where="--against", hint="name another model")
    return other


def judges_of(project: Project, suite: Asked, label: Label, wanted: Wanted, *, against: str = "") -> Sequence[Judge]:
    """
    Args:
        label: Of what the models' answers tell.
        against: The other model, where judges compare two.

    Raises:
        Mistake: a judge is not known, may not receive the label or has no key, no program scores the suite and no
            judge is named, two are one model, or the budget cannot be kept.
    """
    if not wanted.judge:
        if suite.score is None:
            what = f"answers to {suite.name} are rated by a judge"
            raise Mistake(what, where="--judge", hint="name one of [judges] or [endpoints]")
        return ()
    # Answers tell what questions, model and passages tell; the judge reads them last and has to be allowed now.
    found = [
        judge_for(project, name, suite, label=highest([suite.label, label]), budget=wanted.budget, against=against)
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


def _of_subject(
    project: Project, examination: Examination, watcher: Watcher, before: Money | None
) -> tuple[list[Answer], Took, float | None, list[str]]:
    """All that needs the model, which is loaded once for it and let go before a judge is: answers, and `_predicted`."""
    subject = examination.subject.once()
    said, took = _answers(project, examination, subject, watcher, before)
    return said, took, *_predicted(project, examination.suite, subject)


def _answers(
    project: Project, examination: Examination, subject: Subject, watcher: Watcher, before: Money | None
) -> tuple[list[Answer], Took]:
    """Of one of the models; whole answers are kept turn by turn, under the keys that judgments name."""
    wanted, records, who = examination.wanted, project.records, subject.who
    budget = wanted.budget if wanted.for_answers else None
    label = highest([examination.suite.label, subject.label])
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
    found = [each.model_copy(update={"label": label}) for each in said]
    _keep(records, found)
    return found, _took([row for key in dict.fromkeys(keys) if (row := records.get(ANSWERS, key)) is not None])


def _keep(records: Records, said: Sequence[Answer]) -> None:
    rows = {each.key: each.model_dump(mode="json") for each in said}
    if new := {key: row for key, row in rows.items() if records.get(REPLIES, key) != row}:
        records.add_all(REPLIES, new)


def _took(rows: Sequence[Mapping[str, Any]]) -> Took:
    found = [Generated.model_validate(row["generated"]) for row in rows]
    return Took(
        calls=len(found),
        prompt_tokens=sum(each.prompt_tokens for each in found),
        tokens=sum(each.tokens for each in found),
        seconds=sum(each.seconds for each in found),
        money=total(Money.model_validate(row["money"]) for row in rows if row.get("money")),
    )


def _verdicts(suite: Asked, said: Sequence[Answer]) -> list[tuple[str, Verdict]]:
    """Each with its question; none where a judge has to read the answers."""
    if (score := suite.score) is None:
        return []
    question = {prompt.id: prompt.question for prompt in suite.prompts}
    return [(question[each.question], score(each.question, each.turns[-1])) for each in said]


def _f1(verdicts: Sequence[tuple[str, Verdict]]) -> float | None:
    return estimate(list(per_question((question, each.f1) for question, each in verdicts).values())).mean


def _predicted(project: Project, suite: Asked, subject: Subject) -> tuple[float | None, list[str]]:
    """Bits for a character of what is asked; a note where its engine cannot read a text of it."""
    if not isinstance(subject.who, Near):
        return None, []
    turns = (turn for prompt in suite.prompts for turn in prompt.turns)
    try:
        return predicted(subject.who.model, turns, project.records), []
    except Mistake as mistake:
        return None, [f"bits a character are not known: {mistake.what}"]


def _notes(examination: Examination) -> list[str]:
    """What has to be said of the models and of how they were asked."""
    subject, other = examination.subject, examination.other
    subjects = [subject, other] if other else [subject]
    of_subjects = [f"{each.name}: {note}" for each in subjects for note in each.notes]
    return [*of_subjects, *_unlike(subject, other), *_once(examination), *_unshown(examination)]


def _unlike(subject: Subject, other: Subject | None) -> list[str]:
    """Engines and number formats that differ between two models that play against each other."""
    if other is None:
        return []
    one, two = subject.identity, other.identity
    pairs = {"engine": (one.engine, two.engine), "number format": (one.number_format, two.number_format)}
    return [f"{what} differs: {own}, {their}" for what, (own, their) in pairs.items() if own != their]


def _once(examination: Examination) -> list[str]:
    """A note where samples were asked for and some questions have only one."""
    prompts, samples = examination.suite.prompts, examination.wanted.samples
    greedy = sum(not temperature(prompt.category) for prompt in prompts)
    if samples == 1 or not greedy:
        return []
    return [f"{greedy} of {len(prompts)} questions are answered greedily, so once and not {samples} times"]


def _unshown(examination: Examination) -> list[str]:
    suite = examination.suite
    if suite.own is not None or examination.wanted.retrieval:
        return []
    return [f"{suite.name}: no document was shown, and what only they tell no model can know: see `--retrieval`"]


def _doubts(found: Judged, records: Records) -> list[str]:
    """Why a judge's score is not to be believed without more."""
    suspicious = [*found.tally.notes, *found.notes]
    if found.tally.meaningless:
        unread = f"{found.tally.n_failed} of {found.tally.n} judgments could not be read"
        return [*suspicious, f"the score means nothing: {unread}, so {found.judge} is no judge of this"]
    version = version_of(found.identity)
    return [*suspicious, *filter(None, [told(records, found.judge, version), drift_told(records, found.judge)])]
