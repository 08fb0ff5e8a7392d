"""Who scores what: a board of models for each suite and each way of rating it, with every answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Literal, NamedTuple, Protocol

from ..core.generation import Identity
from ..core.quantity import Money, total
from ..evaluate.clusters import paired_clustered
from ..evaluate.judging.asked import Answer, Asked
from ..evaluate.judging.parsing import Scale
from ..evaluate.judging.request import About, Judgment
from ..evaluate.judging.standing import Standing
from ..evaluate.judging.tally import Tally
from ..evaluate.scoring import Verdict
from ..evaluate.statistics import Difference, Estimate
from ..evaluate.surface import Surfaces, Tongue, beside, looked_at

Kind = Literal["single", "pair", "program"]
"""Rated by a judge one by one, by a judge in pairs, or by a program."""


class Suite(Protocol):
    """A suite as it is asked today."""

    @property
    def name(self) -> str: ...

    @property
    def prompts(self) -> Sequence[Asked]: ...

    @property
    def score(self) -> Callable[[str, str], Verdict] | None:
        """What a program makes of an answer to the prompt of an id."""
        ...

    @property
    def language(self) -> Tongue | None:
        """That answers should be in; `None` where nobody says."""
        ...

    @property
    def units(self) -> Mapping[str, str]:
        """What the errors of a question are clustered by, where that is not the question itself."""
        ...

    @property
    def notes(self) -> tuple[str, ...]: ...


class Who(NamedTuple):
    """Whose answers are counted together. Answers of another length, engine or number format are another row."""

    model: str
    identity: Identity
    max_tokens: int
    """Of an answer; 0 where the answer is not in the records."""


@dataclass(frozen=True)
class Words:
    """What was said of one answer."""

    text: str = ""
    """The judge's own words."""
    why: str = ""
    """Why they could not be read; of a program, why it is right or wrong."""
    against: str = ""
    """Of a game: the other model."""
    first: bool = False
    """Of a game: whether this answer was shown first."""
    judgment: Judgment | None = None


@dataclass(frozen=True)
class Rated:
    """One answer to one turn, and what was made of it."""

    who: Who
    question: str
    sample: int
    turn: int
    answer: str
    """Empty where it is not in the records."""
    score: float | None
    """`None` where what was said could not be read, or nothing was."""
    words: tuple[Words, ...]


@dataclass(frozen=True)
class Question:
    """A question with all that was answered to it."""

    id: str
    cluster: str
    """What errors are clustered by."""
    category: str
    turns: Sequence[str]
    """As far as they are known."""
    rated: tuple[Rated, ...]


@dataclass(frozen=True)
class Line:
    """A model on a board."""

    who: Who
    name: str
    """Of the model, with what tells it from another of that name."""
    tally: Tally
    categories: Mapping[str, Estimate]
    cost: str
    """Of the judge, for this model; empty where no price is known."""
    answers: tuple[Answer, ...]
    language: Tongue | None = None
    """That they should be in; `None` where nobody says."""

    @cached_property
    def surfaces(self) -> Surfaces | None:
        """What can be seen of the answers without a judge; takes about a millisecond for each."""
        return beside([look for _, look in looked_at(self.answers, expected=self.language)])


@dataclass(frozen=True)
class Board:
    """What may be compared: one suite as it is asked today, rated in one way."""

    suite: str
    kind: Kind
    judge: str
    """Empty for a program."""
    protocol: str
    scale: Scale
    lines: tuple[Line, ...]
    """The best first; those without a score last."""
    questions: tuple[Question, ...]
    left_out: int
    """Judgments of earlier questions, or under earlier prompts and references."""
    notes: tuple[str, ...]
    standing: Standing | None = None
    """What holding the judge against labels came to, as it is and under this protocol."""

    @property
    def categories(self) -> list[str]:
        """In the order of the questions."""
        return list(dict.fromkeys(question.category for question in self.questions if question.category))

    @property
    def failed(self) -> int:
        return sum(line.tally.n_failed for line in self.lines)

    @property
    def cost(self) -> str:
        """Of the judge, for all models."""
        rated = (each for question in self.questions for each in question.rated)
        return cost_of(judgments_of(rated))

    def differences(self) -> dict[tuple[int, int], Difference]:
        """Of each line and each later one, on the answers that both gave."""
        scores = [self._scores(line.who) for line in self.lines]
        return {(i, j): paired_clustered(scores[i], scores[j]) for i, j in combinations(range(len(scores)), 2)}

    def _scores(self, who: Who) -> dict[tuple[str, tuple[str, int, int]], float]:
        return {
            (question.cluster, (question.id, each.turn, each.sample)): each.score
            for question in self.questions
            for each in question.rated
            if each.who == who and each.score is not None
        }


