"""The decision table: every row on every suite, with intervals, and never two suites in one number."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from pydantic import ConfigDict, Field

from ..core.artifact import Artifact
from ..core.mistakes import Mistake, nearest
from ..core.noun import Noun
from ..core.suite import SuiteKind
from .marks import citations
from .nulls import NULL, NULLS
from .recipe import Row, Way
from .scorecard import TIMINGS, Score, Timing, row_of, scores
from .statistics import Interval, estimate, paired_difference


class Compared(Noun):
    """A row minus the row it is compared with, on the questions that both were asked in the same version."""

    against: str
    n: int
    mean: float | None
    interval: Interval | None
    better: int
    """Questions that this row has right and the other has wrong."""
    worse: int
    detectable: float | None
    """The smallest true difference that these questions would show in four of five trials."""
    n_answerable: int
    mean_answerable: float | None
    interval_answerable: Interval | None
    detectable_answerable: float | None


class Line(Noun):
    """One row on one suite. Shares are of 0 to 1; `None` where there is nothing to share."""

    row: str
    model: str
    way: Way
    shots: int
    suite: str
    kind: SuiteKind
    n: int
    n_answerable: int
    n_unanswerable: int
    right: float
    right_n: int
    interval: Interval
    right_answerable: float | None
    right_answerable_n: int
    interval_answerable: Interval | None
    false_refusals: float | None
    """Share of the answerable questions that it declined."""
    false_refusals_n: int
    false_answers: float | None
    """Share of the unanswerable questions that it answered."""
    false_answers_n: int
    citation_precision: float | None
    """Of all passages cited, how many hold evidence. What is cited for an unanswerable question never does."""
    citation_recall: float | None
    """Of the answerable questions with evidence, how many were answered with a citation of it."""
    evidence_shown: float | None
    """Of the same questions, how many had evidence among the passages shown: the bound of what a model can do."""
    char_f1: float | None
    """Mean over the answerable questions."""
    truncated_n: int
    """Answers that were cut off at the token limit."""
    seconds_per_answer: float | None
    yen_per_answer: float | None
    difference: Compared | None
    notes: tuple[str, ...] = ()
    """What makes this line not comparable as it stands."""


class Table(Noun):
    """The decision table."""

    model_config = ConfigDict(serialize_by_alias=True)

    schema_: Literal[1] = Field(default=1, alias="schema")
    against: str | None
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()


def decision_table(scorecards: Sequence[Artifact], *, against: str | None, yen_per_hour: float | None = None) -> Table:
    """Puts scorecards side by side.

    Rows that were measured with another engine, number format, prompt, decoding or scoring than the row they are
    compared with carry a note that names what differs; questions whose version differs are left out of the difference.

    Args:
        scorecards: One for each row, in the order of the table.
        against: Name of the row that the others are compared with.
        yen_per_hour: What an hour of the machine costs that answered; without it no yen are told.

    Raises:
        Mistake: no scorecard, two of one row, or no row called `against`.
    """
    rows = {row_of(card).name: card for card in scorecards}
    if not scorecards:
        raise Mistake("nothing was measured yet", hint="`kitae run` measures every row")
    if len(rows) < len(scorecards):
        names = [row_of(card).name for card in scorecards]
        twice = min(name for name in names if names.count(name) > 1)
        raise Mistake(f"two scorecards are of the row `{twice}`", hint="name one of them")
    if against is not None and against not in rows:
        raise Mistake(f"no row `{against}` was measured", hint=nearest(against, rows))
    sheets = {name: _sheet(card) for name, card in rows.items()}
    suites = list(dict.fromkeys(suite for sheet in sheets.values() for suite in sheet))
    lines = []
    for suite in suites:
        asked = {name: card for name, card in rows.items() if suite in sheets[name]}
        other = _counterpart(against, rows, asked)
        first = next((name for name, card in asked.items() if row_of(card).model != NULL), "")
        reference = asked.get(other or first)
        unasked = (f"`{against}` was not asked this suite",) if against and other is None else ()
        for card in asked.values():
            line = _line(card, suite, sheets, against=other, reference=reference, yen_per_hour=yen_per_hour)
            lines.append(line.model_copy(update={"notes": (*line.notes, *unasked)}))
    missing = [name for name in NULLS if name not in rows]
    notes = (f"null rows are missing: {', '.join(missing)}",) if missing else ()
    return Table(against=against, lines=tuple(lines), notes=notes)


def _counterpart(against: str | None, rows: Mapping[str, Artifact], asked: Mapping[str, Artifact]) -> str | None:
    """The row that others are compared with on a suite: the one named or, where it was not asked, its model's first.

    A task has other rows than questions have, so `base.retrieval` stands for `base.task` there.
    """
    if against is None or against in asked:
        return against
    model = row_of(rows[against]).model
    return next((name for name, card in asked.items() if row_of(card).model == model), None)


Sheet = dict[str, dict[str, Score]]
"""Scores by suite and question."""


def _sheet(card: Artifact) -> Sheet:
    sheet: Sheet = {}
    for score in scores(card):
        sheet.setdefault(score.suite, {})[score.question] = score
    return sheet


def _line(
    card: Artifact,
    suite: str,
    sheets: Mapping[str, Sheet],
    *,
    against: str | None,
    reference: Artifact | None,
    yen_per_hour: float | None,
) -> Line:
    row = row_of(card)
    own = sheets[row.name][suite]
    found = list(own.values())
    other = sheets[against].get(suite) if against and against != row.name else None
    seconds = _seconds(card, suite)
    notes = _differing(card, reference) if reference else []
    if other is not None:
        notes += _unpaired(own, other, against or "")
    return Line(
        row=row.name,
        model=row.model,
        way=row.way,
        shots=row.shots,
        suite=suite,
        kind=card.facts["suites"][suite]["kind"],
        **_counts(found),
        **_citations(found, row),
        truncated_n=sum(score.finish == "length" for score in found),
        seconds_per_answer=seconds,
        yen_per_answer=None if seconds is None or yen_per_hour is None else seconds / 3600 * yen_per_hour,
        difference=_compared(own, other, against or "") if other is not None else None,
        notes=tuple(notes),
    )


def _credits(found: Sequence[Score]) -> list[float]:
    return [score.verdict.credit for score in found]


def _counts(found: Sequence[Score]) -> dict[str, Any]:
    answerable = [score for score in found if score.answerable]
    unanswerable = [score for score in found if not score.answerable]
    everything, told = estimate(_credits(found)), estimate(_credits(answerable))
    refused = sum(score.verdict.false_refusal for score in answerable)
    invented = sum(score.verdict.false_answer for score in unanswerable)
    return {
        "n": len(found),
        "n_answerable": len(answerable),
        "n_unanswerable": len(unanswerable),
        "right": everything.mean,
        "right_n": sum(score.verdict.right for score in found),
        "interval": everything.interval,
        "right_answerable": told.mean,
        "right_answerable_n": sum(score.verdict.right for score in answerable),
        "interval_answerable": told.interval,
        "false_refusals": _share(refused, len(answerable)),
        "false_refusals_n": refused,
        "false_answers": _share(invented, len(unanswerable)),
        "false_answers_n": invented,
        "char_f1": estimate([score.verdict.f1 for score in answerable]).mean,
    }


def _citations(found: Sequence[Score], row: Row) -> dict[str, float | None]:
    if not row.searches:  # nothing was shown that could be cited
        return dict.fromkeys(("citation_precision", "citation_recall", "evidence_shown"))
    told = citations((score.question, score.answerable, score.verdict) for score in found)
    return {name: each.mean for name, each in told.items()}


def _share(count: int, of: int) -> float | None:
    return count / of if of else None


def _seconds(card: Artifact, suite: str) -> float | None:
    taken = [timing.seconds for timing in card.rows(TIMINGS, Timing) if timing.suite == suite]
    return math.fsum(taken) / len(taken) if taken else None


def _compared(own: Mapping[str, Score], other: Mapping[str, Score], against: str) -> Compared:
    both = [(own[key], other[key]) for key in own if key in other and own[key].version == other[key].version]
    told = [(one, two) for one, two in both if one.answerable]
    whole = paired_difference(_credits([one for one, _ in both]), _credits([two for _, two in both]))
    part = paired_difference(_credits([one for one, _ in told]), _credits([two for _, two in told]))
    return Compared(
        against=against,
        n=whole.n,
        mean=whole.mean,
        interval=whole.interval,
        better=whole.better,
        worse=whole.worse,
        detectable=whole.detectable,
        n_answerable=part.n,
        mean_answerable=part.mean,
        interval_answerable=part.interval,
        detectable_answerable=part.detectable,
    )


_SAME: tuple[tuple[str, Callable[[Mapping[str, Any]], Any]], ...] = (
    ("engine", lambda facts: facts["identity"]["engine"]),
    ("number format", lambda facts: facts["identity"]["number_format"]),
    ("decoding", lambda facts: facts["decoding"]),
    ("prompt", lambda facts: facts["prompt"]),
)


def _differing(card: Artifact, reference: Artifact) -> list[str]:
    """What was measured otherwise than in the row of reference. The null rows have no engine to differ by."""
    name = row_of(reference).name
    facts, others = card.facts, reference.facts
    checks = () if NULL in (row_of(card).model, row_of(reference).model) else _SAME
    differing = [
        f"{what} differs from `{name}`: {_plain(read(facts))}, there {_plain(read(others))}"
        for what, read in (*checks, ("scoring", lambda facts: facts["scoring"]))
        if read(facts) != read(others)
    ]
    if row_of(card).way == row_of(reference).way and facts["passages"] != others["passages"]:
        differing.append(f"passages differ from `{name}`: {facts['passages']}, there {others['passages']}")
    return differing


def _plain(value: Any) -> str:
    return ", ".join(f"{key} {each}" for key, each in value.items()) if isinstance(value, dict) else str(value)


def _unpaired(own: Mapping[str, Score], other: Mapping[str, Score], against: str) -> list[str]:
    changed = sum(key in other and own[key].version != other[key].version for key in own)
    alone = len(own.keys() ^ other.keys())
    notes = []
    if changed:
        notes.append(f"{changed} questions have another version in `{against}` and are left out of the difference")
    if alone:
        notes.append(f"{alone} questions were asked of only one of this row and `{against}`, and are left out")
    return notes
