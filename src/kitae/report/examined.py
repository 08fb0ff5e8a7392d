"""What was examined, as pages show it: boards with their figures drawn, every answer as data for the page's script."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from markupsafe import Markup

from ..evaluate.judging.asked import Answer
from ..evaluate.judging.parsing import Scale
from ..evaluate.judging.protocol import TEN
from ..evaluate.judging.published import HALF
from ..evaluate.judging.request import Judgment
from ..evaluate.statistics import Difference, Interval
from .answers import reason
from .bilingual import Both
from .boards import Board, Line, Question, Rated, Said, Suite, Words
from .drawing import radar, rating_bar, share_bar
from .judged import Judged
from .numbers import NONE, percent, span
from .scored import scored

SHOWN = 3
"""Models that are seen before anybody chooses."""
MOST = 4
"""Models at once: more lines in a radar, or answers beside each other, cannot be read."""
AXES = 3
"""With fewer categories a radar has no shape."""

CATEGORIES = {
    "writing": "文章",
    "roleplay": "役割",
    "reasoning": "推論",
    "math": "数学",
    "coding": "プログラム",
    "extraction": "抽出",
    "stem": "理工",
    "humanities": "人文",
    "company": "会社",
    "harmless": "無害な依頼",
    "law": "法令",
    "product": "製品",
    "qualification": "資格",
    "boundary": "境目",
    "dates": "日付",
    "document": "文書",
    "json": "JSON",
    "length": "長さ",
    "list": "箇条書き",
    "script": "文字の種類",
    "style": "文体",
    "table": "表",
    "words": "語",
}
"""Of MT-Bench and of the bundled suites. Others are shown as they are."""


def category(name: str) -> Both:
    """What a category is called."""
    return Both(CATEGORIES.get(name, name), name)


def boards(
    suites: Sequence[Suite], answers: Mapping[str, Answer], judgments: Iterable[Judgment], scale: Scale = TEN
) -> list[Board]:
    """One for each suite, judge and protocol, and one for each suite that a program scores.

    Scores under different ones never stand in one table. Of a question that has changed, or whose prompts or references
    have, the latest counts.

    Args:
        suites: That are known, as they are asked today. A judged suite that is not among them is shown as far as its
            judgments tell.
        answers: By their keys.
        judgments: In the order in which they were made.
        scale: Of ratings.
    """
    said, known = Said(answers), {suite.name: suite for suite in suites}
    groups: dict[tuple[str, str, str, bool], list[Judgment]] = {}
    for each in judgments:
        about = each.about
        groups.setdefault((about.suite, about.judge, about.protocol, bool(about.order)), []).append(each)
    judged = [Judged(own, known.get(key[0]), said, HALF if key[3] else scale).board() for key, own in groups.items()]
    by_program = [board for suite in suites if (board := scored(suite, said)) is not None and board.lines]
    found = [_in_language(board, known.get(board.suite)) for board in [*judged, *by_program]]
    return sorted(found, key=lambda board: (board.suite, board.judge, board.protocol))


def _in_language(board: Board, suite: Suite | None) -> Board:
    """With what its answers should be written in."""
    language = suite.language if suite else None
    return replace(board, lines=tuple(replace(line, language=language) for line in board.lines))


@dataclass(frozen=True)
class Shown:
    """A board on a page."""

    board: Board

    @property
    def categories(self) -> list[Both]:
        return [category(name) for name in self.board.categories]

    def tell(self, value: float | None) -> str:
        """A score: a rating to two decimals, a share in percent."""
        if value is None:
            return NONE
        return f"{value:.2f}" if self.board.kind == "single" else percent(value)

    def span(self, interval: Interval | None) -> str:
        if interval is None:
            return NONE
        return f"{interval.low:.2f}–{interval.high:.2f}" if self.board.kind == "single" else span(interval)

    def bounds(self, line: Line) -> str:
        """What failures could make of the mean."""
        return self.span(Interval(low=line.tally.mean_low, high=line.tally.mean_high, how="none"))

    def bar(self, line: Line) -> Markup:
        mean, interval = line.tally.mean_published, line.tally.interval
        if mean is None or interval is None:
            return Markup()
        if self.board.kind == "single":
            return rating_bar(mean, interval, self.board.scale)
        return share_bar(mean, interval)

    @property
    def marks(self) -> list[str]:
        """What stands below the axis: its ends and its middle."""
        low, high = self.board.scale
        return [f"{each:g}" if self.board.kind == "single" else percent(each) for each in (low, (low + high) / 2, high)]

    @property
    def radar(self) -> Markup | None:
        """Means by category, a line for each model; `None` where there are too few categories."""
        names = self.board.categories
        if len(names) < AXES or not self.board.lines:
            return None
        lines, (low, high) = self.board.lines, self.board.scale
        means = [[line.categories[name].mean if name in line.categories else None for name in names] for line in lines]
        shares = [[None if mean is None else (mean - low) / (high - low) for mean in row] for row in means]
        parts = 3 if self.board.kind == "single" else 4
        rings = [part / parts for part in range(1, parts + 1)]
        told = [(ring, self.tell(low + (high - low) * ring).removesuffix(".00")) for ring in rings]
        return radar(self.categories, shares, told, shown=SHOWN)

    @cached_property
    def data(self) -> Markup:
        """Everything that the page's script shows on demand, as JSON that cannot end its element."""
        written = json.dumps(_data(self.board), ensure_ascii=False, separators=(",", ":"))
        return Markup(written.replace("<", "\\u003c"))


def _data(board: Board) -> dict[str, Any]:
    number = {line.who: place for place, line in enumerate(board.lines)}
    return {
        "kind": board.kind,
        "lines": [
            {"name": line.name, "engine": f"{line.who.identity.engine}, {line.who.identity.number_format}"}
            for line in board.lines
        ],
        "differences": {f"{i} {j}": _difference(found) for (i, j), found in board.differences().items()},
        "questions": [_question(question, number) for question in board.questions],
    }


def _difference(found: Difference) -> list[float | int | None]:
    known = found.interval is not None and found.interval.how != "none"
    ends = (found.interval.low, found.interval.high) if found.interval and known else (None, None)
    return [found.mean, *ends, found.n, found.better, found.worse]


def _question(question: Question, number: Mapping[Any, int]) -> dict[str, Any]:
    return {
        "id": question.id,
        "category": question.category,
        "turns": list(question.turns),
        "rated": [_rated(each, number[each.who]) for each in question.rated],
    }


def _rated(rated: Rated, line: int) -> dict[str, Any]:
    return {
        "line": line,
        "sample": rated.sample,
        "turn": rated.turn,
        "answer": rated.answer,
        "score": rated.score,
        "words": [_words(each) for each in rated.words],
    }


def _words(words: Words) -> dict[str, Any]:
    why = reason(words.why)
    told: dict[str, Any] = {"text": words.text, "ja": why.ja, "en": why.en}
    if words.against:
        told |= {"against": words.against, "first": words.first}
    if words.judgment and words.judgment.key:
        found = words.judgment
        money = f" · {found.money}" if found.money else ""
        told["about"] = f"{found.prompt_tokens} + {found.tokens} tokens · {found.ms:.0f} ms{money} · {found.key}"
    return told
