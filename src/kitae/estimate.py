"""How long what is stale will take: as it was measured the last time, or from each stage's `cost`."""

from __future__ import annotations

from dataclasses import dataclass

from .adopt.cost import cost as adopt_cost
from .adopt.cost import trim_cost
from .adopt.recipe import AdoptRecipe
from .core.making import Making, Step
from .core.quantity import Quantity
from .corpus.cost import cost as corpus_cost
from .documents.cost import cost as read_cost
from .documents.recipe import ReadRecipe
from .documents.stage import inputs
from .engine.cost import cost as convert_cost
from .evaluate.cost import cost as evaluate_cost
from .instruct.cost import cost as instruct_cost
from .knowledge.cost import cost as index_cost
from .knowledge.cost import embed_cost
from .measuring import candidates, rows
from .plan.actual import KIND, Correction, correction, outcomes
from .project import Project, ProjectFile
from .train.cost import FIXED_SECONDS, pretrain_cost, tune_cost

BYTES_PER_CHARACTER = 3
"""Of Japanese in UTF-8, the encoding of most documents."""
PARAMETERS, HIDDEN, VOCABULARY = 123e6, 640, 36_000
"""Of the default base with its vocabulary trimmed; what a base has is not known before it is adopted."""
QUESTIONS = 60
"""In a suite that has not been read yet."""


def estimate(project: Project, planned: Making) -> Quantity:
    """Seconds that the stale steps of a plan take on two CPU cores."""
    measured = {f"{a.kind}/{a.name}": float(a.measured.get("seconds", 0)) for a in project.store.artifacts()}
    typical = _typical(project)
    total = 0.0
    for step in planned.steps:
        name = step.artifact.partition("@")[0]
        if step.outcome == "stale":
            total += measured[name] if name in measured else _first_time(step, name, typical)
    return Quantity(value=total, unit="s", how="estimated")


def _first_time(step: Step, name: str, typical: dict[str, Quantity]) -> float:
    for key in (name, step.stage):
        if key in typical:
            return typical[key].value
    return 0.0


def _typical(project: Project) -> dict[str, Quantity]:
    """Seconds by stage, and by artifact where artifacts of a stage differ, when nothing was measured yet."""
    file = project.file
    reading = ReadRecipe(sources=file.sources)
    files = [project.folder / s.path for s in file.sources]
    size = sum(path.stat().st_size for folder in files for path in folder.rglob("*") if path.is_file())
    characters = size // BYTES_PER_CHARACTER
    parameters = _parameters(project)
    typical = {
        "documents": read_cost(files=len(inputs(reading, project.folder)), size=size),
        "adopt": adopt_cost(AdoptRecipe(base=file.project.base)),
        "trim": trim_cost(file.vocabulary),
        "corpus": corpus_cost(characters=characters),
        "instruct": instruct_cost(characters, file.instruct.dialogues),
        "index": index_cost(file.knowledge.index, characters),
        "embed": embed_cost(file.knowledge.embed, characters, VOCABULARY, HIDDEN),
        **{stage: planned.total for stage, planned in course_plans(project, file).items()},
        "convert": convert_cost(parameters),
    }
    suites = list(project.store.artifacts("suite"))
    questions = sum(int(a.facts["questions"]) for a in suites) if suites else QUESTIONS * max(1, len(file.suites))
    for row in rows(file):
        typical[f"scorecard/{row.name}"] = evaluate_cost(
            file.evaluate, row, questions=questions, candidates=candidates(row, file), parameters=parameters
        )
    return typical


@dataclass(frozen=True)
class CoursePlan:
    """What a course of training will take."""

    total: Quantity
    """Seconds, corrected."""
    idle: float
    """Of these, seconds of loading and saving."""
    method: str
    correction: Correction


def course_plans(project: Project, file: ProjectFile, place: str = "") -> dict[str, CoursePlan]:
    """Each course of a model by its stage, corrected by what earlier ones took at the same place."""
    parameters, here = _parameters(project), project.place(place)
    known = outcomes(project.records.all(KIND))
    plain = {
        "pretrain": (file.train.pretrain.method, pretrain_cost(file.train.pretrain, parameters=parameters)),
        "tune": (
            file.train.tune.method,
            tune_cost(file.train.tune, parameters=parameters, dialogues=_dialogues(file)),
        ),
    }
    plans = {}
    for stage, (method, cost) in plain.items():
        learnt = correction(known, stage=stage, method=method, place=here.name if here else "")
        total = cost.model_copy(update={"value": cost.value * learnt.factor})
        plans[stage] = CoursePlan(total, min(FIXED_SECONDS, cost.value), method, learnt)
    return plans


def _dialogues(file: ProjectFile) -> int:
    return round(file.train.tune.share * (file.instruct.dialogues + file.instruct.practice))


def _parameters(project: Project) -> float:
    models = [a for a in project.store.artifacts("model") if a.record.stage == "trim"]
    return float(models[-1].facts["parameters"]) if models else PARAMETERS
