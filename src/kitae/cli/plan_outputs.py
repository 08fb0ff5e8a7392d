"""What `kitae plan` and its sub-commands print with `--json`."""

from __future__ import annotations

from typing import Literal

from ..core.noun import Noun
from ..core.quantity import How
from ..plan.backtest import Backtested, Coverage, LeftOut, Recomputed, Remembered
from ..plan.estimate import Cost
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


class PlanEstimateOutput(Output):
    gpu_hours: Span
    wall_hours: Span
    hour_parts: dict[str, Span]
    memory_gib: MemoryLine
    cost: Cost | None
    """`None` where no price was named."""
    energy_kwh: float | None
    co2_kg: float | None
    embodied_kg: float | None
    """Of `co2_kg`, for making the machines; `None` where nobody says."""
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


class FasterLine(Noun):
    """The same on more machines, where that is about as dear."""

    what: str
    hours: Span
    jpy_in_all: Span


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
    at_worst: str
    """What speaks against it at the upper end alone; empty where nothing does."""
    faster: FasterLine | None


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
    months_until_paid_back: float | None
    """By what the worksheet expects to be saved; `None` without one, or where it never is."""
    what: str


class SaidLine(Noun):
    """Who says a figure."""

    what: str
    figure: str
    as_of: str
    """Year, month or day; empty where nobody wrote it down, or where it is no price."""
    source: str
    old: bool
    """Whether it is a price of more than 90 days ago."""


class ServingMemoryLine(Noun):
    """What answering takes of each GPU, in GiB."""

    gib: Span
    parts: dict[str, float]
    """Of the middle figure: `weights`, `cache` (keys and values), `logits`, `fixed`."""
    at_once: int
    """Answers that are written at the same time."""
    length: int
    """Tokens of a prompt with its answer."""


class PlanOutput(Output):
    parameters: float
    tokens: dict[str, float]
    """By course."""
    options: tuple[OptionLine, ...]
    out: tuple[OptionLine, ...]
    ways: tuple[WayLine, ...]
    serving: str
    """The machine that answers."""
    serving_memory: ServingMemoryLine
    answers_per_hour: float | None
    """At the lower end, when it is always busy; `None` where it is not known."""
    seconds_per_answer: Span | None
    jpy_an_answer_when_busy: float | None
    """By that machine, with tax; `None` where it costs nothing or its speed is not known."""
    jpy_an_answer_of_the_api: float | None
    """With tax; `None` where nobody has said its price."""
    answers_per_month: float
    """As it was said, or as the worksheet has it; 0 where nobody knows."""
    parts: dict[str, float | None]
    """Yen with tax by part, in the cheapest option; `None` where nobody has said them."""
    files: tuple[str, ...] = ()
    """That were written."""
    said: tuple[SaidLine, ...]
    """What the figures rest on: prices with their dates, then cards, throughput and grid."""
    warnings: tuple[str, ...]


class ProbeLine(Noun):
    """A course of training, from some real steps on this machine."""

    model: str
    course: Literal["pretrain", "tune"]
    tokens: int
    """Of the whole course."""
    tokens_per_second: Span
    """Measured; as far as the steps that were timed differ."""
    seconds: Span
    """Of the whole course, estimated from that."""
    parts: dict[str, float]
    """Of the middle one: load, measuring, training, checkpoints, save."""
    mfu: Span | None
    """Share of what the place's cards could compute, over the whole run; `null` where it has none."""
    yen: float
    """At the place's price; 0 where it says none."""
    kwh: float


class ProbeOutput(Output):
    courses: tuple[ProbeLine, ...]
    took_seconds: float
    known: dict[str, str]


class DueLine(Noun):
    """A moment at which something has to be done."""

    what: str
    at: str | None
    """ISO 8601; `null` where a lead time is not known."""


class SlotLine(Noun):
    """A run in the rented window."""

    run: str
    start: str
    end: str
    gpus: int
    signed_by: str


class UseCaseLine(Noun):
    """A task, with what the team expects of it."""

    task: str
    way: str
    proposed: str
    why: str
    label: str
    own_model_only: bool
    """Whether no endpoint may receive it."""
    times_a_year: float
    hours_a_year: float
    yen_a_year: float


class WorksheetOutput(Output):
    files: tuple[str, ...]
    """That were written."""
    cases: tuple[UseCaseLine, ...] = ()
    """The most valuable first."""
    yen_a_year: float | None = None
    answers_a_month: float | None = None
    months_until_paid_back: float | None = None
    """`null` where it never is, or nothing is paid."""
    answers_a_month_for_two_years: float | None = None
    """So many of these tasks, mixed as they are, pay it back in two years."""


class ScheduleOutput(Output):
    files: tuple[str, ...]
    place: str
    due: tuple[DueLine, ...]
    runs: tuple[SlotLine, ...]
    left_out: tuple[str, ...]
    """Runs that would end after the last checkpoint."""
    unsigned: tuple[str, ...]
    reserved_gpu_hours: float
    used_gpu_hours: float
    idle_gpu_hours: float
    cancellation: str
    """What the provider's rules say of giving it up."""
