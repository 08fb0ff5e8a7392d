"""What `kitae evaluate --json` and `kitae view --json` print."""

from __future__ import annotations

from ..core.noun import Noun
from .outputs import Output, Pair


class EstimateOutput(Noun):
    """A mean over questions with its interval of 95 %."""

    n: int
    mean: float | None
    interval: Pair | None


class SurfaceOutput(Noun):
    """What the answers look like; shares between 0 and 1."""

    n: int
    empty: float
    japanese: float | None
    """Share of Japanese letters."""
    wrong_language: float
    refused: float
    cut_off: float
    loops: float
    characters: float
    sentences: float


class JudgedOutput(Noun):
    """What a judge made of the answers, on its own scale."""

    judge: str
    identity: dict[str, str]
    protocol: str
    n: int
    n_failed: int
    mean_published: float | None
    mean_low: float
    mean_high: float
    per_turn: dict[str, float]
    per_category: dict[str, float]
    interval: Pair | None
    why_failed: dict[str, int]
    made: int
    """Judgments that this command made."""
    kept: int
    """Those that were kept from earlier, readable or not."""
    cost: str
    """Of all of them; empty where the endpoint names no price."""
    meaningless: bool


class EvaluateOutput(Output):
    suite: str
    version: str
    """Of the suite's questions."""
    model: str
    identity: dict[str, str]
    answers: int
    program: EstimateOutput | None
    surface: SurfaceOutput | None
    judged: JudgedOutput | None
    notes: tuple[str, ...]


class ViewOutput(Output):
    page: str
