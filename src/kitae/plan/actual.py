"""What a course of training was planned to take, and what it took: the next plan learns from the difference."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..core.noun import Noun
from ..gate.policy import Place

KIND: Final = "spending"
"""Of records."""

MEASURED_KWH: Final = "energy_kwh"
"""In `measured.json` of a course whose machine had a meter; it goes before any estimate."""

LEARNT: Final = 8
"""The latest courses of a kind that are learnt from: machines and recipes change."""


class Spent(Noun):
    """Of one course, at one place."""

    hours: float
    """Of the machine, loading and saving included."""
    gpu_hours: float
    """Of all its GPUs; 0 of a machine without any."""
    idle_hours: float
    """Of `hours`: paid for, and no step was computed."""
    yen: float
    """At the place's price, which is quoted; 0 where it says none."""
    kwh: float | None = None
    """`None` where neither a meter nor the place's `watts` tells."""
    kg_co2: float | None = None


class Outcome(Noun):
    """A row of the records."""

    artifact: str
    stage: str
    method: str
    place: str
    at: str
    planned: Spent | None
    """`None` where nothing plans such a course."""
    factor: float = 1.0
    """What earlier residuals made of the plan; the next one takes it out again before it compares."""
    actual: Spent
    probed: bool = False
    """Whether a probe planned it: then it tells nothing about plans without one."""
    kwh_measured: bool = False
    """Whether a meter told, and not the place's `watts`."""


@dataclass(frozen=True)
class Correction:
    """How much longer courses took than they were planned to, before any correction."""

    factor: float = 1.0
    low: float = 1.0
    high: float = 1.0
    courses: int = 0
    """That were learnt from."""


def spent(seconds: float, idle: float, place: Place | None, *, kwh: float | None = None) -> Spent:
    """
    Args:
        seconds: Of the whole course.
        idle: Of these, seconds in which no step was computed.
        kwh: As a meter told.
    """
    hours = seconds / 3600
    gpus = place.gpus.count * place.nodes if place and place.gpus else 0
    if kwh is None and place is not None and place.watts:
        kwh = place.watts * hours / 1000
    grams = place.grams_co2_per_kwh if place else None
    return Spent(
        hours=hours,
        gpu_hours=hours * gpus,
        idle_hours=idle / 3600,
        yen=hours * place.yen_per_hour if place else 0.0,
        kwh=kwh,
        kg_co2=kwh * grams / 1000 if kwh is not None and grams is not None else None,
    )


def outcomes(rows: Iterable[Mapping[str, Any]]) -> list[Outcome]:
    """In the order of their ends."""
    return sorted(map(Outcome.model_validate, rows), key=lambda each: each.at)


def correction(found: Iterable[Outcome], *, stage: str, method: str, place: str) -> Correction:
    """The median of what the latest courses of the same kind at the same place took over what was planned."""
    ratios = [
        each.actual.hours / each.planned.hours * each.factor
        for each in found
        if (each.stage, each.method, each.place) == (stage, method, place)
        and each.planned
        and each.planned.hours
        and not each.probed
    ][-LEARNT:]
    if not ratios:
        return Correction()
    return Correction(statistics.median(ratios), min(ratios), max(ratios), len(ratios))
