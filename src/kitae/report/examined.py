"""What judges said, read from the records: a board of models for each suite and judge, and every answer beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ..core.quantity import total
from ..evaluate.judging.asked import Answer
from ..evaluate.judging.parsing import Scale
from ..evaluate.judging.protocol import TEN
from ..evaluate.judging.request import Judgment
from ..evaluate.judging.rows import tally_of
from ..evaluate.judging.tally import Tally
from ..evaluate.statistics import Interval
from .drawing import share_bar

Questions = Mapping[tuple[str, str], Sequence[str]]
"""The turns of a question, by suite and id, as far as they are known."""


@dataclass(frozen=True)
class Rated:
    """One answer to one turn, and what a judge said of it."""

    model: str
    sample: int
    turn: int
    answer: str
    """Empty where it is not in the records."""
    judgment: Judgment

    @property
    def score(self) -> float | None:
        return self.judgment.parse.score


@dataclass(frozen=True)
class Question:
    """A question with all that was answered to it."""

    id: str
    category: str
    turns: Sequence[str]
    rated: tuple[Rated, ...]

    @property
    def failed(self) -> bool:
        """Whether a judgment of it could not be read."""
        return any(each.judgment.parse.failed for each in self.rated)

    @property
    def spread(self) -> float:
        """How far the models are apart on it."""
        means = [sum(scores) / len(scores) for scores in _scores(self.rated).values()]
        return max(means) - min(means) if means else 0.0

    def of_turn(self, turn: int) -> list[Rated]:
        return [each for each in self.rated if each.turn == turn]


@dataclass(frozen=True)
class Line:
    """A model on a board."""

    model: str
    tally: Tally
    bar: Markup
    cost: str


@dataclass(frozen=True)
class Board:
    """What may be compared: one suite, one judge, one protocol, one set of the judge's prompts."""

    suite: str
    judge: str
    protocol: str
    lines: tuple[Line, ...]
    """The best first; those without a score last."""
    questions: tuple[Question, ...]

    @property
    def categories(self) -> list[str]:
        return sorted({question.category for question in self.questions if question.category})

    @property
    def unreadable(self) -> int:
        return sum(line.tally.n_failed for line in self.lines)


def boards(
    judgments: Iterable[Judgment], answers: Mapping[str, Answer], questions: Questions, scale: Scale = TEN
) -> list[Board]:
    """One for each suite, judge and protocol: scores under different ones never stand in one table.

    Args:
        judgments: Of single answers.
        answers: By their keys.
        questions: Their turns.
    """
    groups: dict[tuple[str, str, str], list[Judgment]] = {}
    for each in judgments:
        if len(each.about.models) == 1:
            groups.setdefault((each.about.suite, each.about.judge, each.about.protocol), []).append(each)
    return [_board(*key, own, answers, questions, scale) for key, own in sorted(groups.items())]


def _board(
    suite: str,
    judge: str,
    protocol: str,
    judgments: Sequence[Judgment],
    answers: Mapping[str, Answer],
    questions: Questions,
    scale: Scale,
) -> Board:
    models: dict[str, list[Judgment]] = {}
    for each in judgments:
        models.setdefault(each.about.models[0], []).append(each)
    lines = [_line(model, own, scale) for model, own in models.items()]
    asked: dict[str, list[Judgment]] = {}
    for each in judgments:
        asked.setdefault(each.about.question, []).append(each)
    return Board(
        suite=suite,
        judge=judge,
        protocol=protocol,
        lines=tuple(sorted(lines, key=lambda line: (-(line.tally.mean_published or 0), line.model))),
        questions=tuple(
            Question(id, own[0].about.category, questions.get((suite, id), ()), _rated(own, answers))
            for id, own in asked.items()
        ),
    )


def _line(model: str, judgments: Sequence[Judgment], scale: Scale) -> Line:
    found, (low, high) = tally_of(judgments, scale), scale
    bar = Markup()
    if found.mean_published is not None and found.interval is not None:
        ends = [(each - low) / (high - low) for each in (found.interval.low, found.interval.high)]
        bar = share_bar((found.mean_published - low) / (high - low), Interval(low=ends[0], high=ends[1], how="none"))
    cost = total(each.money for each in judgments)
    return Line(model, found, bar, str(cost or ""))


def _rated(judgments: Sequence[Judgment], answers: Mapping[str, Answer]) -> tuple[Rated, ...]:
    found = []
    for each in judgments:
        about = each.about
        answer = answers.get(about.answers[0])
        text = answer.turns[about.turn - 1] if answer and len(answer.turns) >= about.turn else ""
        found.append(Rated(about.models[0], about.sample, about.turn, text, each))
    return tuple(sorted(found, key=lambda rated: (rated.turn, rated.model, rated.sample)))


def _scores(rated: Iterable[Rated]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for each in rated:
        if each.score is not None:
            found.setdefault(each.model, []).append(each.score)
    return found