@dataclass(frozen=True)
class Said:
    """All answers in the records."""

    by_key: Mapping[str, Answer]

    @cached_property
    def by_prompt(self) -> dict[tuple[str, str], list[Answer]]:
        """By id and version of the question."""
        found: dict[tuple[str, str], list[Answer]] = {}
        for each in self.by_key.values():
            found.setdefault((each.question, each.version), []).append(each)
        return found

    def whos(self, about: About) -> tuple[Who, ...]:
        """Whose answers a judgment is of; two of a pair, in the order in which they are named."""
        found = (self.by_key.get(key) for key in about.answers)
        lengths = (answer.decoding.max_tokens if answer else 0 for answer in found)
        return tuple(map(Who, about.models, about.identities, lengths))

    def to(self, suite: Suite) -> list[Answer]:
        """Answers to the questions as they are asked today."""
        return [each for prompt in suite.prompts for each in self.by_prompt.get((prompt.id, prompt.version), ())]


def cost_of(judgments: Iterable[Judgment]) -> str:
    """What judgments took, currency by currency; empty where no price is known."""
    money = [each.money for each in judgments if each.money is not None]
    sums: list[Money | None] = [
        total(each for each in money if each.currency == name) for name in sorted({each.currency for each in money})
    ]
    return " + ".join(map(str, sums))


def who_of(answer: Answer) -> Who:
    return Who(answer.model, answer.identity, answer.decoding.max_tokens)


def names(whos: Iterable[Who]) -> dict[Who, str]:
    """Of each; where two have one name, what they differ in stands behind it."""
    listed = list(whos)
    count = Counter(who.model for who in listed)
    return {who: who.model if count[who.model] == 1 else f"{who.model} ({_told(who)})" for who in listed}


def _told(who: Who) -> str:
    found = who.identity
    return f"{found.model[-8:]}, {found.engine}, {found.number_format}, {who.max_tokens} tokens"


def best_first(lines: Iterable[Line]) -> tuple[Line, ...]:
    def rank(line: Line) -> tuple[bool, float, str]:
        mean = line.tally.mean_published
        return mean is None, -(mean or 0.0), line.name

    return tuple(sorted(lines, key=rank))


def questions(suite: Suite | None, rated: Iterable[Rated], abouts: Mapping[str, About]) -> tuple[Question, ...]:
    """In the suite's order; of a suite that is not known, as its judgments tell."""
    groups: dict[str, list[Rated]] = {}
    for each in rated:
        groups.setdefault(each.question, []).append(each)
    for own in groups.values():
        own.sort(key=lambda each: (each.turn, each.who.model, each.sample))
    if suite is None:
        return tuple(
            Question(id, abouts[id].cluster, abouts[id].category, (), tuple(own)) for id, own in groups.items()
        )
    return tuple(
        Question(prompt.id, prompt.question, prompt.category, prompt.turns, tuple(groups[prompt.id]))
        for prompt in suite.prompts
        if prompt.id in groups
    )


def judgments_of(rated: Iterable[Rated]) -> list[Judgment]:
    """Each once."""
    found = (words.judgment for each in rated for words in each.words if words.judgment)
    return list({(each.key, each.about.answers, each.about.turn): each for each in found}.values())
