"""What judgments come to: the protocol's own mean, what failures could have made of it, and the interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...core.mistakes import Mistake
from ...core.noun import Noun
from ..clusters import clustered
from ..statistics import Interval
from .asked import CATEGORIES, GUIDED
from .published import Row
from .suspicion import flags

MEANINGLESS = 0.5
"""From this share of failures on, a score says nothing about the model that was judged."""


class Tally(Noun):
    """One model under one judge. Means are on the judge's own scale; `None` where there is nothing to average."""

    model: str
    n: int
    """Judgments, without those that were replaced."""
    n_failed: int
    """Of these: unparsed, failed, or off the scale."""
    n_duplicate: int
    """Rows with the key of an earlier row, above the n."""
    mean_published: float | None
    """By the protocol's own rule, which leaves failures out."""
    mean_low: float
    """Every failure counted as the worst that it could be."""
    mean_high: float
    per_turn: dict[str, float]
    per_category: dict[str, float]
    interval: Interval | None
    """Of `mean_published`, clustered by question."""
    consistency: float | None
    """Of games in both orders: share with the same result."""
    notes: tuple[str, ...]

    @property
    def meaningless(self) -> bool:
        """Whether so much failed that the score says nothing."""
        return self.n_failed >= MEANINGLESS * self.n


def tally(rows: Sequence[Row], kind: str) -> list[Tally]:
    """Counts rows by model, in the order in which models come.

    Where a key stands twice the last row counts. Rows of shaberi have no key: its own rule counts every line, as its
    published table does, and a question that stands twice is reported only.

    Raises:
        Mistake: the rows of one model are by two judges.
    """
    found: dict[str, list[Row]] = {}
    for row in rows:
        # One file is one model there; the same model on two benchmarks makes two lines.
        found.setdefault(f"{row.prompt}/{row.model}" if kind == "shaberi" else row.model, []).append(row)
    judges = {row.judge for row in rows}
    return [_tally(own, kind, several=len(judges) > 1) for own in found.values()]


def _tally(rows: Sequence[Row], kind: str, *, several: bool) -> Tally:
    model, judge = rows[0].model, one_judge(rows)
    last = list({row.key: row for row in rows}.values())
    kept = list(rows) if kind == "shaberi" else last
    counted = [row for row in kept if row.score is not None]
    scores = [row.score for row in counted if row.score is not None]
    estimate = clustered(scores, [row.unit for row in counted], rows[0].scale)
    games = [row.agreed for row in kept if row.agreed is not None]
    notes = [f"judged by {judge}, others by another: not to be compared"] if several else []
    return Tally(
        model=model,
        n=len(kept),
        n_failed=sum(row.failed for row in kept),
        n_duplicate=len(rows) - len(last),
        mean_published=estimate.mean,
        mean_low=_mean([row.low for row in kept]),
        mean_high=_mean([row.high for row in kept]),
        per_turn=_means(counted, lambda row: str(row.turn)),
        per_category=_means(counted, _categories(kept)),
        interval=estimate.interval,
        consistency=_mean([float(agreed) for agreed in games]) if games else None,
        notes=(*notes, *_notes(rows, last, kind)),
    )


def one_judge(rows: Sequence[Row]) -> str:
    """Who judged all of them.

    Raises:
        Mistake: several did.
    """
    judges = sorted({row.judge for row in rows})
    if len(judges) > 1:
        raise Mistake(
            f"the rows are judged by {' and by '.join(judges)}: scores of different judges are not pooled",
            where=next(row.where for row in rows if row.judge != rows[0].judge),
            hint="take the rows of one judge at a time",
        )
    return judges[0]


def _notes(rows: Sequence[Row], last: Sequence[Row], kind: str) -> list[str]:
    notes = []
    if len(rows) > len(last):
        told = "all lines count, as published" if kind == "shaberi" else "the last row counts"
        notes.append(f"{len(rows) - len(last)} rows repeat a key: {told}")
    if different := _mixed(rows):
        notes.append(f"two runs are mixed: {different} keys stand with different answers")
    if doubts := [row.doubt for row in last if row.doubt]:
        notes.append(f"{len(doubts)} rows: {doubts[0]}")
    answers = {(row.question, row.turn): row.answer for row in last if row.answer}
    return notes + flags(list(answers.values()))


def _mixed(rows: Sequence[Row]) -> int:
    """How many keys have rows about more than one answer."""
    answers: dict[tuple[str, str, int, str], set[str]] = {}
    for row in rows:
        answers.setdefault(row.key, set()).add(row.answer)
    return sum(len(found) > 1 for found in answers.values())


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _means(rows: Sequence[Row], name: Callable[[Row], str]) -> dict[str, float]:
    groups: dict[str, list[float]] = {}
    for row in rows:
        if row.score is not None and name(row):
            groups.setdefault(name(row), []).append(row.score)
    return {key: _mean(groups[key]) for key in sorted(groups, key=category_order)}


def category_order(name: str) -> tuple[int, str]:
    """Sorts those of MT-Bench as its paper does, others by alphabet behind them."""
    return (CATEGORIES.index(name) if name in CATEGORIES else len(CATEGORIES), name)


PUBLISHED: tuple[tuple[range, tuple[str, ...]], ...] = (
    (range(81, 161), CATEGORIES),
    (range(1, 81), tuple(sorted(CATEGORIES))),
)
"""FastChat's rows name no category. Ids 81 to 160 are the English questions, ten a category in the order of the paper;
1 to 80 Stability's Japanese ones and their descendants, ten a category by alphabet."""


def categories_of(rows: Sequence[Row]) -> dict[str, str]:
    """The category of each question, as far as it is told or known."""
    name = _categories(rows)
    return {row.question: name(row) for row in rows}


def _categories(rows: Sequence[Row]) -> Callable[[Row], str]:
    """The category that a row names, or that its id has in the published questions.

    Other questions may have the same ids: where the judge's prompts are not those of the categories, none is told.
    """
    if any(row.category for row in rows):
        return lambda row: row.category
    sound = all(("math" in row.prompt) == (_published(row) in GUIDED) for row in rows if row.prompt)
    return _published if sound and all(map(_published, rows)) else lambda row: ""


def _published(row: Row) -> str:
    number = int(row.question) if row.question.isascii() and row.question.isdigit() else 0
    for ids, names in PUBLISHED:
        if number in ids:
            return names[(number - ids.start) // 10]
    return ""
