"""A survey of candidate bases: each answers the same questions, and one is recommended with its reasons."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .answering import MAX_TOKENS, Took, Wanted
from .commands import make_all
from .core.document import Document
from .core.generation import Identity
from .core.memory import give_back
from .core.mistakes import Mistake
from .core.quantity import Money, total
from .core.run import Silent, Watcher
from .evaluate.asking import Near
from .evaluate.choice import Choice, Pair, Standing, as_pair, choose, pair_of
from .evaluate.judging.alike import DOUBTS, SERVED, check_names
from .evaluate.judging.contrast import contrast
from .evaluate.judging.standing import doubts, version_of
from .evaluate.statistics import Interval
from .examining import Examination, Examined, carry_out, judges_of, prepare
from .footprint import Footprint, Price, footprint, price
from .naming import in_gguf, label_of
from .project import Project
from .suites import suite_named

DEFAULT = "riddles-ja"
"""Scored by program, so that it needs no judge."""

MOST_CUT = 0.1
"""Share of answers that were cut off, from which on what they cost is no reason: a longer one would cost more."""


@dataclass(frozen=True)
class Sought:
    """What a survey is to find out, in the words of the command line."""

    models: tuple[str, ...]
    suites: tuple[str, ...] = (DEFAULT,)
    judge: str = ""
    """For the suites that no program scores."""
    limit: int | None = None
    """At most so many questions of each suite."""
    retrieval: bool = False
    number_format: str = "float32"
    max_tokens: int = MAX_TOKENS
    budget: Money | None = None
    """For all answers and judgments of endpoints together; for the judge alone the one in `[judges]` when left out."""
    despite: tuple[str, ...] = ()
    """Doubts about the judge, of `alike.DOUBTS`, in spite of which it decides."""


@dataclass(frozen=True)
class Score:
    """Of a candidate on one suite."""

    mean: float | None
    """Share of right questions, or the judge's mean; `None` where it means nothing."""
    interval: Interval | None
    questions: int


@dataclass(frozen=True)
class Candidate:
    """A base that was measured."""

    name: str
    identity: Identity
    found: dict[str, Examined]
    """By suite."""
    takes: Footprint
    price: Price

    @property
    def tokens_per_second(self) -> float | None:
        """That it wrote, with the time to read: in batches here, of one call behind an endpoint."""
        took = together([each.took for each in self.found.values()])
        return took.tokens / took.seconds if took.tokens and took.seconds else None

    @property
    def cut(self) -> float:
        """Share of its answers that were cut off at `max_tokens`."""
        ends = [end for found in self.found.values() for answer in found.answers for end in answer.finishes]
        return ends.count("length") / len(ends) if ends else 0.0


