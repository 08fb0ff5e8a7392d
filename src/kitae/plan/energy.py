"""Electricity and carbon: power of the cards, of what stands around them, and of the grid."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from ..core.noun import Noun
from ..core.quantity import How, Quantity

PUE: Final = 1.1
"""Power of the building for each watt of the machines: as Meta reckons (LLaMA paper). Another place has another."""


IDLE: Final = 0.15
"""Of its power while it computes, that a card draws which is held and computes nothing: the lowest that was measured
during a run (arXiv:2503.05804). The rest of the machine is taken to rest with it, which nobody measured."""

RESTING: Final = f"power while held and idle: {IDLE:.0%} of the full, the lowest that arXiv:2503.05804 measured"


class Power(Noun):
    """How much power a card draws, with its share of everything else."""

    watts: float = Field(gt=0)
    """Thermal design power of one card."""
    utilisation: float = Field(default=1.0, gt=0, le=1)
    """Of that power, over the run; measured ones are between 0.15 and 0.85 (arXiv:2503.05804)."""
    host: float = Field(default=1.0, ge=1)
    """Times the cards' power for processors, memory and network; 1.74 in the study of Olmo 3 (arXiv:2605.01158).

    Full power and no host, as the LLaMA paper reckons, are two faults that go against each other."""
    pue: float = Field(default=PUE, ge=1)


class Grid(Noun):
    """Carbon of a kilowatt-hour. For one place, published figures differ by a quarter: so its source is part of it."""

    name: str
    kg_per_kwh: float = Field(ge=0)
    market: bool = False
    """Whether contracts and certificates are counted, instead of the grid that the place is on."""
    embodied: float = Field(default=0.0, ge=0)
    """kg for a GPU-hour from making the machines; 0 where nobody says."""
    power_source: str = ""
    """Where the power comes from, in words."""
    hours: str = ""
    """Which hours of the day or year the figure is of; all when left out."""
    source: str
    year: int | None = None

    def __str__(self) -> str:
        basis = "market-based" if self.market else "location-based"
        told = [f"{self.kg_per_kwh:g} kg/kWh", basis, self.power_source, self.hours]
        dated = str(self.year) in self.source
        when = "" if dated else f" ({self.year})" if self.year else " (year not known)"
        made = f"; and {self.embodied:g} kg for a GPU-hour from making the machines" if self.embodied else ""
        return f"{', '.join(each for each in told if each)}: {self.source}{when}{made}"


def kwh(gpu_hours: float, power: Power) -> Quantity:
    """Electricity of so many GPU-hours."""
    value = gpu_hours * power.watts / 1000 * power.utilisation * power.host * power.pue
    return Quantity(value=value, unit="kWh", how="estimated")


def carbon(energy: Quantity, grid: Grid, *, gpu_hours: float = 0.0) -> Quantity:
    """kg CO2e. Never better known than estimated: the grid's figure is an average of a year."""
    how: How = "estimated"
    return Quantity(value=energy.value * grid.kg_per_kwh + gpu_hours * grid.embodied, unit="kg", how=how)
