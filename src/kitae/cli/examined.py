"""What `kitae evaluate --json`, `kitae evaluate export --json` and `kitae view --json` print."""

from __future__ import annotations

from typing import Literal

from ..core.noun import Noun
from .outputs import FigureOutput, Output, Pair


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
    wrong_language: float | None
    """`null` where nobody says which language is right."""
    refused: float
    cut_off: float
    repetition: float
    """Mean share of 10 characters in a row that stood in the answer before."""
    loops: float
    characters: float
    sentences: float
    intervals: dict[str, Pair]
    """Of these figures, by their names."""


class GamesOutput(Noun):
    """How two models played; a win counts if both orders agree."""

    wins: int
    ties: int
    losses: int


class JudgedOutput(Noun):
    """What a judge made of the answers, on its own scale; of two models the win rate, between 0 and 1."""

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
    category_intervals: dict[str, Pair | None]
    interval: Pair | None
    why_failed: dict[str, int]
    made: int
    """Judgments that this command made."""
    kept: int
    """Those that were kept from earlier, readable or not."""
    cost: str
    """Of all of them; empty where the endpoint names no price."""
    meaningless: bool
    against: str
    """The other model; empty where answers are rated alone."""
    games: GamesOutput | None
    consistency: float | None
    """Share of the games with the same result in both orders."""


class PanelOutput(Noun):
    """What several judges say together of the same answers."""

    n: int
    """Answers, or games, that all of them rated."""
    alpha: FigureOutput
    """Krippendorff's: of ratings by their distance, of verdicts by whether they are the same."""
    per_judge: dict[str, float]
    """Means over what all rated; of games the share that went to the model."""
    mean: float | None
    """Of the judges' means."""
    interval: Pair | None


class EvaluateOutput(Output):
    suite: str
    version: str
    """Of the suite's questions."""
    model: str
    identity: dict[str, str]
    answers: int
    refused: int
    """Prompts that the endpoint refuses for good, first and later turns alike."""
    cost: str
    """Of the answers, whenever they were given; empty where the endpoint names no price."""
    cost_against: str
    """The same of the other model's."""
    program: EstimateOutput | None
    program_bounds: Pair | None
    """Of the same mean, with every prompt that was refused for good wrong, as it counts, and right."""
    per_category: dict[str, EstimateOutput]
    """What a program scores, by category."""
    figures: dict[str, EstimateOutput]
    """What else a program tells: `exact_match`, `discernment`, `false_refusals`, `false_answers`, `consistency`, and
    with retrieval `citation_precision`, `citation_recall`, `evidence_shown`."""
    f1: float | None
    """Mean character F1, where answers are compared with known ones."""
    f1_interval: Pair | None
    bits_per_character: float | None
    """That the model needs for what is asked; `None` behind an endpoint."""
    bits_interval: Pair | None
    surface: SurfaceOutput | None
    judged: JudgedOutput | None
    """By the first judge."""
    more: tuple[JudgedOutput, ...]
    """By the others."""
    panel: PanelOutput | None
    notes: tuple[str, ...]


class AnchorsOutput(Output):
    """Judgments that were frozen."""

    judge: str
    version: str
    """Model, engine and number format."""
    suite: str
    day: str
    label: str
    """Of the answers: who may not have it cannot be asked again."""
    n: int
    lowest: float
    highest: float


class DriftLine(Noun):
    """A judge on its anchors of one suite, then and now."""

    suite: str
    since: str
    n: int
    """Anchors that it rated again."""
    failed: int
    same: float
    """Share of equal ratings."""
    mean: float | None
    """Now minus then."""
    interval: Pair | None
    verdict: Literal["steady", "drifted", "unclear"]
    changes: tuple[str, ...]
    """How the judge is another one by its own word, whatever it rates."""


class DriftOutput(Output):
    judge: str
    checks: tuple[DriftLine, ...]


class ViewOutput(Output):
    page: str


class FileLine(Noun):
    """A file of JSON Lines."""

    file: str
    rows: int


class EvaluateExportOutput(Output):
    folder: str
    files: tuple[FileLine, ...]
    """In the order of suites; paths below the folder."""
