"""`kitae compare`: rows of the decision table, or two models that were examined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..books import meant
from ..commands import decide, sealed
from ..comparing import Pairing, compare_examined
from ..core.mistakes import Mistake
from ..evaluate.margins import Margins, read_margins
from ..evaluate.scorecard import row_of
from ..project import Project
from . import contrasts, table
from .printing import emit


@dataclass(frozen=True)
class Asked:
    """What is to be compared, as it was written."""

    row: str
    """A row or an examined model; all rows when empty."""
    other: str
    against: str
    """A row that all are compared with."""
    suite: str
    judge: str
    despite: Sequence[str]
    gate: bool
    margins: Sequence[str]

    @property
    def examined(self) -> bool:
        """Whether something is said that only examined models have."""
        return bool(self.suite or self.judge or self.despite)


def compare(folder: Path, asked: Asked, *, as_json: bool) -> None:
    """
    Raises:
        Mistake: what is stale, not measured or not to be compared; no row or model of that name; or one of both.
        Refused: the gate says no; what it goes by is printed before.
    """
    if asked.gate and not asked.row:
        raise Mistake("a gate lets one row pass", where="--gate", hint="name it: `kitae compare ROW OTHER --gate`")
    if asked.margins and not asked.gate:
        raise Mistake("a margin without a gate changes nothing", where="--margin", hint="add `--gate`")
    margins = read_margins(asked.margins)
    project = Project(folder)
    if _of_examined(project, asked):
        _examined(project, asked, margins, as_json=as_json)
    else:
        _rows(project, asked, margins, as_json=as_json)


def _of_examined(project: Project, asked: Asked) -> bool:
    """Whether examined models are meant, or rows of the decision table.

    Raises:
        Mistake: the name is one of both.
    """
    if asked.examined or asked.against or not asked.row:
        return asked.examined
    examined = bool(meant(project, asked.row))
    rows = {row_of(card).name for card in project.store.artifacts("scorecard")} if examined else set()
    if asked.row in rows:
        raise Mistake(
            f"`{asked.row}` is a row of the decision table and an examined model",
            where="kitae compare",
            hint="`--suite NAME` compares examined models, `--against ROW` rows",
        )
    return examined


def _examined(project: Project, asked: Asked, margins: Margins, *, as_json: bool) -> None:
    other = asked.other or asked.against
    if not (asked.row and other):
        raise Mistake("two models are compared", where="kitae compare", hint="`kitae compare MODEL OTHER --suite NAME`")
    wanted = Pairing(asked.row, other, asked.suite, asked.judge, tuple(asked.despite))
    found = compare_examined(project, wanted)
    emit(contrasts.output(found), as_json=as_json, text=lambda console: contrasts.tell(console, found))
    if asked.gate:
        contrasts.gate(project, found, margins, asked.despite)


def _rows(project: Project, asked: Asked, margins: Margins, *, as_json: bool) -> None:
    against = asked.other or asked.against
    whole = decide(project, sealed(project)[1].scorecards, against or None)
    shown = table.with_row(whole, asked.row)
    emit(table.output(shown), as_json=as_json, text=lambda console: table.print_table(console, project, shown))
    if asked.gate:
        table.gate(project, shown, asked.row, margins)
