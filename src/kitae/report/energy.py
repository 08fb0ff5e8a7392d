"""What training took: hours, electricity and CO2, each with how it is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..core.artifact import Artifact
from ..core.quantity import Quantity
from ..gate.policy import Place
from ..plan.actual import MEASURED_KWH


@dataclass(frozen=True)
class Energy:
    """Of all courses of a model together. `None` where it is not known of each of them."""

    seconds: float | None
    """Of making each model, loading and saving included: the machine draws power then too."""
    kwh: Quantity | None
    grams_co2: Quantity | None
    whole: bool = True
    """Whether all courses are still in the store; nothing is known of their sum otherwise."""


def energy(courses: Sequence[Artifact], place: Place | None, *, whole: bool = True) -> Energy:
    """
    Args:
        courses: The models that training made on the way.
        place: Where that was.
        whole: Whether these are all of them.
    """
    if not whole:
        return Energy(None, None, None, whole=False)
    seconds = [float(course.measured["seconds"]) for course in courses if "seconds" in course.measured]
    kwh = _sum([_kwh(course, place) for course in courses])
    grams = None
    if kwh is not None and place is not None and place.grams_co2_per_kwh is not None:
        grams = Quantity(value=kwh.value * place.grams_co2_per_kwh, unit="g", how="estimated")
    return Energy(sum(seconds) if len(seconds) == len(courses) else None, kwh, grams)


def _kwh(course: Artifact, place: Place | None) -> Quantity | None:
    measured = course.measured
    if MEASURED_KWH in measured:
        return Quantity(value=measured[MEASURED_KWH], unit="kWh", how="measured")
    if place is None or not place.watts or "seconds" not in measured:
        return None
    return Quantity(value=place.watts * measured["seconds"] / 3_600_000, unit="kWh", how="estimated")


def _sum(parts: Sequence[Quantity | None]) -> Quantity | None:
    """Of nothing, or with a part that is not known, it is not known."""
    total: Quantity | None = None
    for part in parts:
        if part is None:
            return None
        total = part if total is None else total + part
    return total
