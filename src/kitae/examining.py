"""One examination: a model answers a suite, programs and judges rate the answers, the records keep all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .answering import Took, Wanted, answers_of
from .core.generation import Identity
from .core.label import Label, highest
from .core.mistakes import Mistake
from .core.passage import Passage
from .core.quantity import Money, total
from .core.records import Records
from .core.run import Silent, Watcher
from .evaluate.asking import Near
from .evaluate.clusters import by_question
from .evaluate.judging.asked import Answer
from .evaluate.judging.panel import Panel, panel
from .evaluate.judging.standing import doubts, version_of
from .evaluate.marks import Marks, marks
from .evaluate.predicting import predicted
from .evaluate.purse import Purse
from .evaluate.scoring import Verdict
from .evaluate.statistics import Estimate, per_question
from .evaluate.surface import Surfaces, beside, exact, looked_at
from .evaluate.turns import temperature
from .naming import Subject, subject_named, with_retrieval
from .project import Project
from .rating import Judge, Judged, judge_for, rate
from .suites import Asked, suite_named

__all__ = ["Examination", "Examined", "Judged", "Wanted", "carry_out", "examine", "judges_of", "prepare"]

RETRIEVAL = " + retrieval"
"""Ends the name of a model that is shown passages."""


@dataclass(frozen=True)
class Examined:
    """What came of it."""

    suite: Asked
    model: str
    identity: Identity
    answers: Sequence[Answer]
    surfaces: Surfaces | None
    marks: Marks | None
    """What a program tells beside `credits`; `None` where a judge has to read the answers."""
    credits: Mapping[str, float]
    """What each question counts, where a program scores the suite: several wordings and samples as their mean."""
    f1: Estimate | None
    """Mean character F1 of the questions, where a program compares answers with known ones."""
    bits_per_character: Estimate | None
    """Of what is asked, as plain text; `None` for a model behind an endpoint."""
    took: Took
    theirs: Took | None
    """The same of the model that it plays against."""
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
        return by_question(self.credits.items(), self.suite.units) if self.suite.score else None

    @property
    def money(self) -> Money | None:
        """For answers and judgments; `None` where nothing has a price."""
        judged = [self.judged, *self.more] if self.judged else []
        answers = [self.took, self.theirs] if self.theirs else [self.took]
        return total([*(each.money for each in answers), *(each.money for each in judged)])


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
        Mistake: a name or a number format that is not known, an endpoint that may not receive the label or has no key,
            or a budget that nobody can keep.
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
    other = _other(project, suite, subject, wanted, watcher) if wanted.against else None
    for each in [subject, *([other] if other else [])]:
        Purse(each.who.endpoint, wanted.budget)  # refuses a budget that nobody can keep
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
    paid = _paid(examination.wanted, before, took)
    their_answers, theirs = _of_other(project, examination, watcher, paid) if other else ([], None)
    found = _rated(project, examination, [*said, *their_answers], watcher, _paid(examination.wanted, paid, theirs))
    together, of_panel = _panel(examination.judges, found)
    shown = _shown(suite, subject)
    verdicts = _verdicts(suite, said, shown)
    marked = _marks(suite, said, [verdict for _, verdict in verdicts], shown)
    # A judge's tally flags what is suspicious itself.
    flagged = [f"{subject.name}: {flag}" for flag in marked.flags] if marked and not found else []
    doubts = [note for each in found for note in _doubts(each, project.records)]
    refused = [*_refusals(subject, took), *(_refusals(other, theirs) if other and theirs else [])]
    return Examined(
        suite=suite,
        model=subject.name,
        identity=subject.identity,
        answers=said,
        surfaces=_surfaces(suite, said),
        marks=marked,
        credits=per_question((question, verdict.credit) for question, verdict in verdicts),
        f1=by_question(((name, each.f1) for name, each in verdicts), suite.units) if suite.has_gold else None,
        bits_per_character=bits,
        took=took,
        theirs=theirs,
        judged=found[0] if found else None,
        notes=tuple(
            dict.fromkeys([*suite.notes, *_notes(examination), *refused, *unread, *flagged, *doubts, *of_panel])
        ),
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
) -> tuple[list[Answer], Took, Estimate | None, list[str]]:
    """All that needs the model, which is loaded once for it and let go before a judge is: answers, and `_predicted`."""
    subject, suite = examination.subject.once(), examination.suite
    said, took = answers_of(project.records, suite, subject, examination.wanted, watcher, before)
    return said, took, *_predicted(project, suite, subject)


def _of_other(
    project: Project, examination: Examination, watcher: Watcher, before: Money | None
) -> tuple[list[Answer], Took]:
    assert examination.other is not None
    other = examination.other.once()
    return answers_of(project.records, examination.suite, other, examination.wanted, watcher, before)


def _rated(
    project: Project, examination: Examination, said: Sequence[Answer], watcher: Watcher, before: Money | None
) -> list[Judged]:
    """By each of the judges, one after the other."""
    found: list[Judged] = []
    for each in examination.judges:
        model, suite = examination.subject.name, examination.suite
        found.append(rate(project.records, each, suite, said, watcher, model=model, before=before))
        before = _paid(examination.wanted, before, found[-1])
    return found


def _paid(wanted: Wanted, before: Money | None, now: Took | Judged | None) -> Money | None:
    """What the budget of the command has paid for; a judge's own budget is for its judgments alone."""
    return total([before, now.money]) if wanted.budget and now else before


