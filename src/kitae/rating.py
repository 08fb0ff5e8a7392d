"""A judge rates answers, alone or two against each other: who it is, by which protocol, and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .core.generation import Decoding, Identity
from .core.label import Label
from .core.mistakes import Mistake
from .core.quantity import Money, total
from .core.records import Records
from .core.run import Watcher
from .evaluate.asking import ask_all
from .evaluate.clusters import clustered
from .evaluate.collect import SILENCE_TRIES, Ask
from .evaluate.judging.asked import Answer
from .evaluate.judging.protocol import Protocol, protocol_named
from .evaluate.judging.published import Row
from .evaluate.judging.request import JUDGMENTS, JudgeRequest, Judgment, check_judged, judged, requests_for
from .evaluate.judging.rows import rows_of, tally_of
from .evaluate.judging.standing import version_of
from .evaluate.judging.tally import Tally, categories_of, category_order, tally
from .evaluate.purse import Purse
from .evaluate.statistics import Estimate
from .naming import Subject, judge_named
from .project import Project
from .suites import Asked

REFUSED_ANSWER = "there is no answer: the endpoint refuses the prompt"
"""Why a judge was not asked."""


@dataclass(frozen=True)
class Judge:
    """Who judges, how, and for how much: settled before anything is answered."""

    name: str
    who: Subject
    protocol: Protocol
    budget: Money | None

    @property
    def version(self) -> str:
        """What its judgments are told apart by."""
        return version_of(self.who.identity)


@dataclass(frozen=True)
class Games:
    """How two models played, over questions, turns and samples. A win counts if both orders agree."""

    wins: int
    ties: int
    losses: int


@dataclass(frozen=True)
class Judged:
    """What the judge made of it."""

    judge: str
    identity: Identity
    protocol: str
    tally: Tally
    """Of pairs its mean is the win rate, between 0 and 1, a tie half a win."""
    why_failed: Mapping[str, int]
    """How often each reason."""
    made: int
    """Judgments that this command paid for."""
    kept: int
    """Those that were in the records, readable or not."""
    money: Money | None
    """For all of them, whenever they were made."""
    judgments: Sequence[Judgment] = ()
    per_category: Mapping[str, Estimate] = field(default_factory=dict)
    """Those of the tally, with their intervals, clustered by question."""
    against: str = ""
    """Of pairs: the other model."""
    games: Games | None = None
    notes: tuple[str, ...] = ()
    """What is odd about the judge, or about the answers of the other model."""


def judge_for(
    project: Project, name: str, suite: Asked, *, label: Label, budget: Money | None = None, against: str = ""
) -> Judge:
    """A judge that is ready to be asked.

    Args:
        label: Of what it reads: questions and answers together.
        budget: In place of the one in its table.
        against: The other model, where it compares two.

    Raises:
        Mistake: there is none of that name, it may not receive the label or has no key; its protocol is of the other
            kind, or the suite brings no prompts for it, or a question not what it wants; or nobody could keep the
            budget.
    """
    who = judge_named(project, name, label=label)
    recipe = project.file.judges.get(name)
    budget = budget or (recipe.budget if recipe else None)
    Purse(who.who.endpoint, budget)  # refuses a budget that nobody can keep
    protocol = protocol_of(project, name, suite, against=against)
    check_judged(suite, protocol)
    return Judge(name, who, protocol, budget)


def protocol_of(project: Project, judge: str, suite: Asked, *, against: str = "") -> Protocol:
    """By which protocol a judge works: the one in its table, else ours in the project's language.

    Args:
        against: The other model, where it compares two: the protocol of pairs beside a single one is taken then.

    Raises:
        Mistake: there is none of that name, it is one of pairs and nobody is named to play against, or the suite brings
            no prompts for it.
    """
    name = protocol_name(project, judge, pairs=bool(against))
    if against:
        return protocol_named(name, suite.templates, baseline=against)
    protocol = protocol_named(name, suite.templates)
    if protocol.kind != "single":
        raise Mistake(
            f"`{name}` compares two models",
            where=f"[judges.{judge}] protocol",
            hint="name the other one with `--against MODEL`, or take a single protocol",
        )
    return protocol


def protocol_name(project: Project, judge: str, *, pairs: bool) -> str:
    """The one in a judge's table, else ours in the project's language; the one of pairs beside it where they play."""
    recipe = project.file.judges.get(judge)
    name = (recipe.protocol if recipe else "") or f"kitae-{project.file.project.language}-single"
    return PAIRS.get(name, name) if pairs else name


PAIRS = {"mtbench": "mtbench-pair", "kitae-ja-single": "kitae-ja-pair", "kitae-en-single": "kitae-en-pair"}
"""The protocol of pairs beside each single one: the same prompts for two answers."""


def rate(
    records: Records,
    judge: Judge,
    suite: Asked,
    answers: Sequence[Answer],
    watcher: Watcher,
    *,
    model: str = "",
    before: Money | None = None,
) -> Judged:
    """Gets the judgments that the records lack, and counts all of them.

    Args:
        answers: Of one model; of two, where the judge's protocol compares them.
        model: The one of the two whose wins are counted.
        before: What the same budget has paid for elsewhere.

    Raises:
        Mistake: as `asking.ask_all`.
    """
    protocol = judge.protocol
    requests = list(requests_for(suite, answers, protocol, judge=judge.version))
    kept = sum(records.get(JUDGMENTS, request.key) is not None for request in requests)
    said = {answer.key: answer for answer in answers}
    refused = [each for each in requests if any(said[key].refused(each.about.turn) for key in each.about.answers)]
    failed = ask_all(
        [ask_of(request, protocol) for request in requests if request not in refused],
        judge.who.who,
        records,
        kind=JUDGMENTS,
        watcher=watcher,
        what="judging",
        budget=judge.budget,
        before=before,
        silence_tries=SILENCE_TRIES,
    )
    judgments = _read(records, requests)
    unread = [each.parse.why for each in judgments if each.parse.failed]
    reasons = [*[REFUSED_ANSWER] * len(refused), *failed.values(), *unread]
    found, games, notes = _counted(judgments, protocol, answers, requests, model)
    rows = [row for row in rows_of(judgments, protocol.scale) if row.model == found.model]
    return Judged(
        judge=judge.name,
        identity=judge.who.identity,
        protocol=protocol.name,
        tally=found,
        why_failed={why: reasons.count(why) for why in dict.fromkeys(reasons)},
        made=len(judgments) - kept,
        kept=kept,
        money=total(each.money for each in judgments),
        judgments=judgments,
        per_category=_per_category(rows),
        against=protocol.baseline,
        games=games,
        notes=(*notes, *served_by(judge.name, judgments)),
    )


def _counted(
    judgments: Sequence[Judgment],
    protocol: Protocol,
    answers: Sequence[Answer],
    requests: Sequence[JudgeRequest],
    model: str,
) -> tuple[Tally, Games | None, list[str]]:
    """What they come to, how the games ended, and what is odd about the other model's answers."""
    if protocol.kind == "single":
        return tally_of(judgments, protocol.scale, answers, requests), None, []
    rows = rows_of(judgments, protocol.scale, answers, requests)
    found = {each.model: each for each in tally(rows, "pairwise")}
    others = [f"{name}: {note}" for name, each in found.items() if name != model for note in each.notes]
    return found[model], games_of([row for row in rows if row.model == model]), others