@dataclass(frozen=True)
class Survey:
    """What came of it."""

    candidates: tuple[Candidate, ...]
    suites: tuple[str, ...]
    decides: str
    """The suite by which it is recommended."""
    choice: Choice
    besides: tuple[tuple[str, Pair], ...]
    """On the other suites: the recommended one against the others."""
    notes: tuple[str, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        worse = [pair for pair in self.besides if pair[1].told_apart and (pair[1].difference.mean or 0.0) > 0]
        told = [f"but on {suite} `{pair.first}` is better than `{pair.second}`" for suite, pair in worse]
        return (*self.choice.reasons, *told)


def survey(project: Project, sought: Sought, watcher: Watcher | None = None) -> Survey:
    """Measures what the records lack, model by model.

    Raises:
        Mistake: a name that is not known or stands twice, an endpoint that may not receive the label, a budget that
            nobody can keep: all before anything is computed. Later as `carry_out`; what was answered is kept.
    """
    watcher = watcher or Silent()
    examinations = _prepared(project, sought, watcher)
    texts = _texts(project, watcher)
    subjects = {name: own[0].subject for name, own in examinations.items()}
    takes = {name: footprint(project.file, subject, texts) for name, subject in subjects.items()}
    found = _carried_out(project, sought, examinations, watcher)
    candidates = tuple(
        Candidate(
            name=name,
            identity=subjects[name].identity,
            found=own,
            takes=takes[name],
            price=price(
                project.file,
                subjects[name].who.endpoint,
                takes[name].model,
                together([each.took for each in own.values()]),
            ),
        )
        for name, own in found.items()
    )
    return _chosen(project, sought, candidates)


def _prepared(project: Project, sought: Sought, watcher: Watcher) -> dict[str, list[Examination]]:
    """By model, one for each suite; what has to be made ready comes after all that could be refused."""
    _check_names(sought)
    wanted = {name: [_wanted(project, sought, name, suite) for suite in sought.suites] for name in sought.models}
    if sought.judge and all(not each.judge for each in next(iter(wanted.values()))):
        raise Mistake("every suite here is scored by a program", where="--judge", hint="leave the judge out")
    late = [name for name in sought.models if in_gguf(project, name)]
    ready = {name: [prepare(project, each) for each in own] for name, own in wanted.items() if name not in late}
    for name in late:
        for each in wanted[name]:
            judges_of(project, suite_named(project, each.suite), label_of(name), each)
    ready |= {name: [prepare(project, each, watcher) for each in wanted[name]] for name in late}
    return {name: ready[name] for name in sought.models}


def _check_names(sought: Sought) -> None:
    check_names(sought.despite, DOUBTS)
    for what, names in (("model", sought.models), ("suite", sought.suites)):
        if not names:
            raise Mistake(f"no {what} is named", where="kitae survey", hint="for example wheel:gemma3-270m")
        if twice := {name for name in names if names.count(name) > 1}:
            raise Mistake(f"the {what} `{min(twice)}` stands twice", where="kitae survey", hint="name each once")


def _wanted(project: Project, sought: Sought, model: str, suite: str) -> Wanted:
    read = suite_named(project, suite).score is None
    return Wanted(
        suite=suite,
        model=model,
        judge=sought.judge if read else "",
        retrieval=sought.retrieval,
        number_format=sought.number_format,
        max_tokens=sought.max_tokens,
        budget=sought.budget,
        limit=sought.limit,
    )


def _texts(project: Project, watcher: Watcher) -> list[str]:
    """What training may read: as the vocabulary's own table is measured."""
    making, _ = make_all(project, watcher, until="documents")
    trainable = next(each for each in making.used if each.kind == "documents" and each.name == "trainable")
    return [document.text for document in trainable.rows("documents", Document)]


def _carried_out(
    project: Project, sought: Sought, examinations: dict[str, list[Examination]], watcher: Watcher
) -> dict[str, dict[str, Examined]]:
    """Model by model; what one budget pays for is added up."""
    found: dict[str, dict[str, Examined]] = {}
    spent: list[Money | None] = []
    for name, own in examinations.items():
        found[name] = _of_model(project, own, watcher, spent, whole=sought.budget is not None)
        give_back()
    return found


def _of_model(
    project: Project, examinations: list[Examination], watcher: Watcher, spent: list[Money | None], *, whole: bool
) -> dict[str, Examined]:
    """Every suite, the model being loaded once at most.

    Args:
        spent: By examinations before; these are added.
        whole: Whether answers are paid from the same budget as judgments.
    """
    subject, found = examinations[0].subject.once(), {}
    for each in examinations:
        ready = replace(each, subject=subject) if isinstance(subject.who, Near) else each
        examined = carry_out(project, ready, watcher, before=total(spent))
        judged = examined.judged.money if examined.judged else None
        spent.append(examined.money if whole else judged)
        found[each.suite.name] = examined
    return found


def together(took: Sequence[Took]) -> Took:
    return Took(
        calls=sum(each.calls for each in took),
        prompt_tokens=sum(each.prompt_tokens for each in took),
        tokens=sum(each.tokens for each in took),
        seconds=sum(each.seconds for each in took),
        money=total(each.money for each in took),
        refused=tuple(why for each in took for why in each.refused),
    )


def score(found: Examined) -> Score:
    """What counts: a program's score where there is one, else the judge's."""
    program, judged, questions = found.program, found.judged, found.suite.questions
    if program is not None:
        return Score(program.mean, program.interval, questions)
    if judged is None or judged.tally.meaningless:
        return Score(None, None, questions)
    return Score(judged.tally.mean_published, judged.tally.interval, questions)


def _chosen(project: Project, sought: Sought, candidates: tuple[Candidate, ...]) -> Survey:
    goal = project.file.goal.suite if project.file.goal else ""
    decides = goal if goal in sought.suites else sought.suites[0]
    named = {each.name: each for each in candidates}

    def compare(suite: str, first: str, second: str) -> Pair:
        return _pair(first, second, named[first].found[suite], named[second].found[suite])

    choice = choose([_standing(each, decides) for each in candidates], functools.partial(compare, decides))
    if doubted := _doubts(project, [each.found[decides] for each in candidates], sought.despite):
        choice = replace(choice, recommended=None, equals=(), reasons=(doubted,))
    taken = named.get(choice.recommended or "")
    besides = [
        (suite, compare(suite, each.name, taken.name))
        for suite in sought.suites
        for each in candidates
        if taken and suite != decides and each is not taken and _comparable(each, taken, suite)
    ]
    notes = dict.fromkeys(note for each in candidates for found in each.found.values() for note in found.notes)
    told = [note for each in candidates for note in _told(each, sought.max_tokens)]
    return Survey(candidates, sought.suites, decides, choice, tuple(besides), (*notes, *told))


def _doubts(project: Project, found: Sequence[Examined], despite: Sequence[str]) -> str:
    """Why the judge may not decide which candidate is taken; empty where it may, or a program does."""
    judged = next((each.judged for each in found if each.judged), None)
    if judged is None:
        return ""
    told = doubts(project.records, judged.judge, version_of(judged.identity), judged.protocol)
    held = {name: why for name, why in told.items() if name not in despite}
    options = " ".join(f"--despite {name}" for name in held)
    return f"nothing is recommended: {'; '.join(held.values())}; `{options}` lets the judge decide" if held else ""


def _told(candidate: Candidate, max_tokens: int) -> list[str]:
    """What of a candidate makes its score or its price worth less."""
    name, cut = candidate.name, candidate.cut
    judges = [found.judged.identity.model for found in candidate.found.values() if found.judged]
    own = [f"{name} judged itself, and judges favour their own answers"] if candidate.identity.model in judges else []
    if cut <= MOST_CUT:
        return own
    return [*own, f"{name}: {cut:.0%} of its answers were cut off at {max_tokens} tokens, so their price is no reason"]


def _standing(candidate: Candidate, suite: str) -> Standing:
    takes, found = candidate.takes, score(candidate.found[suite])
    return Standing(
        name=candidate.name,
        mean=found.mean,
        interval=found.interval,
        computed=_computed(candidate, suite),
        barred=" ".join(takes.terms) if takes.permitted == "no" else "",
        doubt=takes.doubt,
        yen=candidate.price.yen if candidate.cut <= MOST_CUT else None,
        gib=takes.serve_gib.mid if takes.serve_gib else None,
        tokens=1000 / takes.characters_per_token if takes.characters_per_token else None,
    )


def _computed(candidate: Candidate, suite: str) -> str:
    judged = candidate.found[suite].judged
    served = sorted({each.served for each in judged.judgments if each.served}) if judged else []
    judge = f", judged by {' and '.join(served)}" if served else ""
    return f"{candidate.identity.engine}, {candidate.identity.number_format}{judge}"


def _comparable(one: Candidate, other: Candidate, suite: str) -> bool:
    means = score(one.found[suite]).mean, score(other.found[suite]).mean
    return _computed(one, suite) == _computed(other, suite) and None not in means


def _pair(first: str, second: str, one: Examined, other: Examined) -> Pair:
    if one.judged is None or other.judged is None:
        return pair_of(first, second, one.credits, other.credits)
    # Both were served by the same (`_computed`), though maybe not on every question, which a note says.
    found = contrast(one.judged.judgments, other.judged.judgments, despite=(SERVED,))
    return as_pair(first, second, found.difference, found.questions, found.needed)
