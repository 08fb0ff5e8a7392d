"""The planner held against published runs: what it would have said, what was published, and how wide it is.

The rule is `cards.steady` and `time.LOST`: made of measured throughput and one round share, the same for every row. No
run was fitted or chosen; every dense decoder of the table with tokens and GPU-hours is in it.
"""

from __future__ import annotations

import functools
import statistics
import tomllib
from collections.abc import Sequence
from decimal import Decimal
from importlib import resources
from typing import Any, Final

from ..core.noun import Noun
from .architecture import typical
from .cards import card
from .energy import Power, kwh
from .memory import GIB, WITHIN, Training, training
from .span import Span
from .team import TeamLine, team
from .time import Work, hours


class PublishedRun(Noun):
    """A training whose GPU-hours somebody published."""

    name: str
    parameters: float
    tokens: float
    layers: int
    hidden: int
    sequence: int
    assumed: tuple[str, ...] = ()
    """Of these settings, what is not published and was taken from models like it."""
    card: str
    gpu_hours: float
    source: str
    why: str = ""


class Backtested(Noun):
    """A published run beside what is predicted for it."""

    name: str
    card: str
    predicted: Span
    published: float
    """GPU-hours."""
    residual: float
    """Published by the middle of the interval, less one."""
    width: float
    inside: bool
    assumed: tuple[str, ...]
    why: str
    source: str


class Coverage(Noun):
    """How often a card's runs lie inside, and how wide the intervals are."""

    card: str
    runs: int
    inside: int
    median_width: float
    widest: float


class Constants(Noun):
    """Energy as published, with the constants of its paper."""

    name: str
    gpu_hours: float | None = None
    watts: float | None = None
    it_mwh: float | None = None
    """Energy of the machines, before PUE, where that is what was published."""
    pue: float
    kg_per_kwh: float
    mwh: str = ""
    tonnes: str
    """As printed: so many digits have to come out."""


class Recomputed(Noun):
    """An energy row as our formula has it, rounded as it was printed."""

    name: str
    mwh: str
    published_mwh: str
    tonnes: str
    published_tonnes: str

    @property
    def exact(self) -> bool:
        return self.mwh == self.published_mwh and self.tonnes == self.published_tonnes


class MemoryRow(Noun):
    """Memory as published."""

    name: str
    gb: float | None = None
    gib: float | None = None
    parameters: float
    training: Training
    source: str
    why: str = ""

    @property
    def published(self) -> float:
        """GiB."""
        return self.gib if self.gib is not None else (self.gb or 0.0) * 1e9 / GIB


class Remembered(Noun):
    """A memory row beside what is predicted."""

    name: str
    predicted: float
    published: float
    """GiB."""
    residual: float
    """Predicted by published, less one."""
    within: bool
    why: str


class LeftOut(Noun):
    """A row that is not predicted, and why not."""

    name: str
    why: str


class Backtest(Noun):
    """Everything that was held against what is published."""

    runs: tuple[Backtested, ...]
    coverage: tuple[Coverage, ...]
    energy: tuple[Recomputed, ...]
    memory: tuple[Remembered, ...]
    left_out: tuple[LeftOut, ...]
    team: tuple[TeamLine, ...]


FIELDS: Final = (
    "method",
    "optimiser",
    "shards",
    "sequence",
    "micro_batch",
    "checkpointing",
    "adapter",
    "chunked_logits",
)


@functools.cache
def _file() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("runs.toml").read_text(encoding="utf-8"))


@functools.cache
def published() -> tuple[PublishedRun, ...]:
    return tuple(PublishedRun.model_validate(each) for each in _file()["runs"])


def backtest() -> Backtest:
    """All rows; takes some milliseconds."""
    runs = tuple(map(predict, published()))
    return Backtest(
        runs=runs,
        coverage=coverage(runs),
        energy=tuple(recompute(Constants.model_validate(each)) for each in _file()["energy"]),
        memory=tuple(remember(_memory_row(each)) for each in _file()["memory"]),
        left_out=tuple(LeftOut.model_validate(each) for each in (*_file()["left_out"], *_file()["memory_left_out"])),
        team=team(),
    )


def predict(run: PublishedRun) -> Backtested:
    """What would have been said of a run beforehand."""
    shape = typical(run.parameters).model_copy(
        update={"layers": run.layers, "hidden": run.hidden, "heads": 1, "head": run.hidden}
    )
    found = hours(shape, Work(tokens=run.tokens, sequence=run.sequence), card(run.card)).total
    inside = run.gpu_hours in found
    return Backtested(
        name=run.name,
        card=run.card,
        predicted=found,
        published=run.gpu_hours,
        residual=run.gpu_hours / found.mid - 1,
        width=found.width,
        inside=inside,
        assumed=run.assumed,
        why="" if inside else run.why,
        source=run.source,
    )


def coverage(runs: Sequence[Backtested]) -> tuple[Coverage, ...]:
    """By card."""
    found = []
    for name in dict.fromkeys(run.card for run in runs):
        own = [run for run in runs if run.card == name]
        widths = [run.width for run in own]
        found.append(
            Coverage(
                card=name,
                runs=len(own),
                inside=sum(run.inside for run in own),
                median_width=statistics.median(widths),
                widest=max(widths),
            )
        )
    return tuple(found)


def recompute(row: Constants) -> Recomputed:
    """Our formula with a paper's constants, to as many digits as it printed."""
    if row.it_mwh is not None:
        total = row.it_mwh * row.pue
    else:
        assert row.gpu_hours is not None and row.watts is not None
        total = kwh(row.gpu_hours, Power(watts=row.watts, pue=row.pue)).value / 1000
    return Recomputed(
        name=row.name,
        mwh=_as_printed(total, row.mwh),
        published_mwh=row.mwh,
        tonnes=_as_printed(total * row.kg_per_kwh, row.tonnes),
        published_tonnes=row.tonnes,
    )


def _as_printed(value: float, like: str) -> str:
    return str(Decimal(repr(value)).quantize(Decimal(like))) if like else ""


def _memory_row(written: dict[str, Any]) -> MemoryRow:
    how = Training.model_validate({key: written[key] for key in FIELDS if key in written})
    return MemoryRow.model_validate(
        {key: value for key, value in written.items() if key not in FIELDS} | {"training": how}
    )


def remember(row: MemoryRow) -> Remembered:
    """Memory as torch counts it, which is what these sources printed."""
    predicted = training(typical(row.parameters), row.training, fixed=0.0).total
    residual = predicted / row.published - 1
    within = abs(residual) <= WITHIN
    return Remembered(
        name=row.name,
        predicted=predicted,
        published=row.published,
        residual=residual,
        within=within,
        why="" if within else row.why,
    )