def _per_category(rows: Sequence[Row]) -> dict[str, Estimate]:
    names, groups = categories_of(rows), dict[str, list[tuple[float, str]]]()
    for row in rows:
        if row.score is not None and names[row.question]:
            groups.setdefault(names[row.question], []).append((row.score, row.unit))
    return {
        name: clustered([score for score, _ in groups[name]], [unit for _, unit in groups[name]], rows[0].scale)
        for name in sorted(groups, key=category_order)
    }


def games_of(rows: Sequence[Row]) -> Games:
    """How the games of one model ended that could be read."""
    ended = Counter(row.score for row in rows if row.score is not None)
    return Games(ended[1.0], ended[0.5], ended[0.0])


def _read(records: Records, requests: Sequence[JudgeRequest]) -> list[Judgment]:
    rows = [records.get(JUDGMENTS, request.key) for request in requests]
    return [Judgment.model_validate(row) for row in rows if row is not None]


def ask_of(request: JudgeRequest, protocol: Protocol) -> Ask:
    """A call of a judge, and the row that is kept of it."""
    decoding = Decoding(max_tokens=request.max_tokens, temperature=request.temperature)
    return Ask(
        request.key,
        request.messages,
        decoding,
        lambda reply, money: judged(request, reply, protocol, money).model_dump(mode="json"),
    )


def served_by(judge: str, judgments: Sequence[Judgment]) -> list[str]:
    """A note where a server named several models behind one name: their ratings are not one judge's."""
    found = Counter(each.served for each in judgments if each.served)
    if len(found) < 2:
        return []
    told = ", ".join(f"{name} ({count})" for name, count in sorted(found.items()))
    return [f"the server of {judge} named several models: {told}; hold it against its anchors (`kitae judge drift`)"]
