"""How long training takes: floating-point operations, and how many of them a card does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pydantic import Field

from ..core.architecture import Architecture
from ..core.noun import Noun
from ..train import flops
from ..train.recipe import Method, Optimiser
from .cards import Card, steady
from .span import Span

HOUR: Final = 3600.0

LOST: Final = 0.25
"""At most so much of a run's hours computes nothing that stays: waiting, restarts, slow nodes. An assumption, one
round figure for every card and size. Meta lost less than 0.1 with 16,384 H100 (The Llama 3 Herd of Models, 2024), with
people and automation that a company has not; at 0.25 no interval of an A100 is wider than twice its lower end."""

UNPACKING: Final = 3083 / 2413
"""QLoRA takes so many times as long as LoRA: 8B on one RTX 4090 (pytorch/torchtune README)."""

MEASURING: Final = 1 / 3
"""Reading a token takes so much of training on it: forward, without the way back."""


class Work(Noun):
    """What is to be computed."""

    tokens: float = Field(ge=0)
    method: Method = "full"
    optimiser: Optimiser = "adamw"
    sequence: int = Field(default=4096, ge=1)
    packing: float = Field(default=1.0, gt=0, le=1)
    """Share of what is computed that is tokens and not padding."""
    evaluated: float = Field(default=0.0, ge=0)
    """Tokens that are read to measure, all measurements together."""
    checkpoints: int = Field(default=0, ge=0)
    checkpoint_seconds: float = Field(default=0.0, ge=0)
    """That training stands still for each; 0 where they are written beside it."""
    tokenise_seconds: float = Field(default=0.0, ge=0)
    """That the machines wait for text to become tokens; 0 where that was done before."""
    lost: float | None = Field(default=None, ge=0, lt=1)
    """Share of the hours that computes nothing that stays, at the upper end; `LOST` when left out."""
    factor: float = Field(default=1.0, gt=0)
    """What earlier courses of the kind took at this place over what was planned for them."""


class Hours(Noun):
    """GPU-hours, part by part."""

    parts: dict[str, Span]
    sources: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    @property
    def total(self) -> Span:
        """The sum of the parts."""
        total = Span.exactly(0.0)
        for part in self.parts.values():
            total = total + part
        return total


def operations(model: Architecture, work: Work) -> float:
    """For one token."""
    return flops.operations(work.method, model.active, layers=model.layers, width=model.attention, length=work.sequence)


def hours(model: Architecture, work: Work, found: Card, *, gpus: int = 1) -> Hours:
    """GPU-hours on so many cards of a kind, between what was reached at best and a run with losses.

    The middle is geometric: nothing is lost at the lower end, and all of that share at the upper.
    """
    reached = steady(found, model.active)
    rate = reached.mfu
    computed = (work.tokens / work.packing + work.evaluated * MEASURING) * operations(model, work)
    slower = UNPACKING if work.method == "qlora" else 1.0
    least = computed * slower * work.factor / (found.peak_tflops * 1e12 * HOUR)
    # A measured share of one's own is of whole runs already.
    lost = 0.0 if found.mfu else LOST if work.lost is None else work.lost
    whole = Span.between(least / rate.high, least / rate.low / (1 - lost)) if least else Span.exactly(0.0)
    standing = gpus * (work.checkpoints * work.checkpoint_seconds + work.tokenise_seconds) / HOUR
    reading = work.evaluated * MEASURING / (work.tokens / work.packing + work.evaluated * MEASURING) if least else 0.0
    parts = {
        "training": whole * (1 - reading),
        "evaluation": whole * reading,
        "standing still": Span.exactly(standing),
    }
    return Hours(parts=parts, sources=reached.sources, warnings=(reached.warning,) if reached.warning else ())


def together(found: Sequence[Hours]) -> Hours:
    """Several works, one after another: like parts are added up."""
    parts: dict[str, Span] = {}
    for each in found:
        for name, part in each.parts.items():
            parts[name] = parts.get(name, Span.exactly(0.0)) + part
    return Hours(
        parts=parts,
        sources=tuple(dict.fromkeys(source for each in found for source in each.sources)),
        warnings=tuple(dict.fromkeys(warning for each in found for warning in each.warnings)),
    )
