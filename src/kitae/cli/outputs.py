"""What `--json` prints: one model a command, its schema in docs/schema. A change of meaning counts up `schema`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from ..core.noun import Noun
from ..plan.span import Span


class Output(Noun):
    """Starts every JSON that a command prints."""

    schema_: Literal[1] = Field(default=1, alias="schema")


class ArtifactLine(Noun):
    """An artifact in a list."""

    id: str
    number: int
    created: str
    label: str
    groups: tuple[str, ...]
    bytes: int
    seconds: float
    used: bool


class StepLine(Noun):
    """What became, or would become, of one artifact."""

    artifact: str
    stage: str
    outcome: Literal["reused", "made", "stale"]
    why: str


class TrainingLine(Noun):
    """What the project's training would take on the GPUs that were named; all of it estimated."""

    memory_gib: float
    """Of each GPU."""
    of_gib: int
    fits: bool
    hours: Span
    jpy: float | None
    """Before tax; `None` where no price is known."""
    price: str
    """Key of it in the catalogue."""
    warnings: tuple[str, ...]
    """Above all, of a price that is old."""


class InitOutput(Output):
    file: str
    documents: int
    sources: tuple[str, ...]
    suites: tuple[str, ...]
    training: TrainingLine | None
    """`None` where no GPUs were named."""


class RunOutput(Output):
    dry: bool
    steps: tuple[StepLine, ...]
    estimated_seconds: float
    """Of what is stale; 0 when nothing is."""
    report: str | None = None


class UploadLine(Noun):
    """A path that leaves for a rented node."""

    path: str
    bytes: int
    label: str | None
    """`null` where no document's text is in it."""


class TrainJobOutput(Output):
    """Of `kitae train --job`; without it the command prints what `kitae run` does."""

    file: str
    label: str
    """Of the project's documents, which the place may hold."""
    uploads: tuple[UploadLine, ...]
    edit: tuple[str, ...]
    submit: tuple[str, ...]
    watch: tuple[str, ...]
    bring_back: tuple[str, ...]
    wipe: tuple[str, ...]


class StatusOutput(Output):
    project: str
    artifacts: tuple[ArtifactLine, ...]
    stale: tuple[StepLine, ...]
    unsealed: tuple[str, ...]


class ShowOutput(Output):
    artifact: ArtifactLine
    run: dict[str, Any]
    measured: dict[str, Any]
    tables: dict[str, tuple[dict[str, Any], ...]]
    mask: tuple[str, ...] = ()


class LineageNode(Noun):
    id: str
    stage: str
    inputs: tuple[str, ...]
    files: int
    label: str
    groups: tuple[str, ...]
    licences: tuple[str, ...]


class LineageOutput(Output):
    artifact: str
    nodes: tuple[LineageNode, ...]


class VerifyOutput(Output):
    sound: bool
    artifacts: int
    edited: tuple[str, ...]
    damaged_records: tuple[str, ...]


class GcOutput(Output):
    dry: bool
    deleted: tuple[str, ...]
    kept: tuple[str, ...]
    """No longer used, but it cost something: name it to delete it."""
    bytes: int


class TransferOutput(Output):
    copied: tuple[str, ...]
    records: int


class ReportOutput(Output):
    report: str


class ExportOutput(Output):
    artifact: str
    folder: str
    adapter: bool
    files: tuple[str, ...]
    bytes: int
    label: str
    groups: tuple[str, ...]
    licences: tuple[str, ...]
    note: str
    """What other programs cannot do with it; empty where nothing is known."""


class CitedPassage(Noun):
    number: int
    id: str
    heading: str
    text: str
    label: str
    cited: bool


class AskOutput(Output):
    question: str
    answer: str
    abstained: bool
    passages: tuple[CitedPassage, ...]
    model: str
    engine: str
    number_format: str
    seconds: float


class NumberOutput(Output):
    value: int | float
    """Whole where it is."""
    unit: str
    """`tokens`, `parameters`, `hours`, `gpu_hours`, `JPY`, `USD`; empty for a bare number."""


Pair = tuple[float, float]


class DifferenceOutput(Noun):
    """A row minus the row it is compared with, on the same questions."""

    against: str
    mean: float | None
    interval: Pair | None
    mean_answerable: float | None
    interval_answerable: Pair | None


class CompareRow(Noun):
    """One row on one suite; shares between 0 and 1, intervals of 95 %."""

    row: str
    suite: str
    kind: str
    n: int
    n_answerable: int
    right: float
    interval: Pair | None
    right_answerable: float | None
    interval_answerable: Pair | None
    false_refusals: float | None
    false_answers: float | None
    citation_precision: float | None
    citation_recall: float | None
    char_f1: float | None
    seconds_per_answer: float | None
    yen_per_answer: float | None
    truncated: int
    difference: DifferenceOutput | None
    notes: tuple[str, ...]


class CategoryOutput(Noun):
    """A difference in one category."""

    name: str
    mean: float
    interval: Pair | None
    n: int
    p: float
    adjusted: float
    """The same by Holm over all categories."""


