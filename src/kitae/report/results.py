"""What came out: the decision table, a sentence for each row, and whether the goal was reached."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ..core.artifact import Artifact
from ..evaluate.nulls import NULL
from ..evaluate.table import Line, Table, decision_table
from ..evaluate.words import words
from .bilingual import Both
from .drawing import difference_bar, share_bar
from .numbers import percent, span
from .story import Story

REACHED, MISSED, UNDECIDED = "reached", "missed", "undecided"


@dataclass(frozen=True)
class ShownRow:
    """A line of the decision table with what the page says around it."""

    line: Line
    sentence: Both
    card: Artifact
    engine: str
    number_format: str
    null: bool
    own: bool
    base: bool
    reach: float
    """Of the axis of differences, the same for all rows of a suite."""
    goal: float | None

    @property
    def noted(self) -> bool:
        """Whether something has to be said below the table."""
        return bool(self.line.notes or self.line.truncated_n)

    @property
    def bar(self) -> Markup:
        return share_bar(self.line.right, self.line.interval, goal=self.goal)

    @property
    def difference_bar(self) -> Markup | None:
        found = self.line.difference
        if found is None or found.mean is None or found.interval is None:
            return None
        return difference_bar(found.mean, found.interval, self.reach)


@dataclass(frozen=True)
class GoalVerdict:
    """Whether a row reaches the goal, by its interval and not by its mean."""

    outcome: str
    row: str
    words: Both
    others: tuple[str, ...]
    """Further rows, null rows aside, whose whole interval is at the goal or above."""


@dataclass(frozen=True)
class SuiteResult:
    """A suite: never pooled with another."""

    suite: str
    kind: str
    n: int
    n_answerable: int
    n_unanswerable: int
    rows: tuple[ShownRow, ...]
    goal: float | None
    verdict: GoalVerdict | None
    artifact: Artifact | None
    machine_drafted: bool

    @property
    def own(self) -> ShownRow | None:
        return next((row for row in self.rows if row.own), None)

    @property
    def headline(self) -> Both | None:
        """What came out, in one sentence: that of the project's own row, or of the first that is a model."""
        told = self.own or next((row for row in self.rows if not row.null), None)
        return told.sentence if told else None


@dataclass(frozen=True)
class Results:
    """Everything that was measured."""

    suites: tuple[SuiteResult, ...]
    against: str | None
    notes: tuple[str, ...]


def results(story: Story) -> Results | None:
    """The decision table of a story's scorecards; `None` where nothing was measured."""
    cards = story.scorecards
    if not cards:
        return None
    table = decision_table(list(cards.values()), against=story.base_row, yen_per_hour=story.yen_per_hour or None)
    told = zip(table.lines, words(table, "ja"), words(table, "en"), strict=True)
    # The suite's name stands above its sentences already.
    sentences = {
        line: Both(ja.removeprefix(f"{line.suite}："), en.removeprefix(f"{line.suite}: ")) for line, ja, en in told
    }
    names = list(dict.fromkeys(line.suite for line in table.lines))
    suites = tuple(_suite(story, name, table, sentences) for name in names)
    return Results(suites, table.against, table.notes)


def _suite(story: Story, name: str, table: Table, sentences: dict[Line, Both]) -> SuiteResult:
    lines = [line for line in table.lines if line.suite == name]
    goal = story.goal.at_least if story.goal is not None and story.goal.suite == name else None
    reach = _reach(lines)
    rows = tuple(_row(story, line, sentences[line], reach, goal) for line in lines)
    artifact = next((each for each in story.of("suite") if each.facts.get("suite") == name), None)
    # Rows may have been asked different versions of a suite; each row tells its own n as well.
    most = max(lines, key=lambda line: line.n)
    return SuiteResult(
        suite=name,
        kind=most.kind,
        n=most.n,
        n_answerable=most.n_answerable,
        n_unanswerable=most.n_unanswerable,
        rows=rows,
        goal=goal,
        verdict=None if goal is None else goal_verdict(rows, goal),
        artifact=artifact,
        machine_drafted=bool(artifact and artifact.facts.get("machine_drafted")),
    )


def _row(story: Story, line: Line, sentence: Both, reach: float, goal: float | None) -> ShownRow:
    card = story.scorecards[line.row]
    identity = card.facts["identity"]
    return ShownRow(
        line=line,
        sentence=sentence,
        card=card,
        engine=identity["engine"],
        number_format=identity["number_format"],
        null=line.model == NULL,
        own=line.row in (story.own_row, story.own_task_row),
        base=line.row == story.base_row,
        reach=reach,
        goal=goal,
    )


def _reach(lines: Sequence[Line]) -> float:
    """Half the axis of differences: as far as any interval goes, in steps of 25 points."""
    intervals = [line.difference.interval for line in lines if line.difference and line.difference.interval]
    furthest = max((max(abs(each.low), abs(each.high)) for each in intervals), default=0.25)
    return max(0.25, math.ceil(4 * furthest - 1e-9) / 4)


def goal_outcome(line: Line, goal: float) -> str:
    """A goal is reached when the whole interval is there, and missed when none of it is."""
    if line.interval.low >= goal:
        return REACHED
    return MISSED if line.interval.high < goal else UNDECIDED


def goal_verdict(rows: Sequence[ShownRow], goal: float) -> GoalVerdict | None:
    """For the project's own row; without one, for no row at all: the best of many would flatter itself."""
    own = next((row for row in rows if row.own), None)
    if own is None:
        return None
    outcome = goal_outcome(own.line, goal)
    others = tuple(
        row.line.row for row in rows if not row.null and not row.own and goal_outcome(row.line, goal) == REACHED
    )
    return GoalVerdict(outcome, own.line.row, _goal_words(own.line, goal, outcome), others)


def _goal_words(line: Line, goal: float, outcome: str) -> Both:
    found = f"{line.right_n} / {line.n} = {percent(line.right)}"
    ja = f"「{line.row}」の正答は{found}、95%区間は{span(line.interval)}、目標は{percent(goal)}以上。"
    en = f"`{line.row}` has {found} right, 95% interval {span(line.interval)}; the goal is at least {percent(goal)}: "
    return {
        REACHED: Both(ja + "区間の下端でも目標に届いている。", en + "even the lower end is there."),
        MISSED: Both(ja + "区間の上端でも目標に届かない。", en + "even the upper end falls short."),
        UNDECIDED: Both(
            ja + f"目標は区間の中にあり、この{line.n}問では届いたとも届かないとも言えない。",
            en + f"the goal lies within the interval, so these {line.n} questions cannot tell.",
        ),
    }[outcome]
