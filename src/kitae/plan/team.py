"""What a team said that its models cost, beside what the planner can explain of it.

The team: 16 A100 of 40 GB for some 60 hours a continued pretraining, "several million yen", about ¥2 million a model,
¥10 million in all with the making of data and mistakes.
"""

from __future__ import annotations

from typing import Final

from ..core.noun import Noun
from .architecture import typical
from .cards import card
from .hidden import EXPERIMENTS
from .price import exchange, offer, tax
from .time import Work, hours

GPUS: Final = 16
WINDOW: Final = 60.0
PARAMETERS: Final = 7.96e9
TOKENS: Final = 7e9
A_MODEL: Final = 2e6
IN_ALL: Final = 10e6
"""Yen, as the team said."""

PRICES: Final = ("aws:p4d.24xlarge:us-east-1", "aws:p4d.24xlarge:us-east-1:2023", "gcp:a2-megagpu-16g:us-central1")
"""List prices at which 16 A100 of 40 GB could be had then and now."""


class TeamLine(Noun):
    """A part of what the team paid, as far as the planner explains it."""

    what: str
    jpy_low: float | None
    jpy_high: float | None
    """`None` where nothing that is published says how much."""
    why: str


def team() -> tuple[TeamLine, ...]:
    """From the hours that compute to what nobody can explain."""
    used = hours(typical(PARAMETERS), Work(tokens=TOKENS), card("a100")).total
    years = sorted({offer(key).as_of[:4] for key in PRICES})
    share = min(1.0, used.low / (GPUS * WINDOW)), min(1.0, used.high / (GPUS * WINDOW))
    windows = [exchange().yen * WINDOW * _hourly(key) for key in PRICES]
    low, high = min(windows), max(windows)
    dated = f"list prices of {years[0]} to {years[-1]}"
    taxed = (low * tax(), high * tax())
    tried = (low * EXPERIMENTS.low, high * EXPERIMENTS.high)
    whole = (low + taxed[0] + tried[0], high + taxed[1] + tried[1])
    inside = "inside" if whole[0] <= A_MODEL <= whole[1] else "outside"
    return (
        _line("hours that compute", low * share[0], high * share[1], f"7B tokens, by measured throughput, at {dated}"),
        _line("paid but idle", low * (1 - share[1]), high * (1 - share[0]), "the rest of 60 hours of 16 A100 40 GB"),
        _line("consumption tax", *taxed, f"{tax():.0%} of the window"),
        _line("experiments and failed runs", *tried, "0.5 to 4.6 times the final run, as published of others"),
        _line("one model, explained", *whole, f"the team's ¥2,000,000 lie {inside}"),
        TeamLine(
            what="making data",
            jpy_low=None,
            jpy_high=None,
            why="100,000 dialogues by a teacher; no price of it is published",
        ),
        TeamLine(what="people", jpy_low=None, jpy_high=None, why="the team named no days"),
        _line(
            "not explained",
            max(0.0, IN_ALL - whole[1]),
            IN_ALL - whole[0],
            "of ¥10,000,000 in all: data, people, further models",
        ),
    )


def _line(what: str, low: float, high: float, why: str) -> TeamLine:
    return TeamLine(what=what, jpy_low=low, jpy_high=high, why=why)


def _hourly(key: str) -> float:
    found = offer(key)
    assert found.usd is not None, "the catalogue is in US$"
    return found.usd * GPUS / found.gpus.count