def _surfaces(suite: Asked, said: Sequence[Answer]) -> Surfaces | None:
    looks = looked_at(said, expected=suite.language)
    asked = {prompt.id: prompt.question for prompt in suite.prompts}
    return beside([look for _, look in looks], [asked[name] for name, _ in looks])


def _shown(suite: Asked, subject: Subject) -> dict[str, tuple[Passage, ...]]:
    """The passages in the prompts of questions about documents, which name their evidence."""
    if not subject.searched or suite.company is None:
        return {}
    return {prompt.id: subject.frame(prompt.turns[-1]).shown for prompt in suite.prompts}


def _marks(
    suite: Asked, said: Sequence[Answer], verdicts: Sequence[Verdict], shown: Mapping[str, Sequence[Passage]]
) -> Marks | None:
    if suite.score is None:
        return None
    pairs = [(each.question, verdict) for each, verdict in zip(said, verdicts, strict=True)]
    figures = suite.figures(pairs, shown=bool(shown))
    if suite.gold:
        figures["exact_match"] = by_question(_exact(suite, said, verdicts), suite.units)
    return marks(suite.prompts, said, verdicts, figures)


def _verdicts(
    suite: Asked, said: Sequence[Answer], shown: Mapping[str, Sequence[Passage]]
) -> list[tuple[str, Verdict]]:
    """Each with its question; none where a judge has to read the answers."""
    if (score := suite.score_beside(shown)) is None:
        return []
    question = {prompt.id: prompt.question for prompt in suite.prompts}
    return [(question[each.question], score(each.question, each.turns[-1])) for each in said]


def _exact(suite: Asked, said: Sequence[Answer], verdicts: Sequence[Verdict]) -> list[tuple[str, float]]:
    """Whether each answer is a known one and nothing more, with its question; where none is known, its verdict."""
    found = []
    for each, verdict in zip(said, verdicts, strict=True):
        known = suite.gold[each.question]
        found.append((each.question, float(exact(each.turns[-1], known) if known else verdict.right)))
    return found


def _predicted(project: Project, suite: Asked, subject: Subject) -> tuple[Estimate | None, list[str]]:
    """Bits for a character of what is asked; a note where its engine cannot read a text of it."""
    if not isinstance(subject.who, Near):
        return None, []
    turns = ((prompt.question, turn) for prompt in suite.prompts for turn in prompt.turns)
    try:
        return predicted(subject.who.model, turns, project.records), []
    except Mistake as mistake:
        return None, [f"bits a character are not known: {mistake.what}"]


def _notes(examination: Examination) -> list[str]:
    """What has to be said of the models and of how they were asked."""
    subject, other = examination.subject, examination.other
    subjects = [subject, other] if other else [subject]
    of_subjects = [f"{each.name}: {note}" for each in subjects for note in each.notes]
    return [
        *of_subjects,
        *_unlike(subject, other),
        *_once(examination),
        *_unshown(examination),
        *_unjudged(examination),
    ]


def _unjudged(examination: Examination) -> list[str]:
    """Turns that are answered and that a judge's prompts do not know."""
    most = max((len(prompt.turns) for prompt in examination.suite.prompts), default=0)
    return [
        f"{each.name}: its prompts know turn {each.protocol.turns[-1]} alone; later turns are answered and not judged"
        for each in examination.judges
        if each.protocol.turns[-1] < most
    ]


def _refusals(subject: Subject, took: Took) -> list[str]:
    if not took.refused:
        return []
    count = f"{len(took.refused)} prompts" if len(took.refused) > 1 else "a prompt"
    return [f"{subject.name}: the endpoint refused {count} for good and is not asked again: {took.refused[0]}"]


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
    return [*suspicious, *doubts(records, found.judge, version_of(found.identity), found.protocol).values()]
