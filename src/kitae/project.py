"""A project: a folder with `kitae.toml`, read strictly."""

from __future__ import annotations

import tomllib
import types
import typing
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, Field, ValidationError, model_validator

from .adopt.recipe import TrimRecipe
from .core.mistakes import Mistake, nearest
from .core.noun import Noun
from .core.quantity import TaxedBudget
from .core.records import Records
from .core.store import Store
from .core.task import TaskRecipe
from .corpus.recipe import CorpusRecipe, GeneralRecipe
from .documents.recipe import Source, SplitRecipe
from .engine.recipe import EngineRecipe
from .evaluate.imported.shelf import names as imported_names
from .evaluate.own.shelf import OWN
from .evaluate.recipe import DraftRecipe, EvaluateRecipe, GateRecipe, JudgeRecipe, SuiteRecipe
from .gate.client import Gate
from .gate.policy import Endpoint, Place
from .instruct.recipe import InstructRecipe, PairsRecipe
from .knowledge.recipe import EmbedRecipe, IndexRecipe, SearchRecipe
from .plan.recipe import PlanRecipe
from .plan.window import PlannedRun, Window
from .train.recipe import PLAIN, Computing, Limits, PreferRecipe, PretrainRecipe, TuneRecipe

FILE = "kitae.toml"
REPORT = "report.html"

INHERITED = {
    ("project", "language"): (
        ("vocabulary", "language"),
        ("general", "language"),
        ("instruct", "language"),
        ("evaluate", "language"),
        ("knowledge", "embed", "language"),
    ),
    ("knowledge", "search", "k"): (("instruct", "passages"), ("evaluate", "passages")),
}
"""Said once, meant in several tables, unless one of them says otherwise."""


class Facts(Noun):
    """`[project]`."""

    name: str
    language: Literal["ja", "en"] = "ja"
    base: str = "wheel:gemma3-270m"
    """`wheel:NAME`, `hf:ORG/NAME` from the local cache, or `path:FOLDER`."""


class Goal(Noun):
    """`[goal]`: the score that decides, and what it may cost."""

    suite: str
    at_least: float = Field(default=0.0, ge=0, le=1)
    budget: TaxedBudget | None = None


class TrainRecipe(Noun):
    """`[train]` with `[train.pretrain]`, `[train.tune]`, `[train.prefer]`, `[train.limits]`, `[train.computing]`."""

    pretrain: PretrainRecipe = PretrainRecipe()
    tune: TuneRecipe = TuneRecipe()
    prefer: PreferRecipe = PreferRecipe()
    limits: Limits = Limits()
    computing: Computing = PLAIN
    tensorboard: bool = False
    """Whether curves are written for TensorBoard too, below `tensorboard/`."""


class KnowledgeRecipe(Noun):
    """`[knowledge.index]`, `[knowledge.embed]` and `[knowledge.search]`."""

    index: IndexRecipe = IndexRecipe()
    embed: EmbedRecipe = EmbedRecipe()
    search: SearchRecipe = SearchRecipe()


