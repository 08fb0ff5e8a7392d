"""What a report tells about: the artifacts that a project used, and a few words around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from ..core.artifact import Artifact
from ..core.making import Step
from ..core.mistakes import Mistake
from ..evaluate.nulls import NULL
from ..evaluate.recipe import Row
from ..evaluate.scorecard import row_of
from ..plan.plan import Plan
from .bilingual import Language
from .boards import Board


class Goal(Protocol):
    """`[goal]` of a project, or anything that has the same two names."""

    @property
    def suite(self) -> str:
        """The suite that decides."""
        ...

    @property
    def at_least(self) -> float:
        """Which share of its questions is to be answered right."""
        ...


@dataclass(frozen=True)
class Story:
    """What the road used, as far as it went. Everything that a report says is read from these artifacts and rows."""

    name: str
    """Of the project."""
    language: Language
    """Which the report opens in, and which the documents are in."""
    artifacts: Sequence[Artifact]
    """All that were used, in the order of their making: `Making.used`."""
    goal: Goal | None = None
    steps: Sequence[Step] = ()
    """What the run made or reused, and why: `Making.steps`."""
    ledger: Sequence[Mapping[str, Any]] = ()
    """Rows of the gate's ledger: `Records.all("ledger")`."""
    spending: Sequence[Mapping[str, Any]] = ()
    """What courses took against their plans: `Records.all("spending")`."""
    plan: Plan | Mistake | None = None
    """What it was planned to cost, or why there is no plan."""
    examined: Sequence[Board] = ()
    """Who scores what on suites that a judge or a program rates: from the records of answers and judgments."""
    view: str = ""
    """Name of the file beside the report that shows every answer of these; empty where there is none."""
    yen_per_hour: float = 0.0
    """Quoted price of the machine that answered; without it no yen are told."""
    against: str = ""
    """The row that others are compared with; without it, the base with retrieval."""
    own: str = ""
    """The row that the project is about; without it, the tuned model with retrieval."""

    @cached_property
    def by_id(self) -> dict[str, Artifact]:
        """Each artifact once; variants share most of theirs."""
        return {artifact.id: artifact for artifact in self.artifacts}

    def of(self, kind: str) -> list[Artifact]:
        """All artifacts of a kind, in order."""
        return [artifact for artifact in self.by_id.values() if artifact.kind == kind]

    def named(self, kind: str, name: str) -> Artifact | None:
        """The artifact of this kind and name, the last if there are several."""
        return next((artifact for artifact in reversed(self.of(kind)) if artifact.name == name), None)

    @cached_property
    def scorecards(self) -> dict[str, Artifact]:
        """Scorecards by the name of their row, the null rows last; of two of one name, the later."""
        cards = {row_of(card).name: card for card in self.of("scorecard")}
        return dict(sorted(cards.items(), key=lambda each: row_of(each[1]).model == NULL))

    @cached_property
    def rows(self) -> dict[str, Row]:
        return {name: row_of(card) for name, card in self.scorecards.items()}

    @cached_property
    def base_row(self) -> str | None:
        """Name of the row that the others are compared with."""
        return self._row(self.against, "base")

    @cached_property
    def own_row(self) -> str | None:
        """Name of the row that the project is about."""
        return self._row(self.own, "tuned")

    @cached_property
    def own_task_row(self) -> str | None:
        """The same model's row in the suites of tasks."""
        model = self.rows[self.own_row].model if self.own_row else None
        return next((row.name for row in self.rows.values() if row.model == model and row.way == "task"), None)

    def _row(self, wanted: str, model: str) -> str | None:
        if wanted in self.rows:
            return wanted
        same = [row for row in self.rows.values() if row.model == model]
        # Of a model's rows the one that is used in earnest: with retrieval, without examples.
        same.sort(key=lambda row: (row.way != "retrieval", row.shots))
        return same[0].name if same else None