class ContrastOutput(Noun):
    """One examined model minus another on one suite; on the judge's scale, or shares between 0 and 1."""

    suite: str
    judge: str
    """Empty where a program scores."""
    protocol: str
    refused: str
    """Why the two may not be compared here; empty where they may, and every figure is `null` otherwise."""
    means: Pair | None
    failed: tuple[int, int] | None
    """Judgments of either model that could not be read, of the answers that both gave; `null` of a program."""
    bounds: tuple[Pair, Pair] | None
    """Of the means: with all of those at the lowest rating and at the highest; `null` of a program."""
    mean: float | None
    """Of the differences."""
    interval: Pair | None
    questions: int
    n: int
    """Answers that both gave; of a program, questions."""
    better: int
    worse: int
    detectable: float | None
    """The smallest true difference that these questions show in four of five trials."""
    needed: int | None
    """Questions that would show a difference of this size."""
    per_category: tuple[CategoryOutput, ...]
    doubts: dict[str, str]
    """Why the judge may not decide: `calibration`, `drift`. Empty where it may, and of a program."""
    notes: tuple[str, ...]


class MatchOutput(Noun):
    """Two models whose answers a judge compared in both orders, seen from the first."""

    suite: str
    judge: str
    protocol: str
    wins: int
    ties: int
    losses: int
    win_rate: float | None
    """A tie counts half."""
    interval: Pair | None
    n: int
    """Over questions, turns and samples; those that failed among them."""
    failed: int
    bounds: Pair
    """Of the win rate, with all that failed lost and won."""
    consistency: float | None
    """Share with the same result in both orders."""
    doubts: dict[str, str]
    notes: tuple[str, ...]


class CompareOutput(Output):
    """Rows of the decision table; or contrasts and matches of two examined models."""

    rows: tuple[CompareRow, ...]
    contrasts: tuple[ContrastOutput, ...]
    matches: tuple[MatchOutput, ...]
    notes: tuple[str, ...]


class SuiteLine(Noun):
    """A suite, and how much is asked in it."""

    name: str
    title: str
    questions: int
    """Wordings of one count once."""
    prompts: int
    """Wordings of a question count each."""
    turns: int
    """Answers that a model gives to all of it."""
    categories: tuple[str, ...]
    scored: Literal["program", "judge"]
    version: str
    """Digest of questions, references and conditions. Scores of different ones are not compared."""


class SuitesOutput(Output):
    suites: tuple[SuiteLine, ...]


class SuiteFile(Noun):
    """A published file that a suite was read from."""

    file: str
    digest: str
    role: str
    variant: str
    """Name of the published file that it is, or `unknown`."""
    source: str
    licence: str
    known_errors: str


class SuiteAddOutput(Output):
    suite: SuiteLine
    file: str
    variant: str
    references: str
    """The set that judges are shown; empty where there is none."""
    prompts: str
    """The set that the protocol `mtbench` asks with; empty where there is none, or none was chosen of several."""
    sources: tuple[SuiteFile, ...]
    notes: tuple[str, ...]


class DoseLine(Noun):
    """What a model that learnt from a share of the dialogues has come to, on one suite in one way."""

    share: float
    model: str
    dialogues: int
    tokens: int
    seconds: float
    """Of its tuning, measured."""
    yen: float
    """The same at the place's rate."""
    suite: str
    way: str
    n: int
    right: float
    interval: Pair | None
    right_answerable: float | None
    interval_answerable: Pair | None


class DoseOutput(Output):
    doses: tuple[DoseLine, ...]


class CheckLine(Noun):
    name: str
    passed: bool
    figure: str
    means: str
    """What it would mean if it failed."""


class FlightLine(Noun):
    """One course, checked before it is paid for."""

    model: str
    course: Literal["pretrain", "tune"]
    passed: bool
    checks: tuple[CheckLine, ...]
    shares: dict[str, float]
    """Of the tokens that are learnt, by artifact."""
    masks: tuple[str, ...]
    tokens: int | None
    """Of the whole course; this and what follows is `None` where nothing was timed, since several processes train."""
    tokens_per_second: float | None
    peak_memory_bytes: int | None
    seconds: float | None
    yen: float
    kwh: float


class PreflightOutput(Output):
    passed: bool
    courses: tuple[FlightLine, ...]


class JudgedModel(Noun):
    """A model in published judgments; means are on the file's own scale."""

    model: str
    n: int
    n_failed: int
    n_duplicate: int
    mean_published: float | None
    mean_low: float
    mean_high: float
    per_turn: dict[str, float]
    per_category: dict[str, float]
    interval: tuple[float, float] | None
    """Of `mean_published`; `null` for fewer than two questions."""
    consistency: float | None
    """Of pairs: share of the games with the same result in both orders."""
    notes: tuple[str, ...]


class RescoreOutput(Output):
    models: tuple[JudgedModel, ...]


class FigureOutput(Noun):
    """A measure of agreement with its 95 % interval; `null` where it is not defined."""

    value: float | None
    low: float | None
    high: float | None


class AgreementOutput(Noun):
    n: int
    same: float | None
    within_one: float | None
    kappa: FigureOutput
    spearman: FigureOutput
    bias: float | None
    """Mean of judge minus label."""
    bias_interval: tuple[float, float] | None


class CorrectedOutput(Noun):
    """A model's mean as the labels would have it."""

    model: str
    judged: float
    labelled: int
    mean: float | None
    interval: tuple[float, float] | None


class CalibrateOutput(Output):
    models: int
    overall: AgreementOutput
    rank: FigureOutput
    """Rank correlation of the models' means."""
    per_category: dict[str, AgreementOutput]
    corrected: tuple[CorrectedOutput, ...]
    bar: float
    accepted: bool
    why: str
