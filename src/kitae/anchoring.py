"""Whether a judge is still the one it was: answers are frozen with its ratings, and given to it again later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from .core.label import highest
from .core.mistakes import Mistake
from .core.records import Records
from .core.run import Silent, Watcher
from .evaluate.asking import ask_all
from .evaluate.collect import SILENCE_TRIES
from .evaluate.judging.anchors import COUNT, choose, drift
from .evaluate.judging.asked import REPLIES, Answer
from .evaluate.judging.drifts import (
    AGAIN,
    Anchor,
    Checked,
    Frozen,
    anchors_of,
    remember_anchors,
    remember_check,
)
from .evaluate.judging.protocol import Protocol
from .evaluate.judging.request import JUDGMENTS, JudgeRequest, Judgment, requests_for
from .naming import judge_named, judge_version
from .project import Project
from .rating import ask_of, protocol_of
from .suites import Asked, suite_named


def freeze(project: Project, judge: str, suite: str, *, count: int = COUNT, again: bool = False) -> Frozen:
    """Freezes some of a judge's ratings of a suite, with what it was asked. Nobody is asked anything.

    Args:
        count: How many.
        again: Replaces what was frozen before.

    Raises:
        Mistake: there is no such judge or suite, it has not rated enough answers, anchors are there already, or nobody
            knows how far the answers may go.
    """
    asked, version = suite_named(project, suite), judge_version(project, judge)
    before = next((each for each in anchors_of(project.records, judge) if each.suite == suite), None)
    if before and not again:
        raise Mistake(
            f"anchors of {judge} on {suite} were frozen on {before.day}",
            where=str(project.records.folder),
            hint="`kitae judge drift` asks it about them again; `--again` freezes others in their place",
        )
    protocol = protocol_of(project, judge, asked)
    requests, answers = _asked(project.records, asked, protocol, version)
    rated = [each for each in _judgments(project.records) if each.key in requests]
    if not rated:
        raise Mistake(
            f"{judge} has rated no answer to {suite} as it is now",
            where=version,
            hint=f"`kitae evaluate --suite {suite} --judge {judge} --model MODEL` lets it",
        )
    chosen = choose(rated, count)
    labels = [answers[key].label for each in chosen for key in each.about.answers]
    if None in labels:
        raise Mistake(
            "some of the answers are from an earlier release, and how far they may go is not known",
            where=f"records/{REPLIES}",
            hint="run `kitae evaluate` on these models again: nothing is asked anew, and the label is written down",
        )
    found = Frozen(
        judge=judge,
        version=version,
        suite=suite,
        day=_today(),
        label=highest([asked.label, *(label for label in labels if label is not None)]),
        protocol=protocol,
        anchors=tuple(_anchor(each, requests[each.key]) for each in chosen),
    )
    remember_anchors(project.records, found)
    return found


def _asked(
    records: Records, suite: Asked, protocol: Protocol, judge: str
) -> tuple[dict[str, JudgeRequest], dict[str, Answer]]:
    """All that this judge could have been asked of the suite as it is now, and the answers, by their keys."""
    versions = {prompt.id: prompt.version for prompt in suite.prompts}
    rows = [row for row in records.all(REPLIES) if versions.get(row["question"]) == row["version"]]
    answers = {each.key: each for each in map(Answer.model_validate, rows)}
    requests = requests_for(suite, list(answers.values()), protocol, judge=judge)
    return {each.key: each for each in requests}, answers


def _judgments(records: Records) -> list[Judgment]:
    return [Judgment.model_validate(row) for row in records.all(JUDGMENTS) if not row["about"]["order"]]


def _anchor(judgment: Judgment, request: JudgeRequest) -> Anchor:
    return Anchor(
        judgment=judgment,
        messages=request.messages,
        temperature=request.temperature,
        max_tokens=request.max_tokens,
    )


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def check(project: Project, judge: str, *, suite: str = "", watcher: Watcher | None = None) -> list[Checked]:
    """Asks a judge about its anchors again, and remembers what came of it.

    A check that was cut off goes on where it was, on the same day; after a whole one the next begins anew.

    Args:
        suite: All that was frozen of it when left out.

    Raises:
        Mistake: nothing was frozen, the judge may not receive it or has no key, or some answers were not rated again.
    """
    frozen = [each for each in anchors_of(project.records, judge) if suite in ("", each.suite)]
    if not frozen:
        what = f"no anchors of {judge}{f' on {suite}' if suite else ''} are frozen"
        raise Mistake(what, where=str(project.records.folder), hint=f"`kitae judge anchors --judge {judge} --suite …`")
    return [_check(project, each, watcher or Silent()) for each in frozen]


def _check(project: Project, frozen: Frozen, watcher: Watcher) -> Checked:
    records = project.records
    who, recipe = judge_named(project, frozen.judge, label=frozen.label), project.file.judges.get(frozen.judge)
    now = judge_version(project, frozen.judge)
    occasion, requests = _occasion(records, frozen, now)
    failed = ask_all(
        [ask_of(each, frozen.protocol) for each in requests],
        who.who,
        records,
        kind=AGAIN,
        watcher=watcher,
        what="judging anchors",
        budget=recipe.budget if recipe else None,
        silence_tries=SILENCE_TRIES,
    )
    if failed:
        raise Mistake(
            f"{len(failed)} of {len(requests)} anchors got no answer, the first because {next(iter(failed.values()))}",
            where=frozen.judge,
            hint="run the same command again today: the others are kept",
        )
    again = [row for each in requests if (row := records.get(AGAIN, each.key)) is not None]
    before, after = [each.judgment for each in frozen.anchors], [Judgment.model_validate(row) for row in again]
    checked = Checked(
        judge=frozen.judge,
        suite=frozen.suite,
        since=frozen.day,
        occasion=occasion,
        then=frozen.version,
        now=now,
        served_then=_served(before),
        served_now=_served(after),
        drift=drift(before, after),
    )
    remember_check(records, checked)
    return checked


def _occasion(records: Records, frozen: Frozen, judge: str) -> tuple[str, list[JudgeRequest]]:
    """The first of today on which not everything is answered: one that was cut off, or a new one."""
    number = 1
    while True:
        occasion = f"{_today()}, {number}"
        requests = [each.again(judge, f"{frozen.day}, {occasion}") for each in frozen.anchors]
        if any(records.get(AGAIN, each.key) is None for each in requests):
            return occasion, requests
        number += 1


def _served(judgments: Sequence[Judgment]) -> tuple[str, ...]:
    return tuple(sorted({each.served for each in judgments if each.served}))
