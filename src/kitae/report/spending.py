"""Planned against actual: what each course of training was to take, and what it took."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from ..plan.actual import Outcome, Spent, outcomes
from . import numbers
from .bilingual import Both
from .charts import bar

MEASURES: tuple[tuple[Both, Callable[[Spent], float | None], Callable[[float], str]], ...] = (
    (Both("費用", "Cost"), lambda each: each.yen or None, numbers.yen),
    (Both("時間", "Hours"), lambda each: each.hours, lambda value: numbers.duration(3600 * value)),
    (Both("GPU時間", "GPU-hours"), lambda each: each.gpu_hours or None, lambda value: f"{value:,.3g}"),
    (Both("遊んだ時間", "Idle"), lambda each: each.idle_hours, lambda value: numbers.duration(3600 * value)),
    (Both("電力量", "Electricity"), lambda each: each.kwh, lambda value: f"{value:,.3g} kWh"),
    (Both("CO2", "CO2"), lambda each: each.kg_co2, lambda value: f"{value:,.3g} kg"),
)
"""What is compared; what no place tells is left out."""


@dataclass(frozen=True)
class Compared:
    """One figure of a course, or of all."""

    name: Both
    planned: str
    actual: str
    difference: str
    """In percent of what was planned; a dash where nothing was."""
    bars: tuple[Markup, Markup]
    """Planned and actual on one scale."""


@dataclass(frozen=True)
class SpendingRow:
    """A course of training."""

    outcome: Outcome
    figures: tuple[Compared, ...]


@dataclass(frozen=True)
class Spending:
    rows: tuple[SpendingRow, ...]
    total: tuple[Compared, ...]
    """Of the courses that were planned."""
    unplanned: int
    """Courses that nothing planned."""


def spending(rows: Sequence[Mapping[str, Any]]) -> Spending | None:
    """From the records of all courses; `None` where there is none."""
    found = outcomes(rows)
    if not found:
        return None
    both = [(each.planned, each.actual) for each in found if each.planned is not None]
    total = (_sum([planned for planned, _ in both]), _sum([actual for _, actual in both])) if both else None
    return Spending(
        rows=tuple(SpendingRow(each, _figures(each.planned, each.actual)) for each in found),
        total=_figures(*total) if total else (),
        unplanned=len(found) - len(both),
    )


def _figures(planned: Spent | None, actual: Spent) -> tuple[Compared, ...]:
    figures = []
    for name, read, tell in MEASURES:
        before, after = read(planned) if planned else None, read(actual)
        if before is None and after is None:
            continue
        most = max(before or 0.0, after or 0.0) or 1.0
        shown = tuple(numbers.NONE if each is None else tell(each) for each in (before, after))
        figures.append(
            Compared(
                name=name,
                planned=shown[0],
                actual=shown[1],
                difference=f"{100 * (after - before) / before:+.0f}%".replace("-", numbers.MINUS)
                if before and after is not None
                else numbers.NONE,
                bars=(
                    bar([("planned", (before or 0.0) / most)], told=shown[0]),
                    bar([("actual", (after or 0.0) / most)], told=shown[1]),
                ),
            )
        )
    return tuple(figures)


def _sum(parts: Sequence[Spent]) -> Spent:
    """With a part that is not known, it is not known."""

    def known(values: Sequence[float | None]) -> float | None:
        return None if None in values else sum(value for value in values if value is not None)

    return Spent(
        hours=sum(each.hours for each in parts),
        gpu_hours=sum(each.gpu_hours for each in parts),
        idle_hours=sum(each.idle_hours for each in parts),
        yen=sum(each.yen for each in parts),
        kwh=known([each.kwh for each in parts]),
        kg_co2=known([each.kg_co2 for each in parts]),
    )