class Variant(Noun):
    """`[[variants]]`: a further model for the decision table, as changes to the rest of the file."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    set: dict[str, Any]
    """Dotted keys and their values: `{ "train.pretrain.tokens" = 0 }`."""


class ProjectFile(Noun):
    """Everything that `kitae.toml` may say. An unknown key is an error."""

    project: Facts
    goal: Goal | None = None
    sources: tuple[Source, ...] = Field(min_length=1)
    suites: tuple[SuiteRecipe, ...] = ()
    tasks: tuple[TaskRecipe, ...] = ()
    vocabulary: TrimRecipe = TrimRecipe()
    split: SplitRecipe = SplitRecipe()
    corpus: CorpusRecipe = CorpusRecipe()
    general: GeneralRecipe = GeneralRecipe()
    instruct: InstructRecipe = InstructRecipe()
    pairs: PairsRecipe = PairsRecipe()
    knowledge: KnowledgeRecipe = KnowledgeRecipe()
    train: TrainRecipe = TrainRecipe()
    engine: EngineRecipe = EngineRecipe()
    evaluate: EvaluateRecipe = EvaluateRecipe()
    variants: tuple[Variant, ...] = ()
    places: tuple[Place, ...] = ()
    plan: PlanRecipe = PlanRecipe()
    schedule: Window | None = None
    runs: tuple[PlannedRun, ...] = ()
    endpoints: dict[str, Endpoint] = Field(default_factory=dict)
    judges: dict[str, JudgeRecipe] = Field(default_factory=dict)
    gates: dict[str, GateRecipe] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _plans_runs_of_its_models(self) -> Self:
        known = ["tuned", *(f"tuned-{variant.name}" for variant in self.variants)]
        for run in self.runs:
            if run.model not in known:
                hint = nearest(run.model, known)
                raise ValueError(f"the run `{run.name}` trains `{run.model}`, which is no model of this file; {hint}")
        return self


class Project:
    """A folder with `kitae.toml`, its store and its records. What the CLI does, Python can do with this."""

    def __init__(self, folder: Path | str) -> None:
        """
        Raises:
            Mistake: there is no `kitae.toml`, or it says something that kitae does not know.
        """
        self.folder = Path(folder).resolve()
        self.written = _read(self.folder / FILE)
        self.file = self._parse(self.written)
        self.store = Store(self.folder / "store")
        self.records = Records(self.folder / "records")

    def place(self, name: str) -> Place | None:
        """The place where the work happens: the one of that name, the first for no name, none if none is declared.

        Raises:
            Mistake: no place of that name is declared.
        """
        places = {place.name: place for place in self.file.places}
        if not name:
            return next(iter(places.values()), None)
        if name not in places:
            raise Mistake(f"no place `{name}`", where="[[places]] in kitae.toml", hint=nearest(name, places))
        return places[name]

    @property
    def yen_per_hour(self) -> float:
        """What an hour costs at the first place; 0 where none is declared."""
        place = self.place("")
        return place.yen_per_hour if place else 0.0

    def gate(self) -> Gate:
        """The one way out."""
        return Gate(self.file.endpoints, self.records)

    def variant(self, variant: Variant) -> ProjectFile:
        """The file with a variant's changes.

        Raises:
            Mistake: a change names a key that does not exist.
        """
        changed = _deep_copy(self.written)
        for dotted, value in variant.set.items():
            *tables, key = dotted.split(".")
            table = changed
            for name in tables:
                table = table.setdefault(name, {})
                if not isinstance(table, dict):
                    raise Mistake(f"`{dotted}` does not lead to a value", where=f"variant `{variant.name}`")
            table[key] = value
        return self._parse(changed, where=f"variant `{variant.name}` in {self.folder / FILE}")

    def _parse(self, written: dict[str, Any], where: str = "") -> ProjectFile:
        where = where or str(self.folder / FILE)
        try:
            file = ProjectFile.model_validate(_inherit(written))
        except ValidationError as error:
            raise _mistake(error, where) from None
        asked = [*(suite.name for suite in file.suites), *(task.name for task in file.tasks)]
        for what, names in (
            ("source", [s.name for s in file.sources]),
            ("suite or task", asked),
            ("variant", [v.name for v in file.variants]),
            ("run", [r.name for r in file.runs]),
        ):
            if twice := {name for name in names if names.count(name) > 1}:
                raise Mistake(f"two {what}s are named `{min(twice)}`", where=where, hint="give each its own name")
        if file.goal and file.suites and file.goal.suite not in asked:
            raise Mistake(
                f"the goal names the suite `{file.goal.suite}`", where=where, hint=nearest(file.goal.suite, asked)
            )
        known = [*asked, *OWN, *imported_names(self.folder), DraftRecipe().name]
        for name in file.gates:
            if name not in known:
                raise Mistake(f"[gates] names the suite `{name}`", where=where, hint=nearest(name, known))
        return file


def _read(file: Path) -> dict[str, Any]:
    if not file.is_file():
        raise Mistake(
            "no kitae.toml here",
            where=str(file.parent),
            hint="name the project with `kitae -C FOLDER …`, or make one with `kitae init FOLDER --documents FOLDER`",
        )
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Mistake(f"kitae.toml is not TOML: {error}", where=str(file), hint="correct that line") from None


def _mistake(error: ValidationError, where: str) -> Mistake:
    """The first of pydantic's errors, in the words of somebody who edits a file."""
    errors = error.errors()
    # A misspelt key is missing under its right name as well; the spelling is what has to be mended.
    first = next((each for each in errors if each["type"] == "extra_forbidden"), errors[0])
    location = [str(part) for part in first["loc"]]
    dotted = ".".join(location)
    if first["type"] == "extra_forbidden":
        known = _fields_at(ProjectFile, first["loc"][:-1])
        return Mistake(f"unknown key `{dotted}`", where=where, hint=nearest(location[-1], known))
    if first["type"] == "missing":
        return Mistake(f"`{dotted}` is missing", where=where, hint="add it")
    reason = first["msg"].removeprefix("Value error, ")
    return Mistake(f"`{dotted}`: {reason}", where=where, hint=f"it says {first['input']!r}")


def _fields_at(model: Any, location: tuple[int | str, ...]) -> list[str]:
    """Names of the fields of the recipe at a place in the file."""
    for part in location:
        if isinstance(part, int):
            continue
        model = _model_in(model.model_fields[part].annotation) if part in model.model_fields else model
    return list(model.model_fields)


def _model_in(annotation: Any) -> Any:
    """The recipe inside `tuple[X, ...]`, `dict[str, X]`, `X | None`."""
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        return annotation
    models = [_model_in(each) for each in typing.get_args(annotation) if each not in (Ellipsis, type(None), str)]
    return next((each for each in models if isinstance(each, type) and issubclass(each, BaseModel)), BaseModel)


def _inherit(written: dict[str, Any]) -> dict[str, Any]:
    """The file with what is said once written out where it is meant too."""
    file: dict[str, Any] = _deep_copy(written)
    for source, targets in INHERITED.items():
        value: Any = file
        for name in source:
            value = value.get(name) if isinstance(value, dict) else None
        for *tables, key in targets if value is not None else ():
            table: Any = file
            for name in tables:
                table = table.setdefault(name, {}) if isinstance(table, dict) else table
            if isinstance(table, dict):
                table.setdefault(key, value)
    return file


def _deep_copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _deep_copy(each) for key, each in value.items()}
    return [_deep_copy(each) for each in value] if isinstance(value, list) else value
