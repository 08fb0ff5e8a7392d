"""What `kitae plan` and its sub-commands print with `--json`."""

from __future__ import annotations

from ..core.noun import Noun
from ..core.quantity import How
from ..plan.backtest import Backtested, Coverage, LeftOut, Recomputed, Remembered
from ..plan.span import Span
from ..plan.team import TeamLine
from .outputs import Output


class MemoryLine(Noun):
    """Of each GPU, in GiB."""

    per_gpu: float
    low: float
    high: float
    parts: dict[str, float]
    checkpointing: str
    """How little is recomputed so that it fits: `none`, `selective`, `full`."""
    fits: bool


class CostLine(Noun):
    """Of the window that is billed; yen without tax."""

    usd: float
    jpy: float
    idle_usd: float
    """Paid for, and nothing is computed. In `usd`."""
    usd_low: float
    usd_high: float
    jpy_low: float
    jpy_high: float
    tax_jpy: float
    storage_usd: float | None
    """`None` where it has no price and is not in the sum."""
    egress_usd: float | None
    machines: int
    billed_hours: float
    """Of each machine."""
    term: str
    enough: bool
    enough_at_worst: bool


class PlanEstimateOutput(Output):
    gpu_hours: Span
    wall_hours: Span
    hour_parts: dict[str, Span]
    memory_gib: MemoryLine
    cost: CostLine | None
    """`None` where no price was named."""
    energy_kwh: float | None
    co2_kg: float | None
    sources: tuple[str, ...]
    warnings: tuple[str, ...]
    known: dict[str, How]


class PlanBacktestOutput(Output):
    rule: str
    """By which every interval was made."""
    runs: tuple[Backtested, ...]
    coverage: tuple[Coverage, ...]
    energy: tuple[Recomputed, ...]
    memory: tuple[Remembered, ...]
    left_out: tuple[LeftOut, ...]
    team: tuple[TeamLine, ...]


class OptionLine(Noun):
    """A place where the training could be done."""

    name: str
    what: str
    hours: Span
    jpy: Span
    """Of the window, with tax."""
    jpy_in_all: Span
    """With experiments and failed runs, and with data and people as far as they are known."""
    idle_jpy: float
    kwh: float | None
    kg: float | None
    memory_gib: float | None
    """Of each GPU."""
    risk: str
    why_out: str
    """Empty while it fits."""


class WayLine(Noun):
    """A way to answer the company's questions."""

    name: str
    jpy_once: Span | None
    jpy_per_month: float
    jpy_per_answer: float | None
    """On top, for each answer; `None` where nobody has said the price."""
    pays_from: float | None
    """Answers a month from which it costs less than the API; `None` where that cannot be said."""
    jpy_an_answer: float | None
    """In all, at the answers a month that are expected; `None` where nobody has said them."""
    what: str


class PlanOutput(Output):
    parameters: float
    tokens: dict[str, float]
    """By course."""
    options: tuple[OptionLine, ...]
    out: tuple[OptionLine, ...]
    ways: tuple[WayLine, ...]
    serving: str
    """The machine that answers."""
    answers_per_hour: float | None
    """At the lower end, when it is always busy; `None` where it is not known."""
    seconds_per_answer: Span | None
    parts: dict[str, float | None]
    """Yen by part, in the cheapest option; `None` where nobody has said them."""
    warnings: tuple[str, ...]
