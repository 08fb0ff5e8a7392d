"""How long what is stale will take: as it was measured the last time, or from each stage's `cost`."""

from __future__ import annotations

from dataclasses import dataclass

from .adopt.cost import cost as adopt_cost
from .adopt.cost import trim_cost
from .adopt.recipe import AdoptRecipe
from .core.architecture import Architecture, from_config
from .core.artifact import Artifact
from .core.making import Making, Step
from .core.quantity import Quantity
from .corpus.cost import cost as corpus_cost
from .documents.cost import cost as read_cost
from .documents.recipe import ReadRecipe
from .documents.stage import inputs
from .engine.cost import cost as convert_cost
from .evaluate.cost import cost as evaluate_cost
from .evaluate.recipe import Row
from .gate.policy import Place
from .instruct.cost import cost as instruct_cost
from .knowledge.cost import cost as index_cost
from .knowledge.cost import embed_cost
from .measuring import candidates, rows
from .plan.actual import KIND, Correction, correction, outcomes
from .plan.architecture import typical
from .plan.cards import card, known_cards
from .plan.pace import KIND as PROBES
from .plan.pace import Pace, paced
from .plan.recipe import PlanRecipe
from .plan.time import Work, hours
from .project import Project, ProjectFile
from .train.cost import FIXED_SECONDS, measured_tokens, planned_tokens
from .train.cost import cost as course_cost
from .train.recipe import Course

BYTES_PER_CHARACTER = 3
"""Of Japanese in UTF-8, the encoding of most documents."""
PARAMETERS, HIDDEN, VOCABULARY = 123e6, 640, 36_000
"""Of the default base with its vocabulary trimmed; what a base has is not known before it is adopted."""
ASKED = Row(name="asked", model="tuned")
"""How a tuned model is asked for pairs: as a row with two passages."""
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
        "pairs": evaluate_cost(file.evaluate, ASKED, questions=file.pairs.questions, parameters=parameters),
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
    probed: bool = False
    """Whether a probe told, which nothing has to be corrected in."""


def courses_of(file: ProjectFile) -> dict[str, Course]:
    """The courses of a model by their stages, each with its tokens."""
    tune, pretrain, prefer = file.train.tune, file.train.pretrain, file.train.prefer
    dialogues = file.instruct.dialogues + file.instruct.practice
    found: dict[str, Course] = {"pretrain": pretrain} if pretrain.tokens else {}
    found["tune"] = tune.model_copy(update={"tokens": round(tune.share * planned_tokens(tune, dialogues=dialogues))})
    if asked := file.pairs.questions:
        found["prefer"] = prefer.model_copy(update={"tokens": planned_tokens(prefer, questions=asked)})
    return found


def work_of(course: Course, recipe: PlanRecipe, *, factor: float = 1.0) -> Work:
    """What a course computes.

    Args:
        factor: What earlier ones took over what was planned.
    """
    return Work(
        tokens=course.tokens or 0,
        method=course.method,
        optimiser=course.optimiser,
        sequence=course.sequence,
        packing=recipe.packing,
        evaluated=measured_tokens(course),
        checkpoints=recipe.checkpoints,
        checkpoint_seconds=recipe.checkpoint_seconds,
        tokenise_seconds=60 * recipe.tokenise_minutes,
        lost=recipe.lost,
        factor=factor,
    )


def course_plans(project: Project, file: ProjectFile, place: str = "") -> dict[str, CoursePlan]:
    """Each course of a model by its stage, corrected by what earlier ones took at the same place.

    A place with GPUs of which nothing is known plans none.
    """
    here = project.place(place)
    known = outcomes(project.records.all(KIND))
    plans = {}
    name = here.name if here else ""
    for stage, course in courses_of(file).items():
        if timed := pace_of(project, course, name):
            total = Quantity(value=timed.seconds(course.tokens or 0).mid, unit="s", how="estimated")
            plans[stage] = CoursePlan(total, timed.fixed_seconds, course.method, Correction(), probed=True)
            continue
        seconds = _seconds(project, course, file.plan, here)
        if seconds is None:
            continue
        learnt = correction(known, stage=stage, method=course.method, place=name)
        total = Quantity(value=seconds * learnt.factor, unit="s", how="estimated")
        plans[stage] = CoursePlan(total, min(FIXED_SECONDS, seconds), course.method, learnt)
    return plans


def pace_of(project: Project, course: Course, place: str) -> Pace | None:
    """What a probe found of this course at the place of this name, with the model as it is prepared now."""
    model = prepared_model(project)
    return paced(project.records.all(PROBES), course, model=model.folder.name, place=place) if model else None


def _seconds(project: Project, course: Course, recipe: PlanRecipe, here: Place | None) -> float | None:
    """On the place's GPUs as published runs reached, or on two cores as they were measured."""
    if here is None or here.gpus is None:
        return course_cost(course, parameters=_model(project).parameters).value
    known, gpus = known_cards(recipe.cards), here.gpus.count * here.nodes
    if here.gpus.card not in known:
        return None
    found = hours(_model(project), work_of(course, recipe), card(here.gpus.card, recipe.cards), gpus=gpus)
    return FIXED_SECONDS + 3600 * found.total.mid / gpus


def _model(project: Project) -> Architecture:
    prepared = prepared_model(project)
    if prepared is None:
        return typical(float(project.file.plan.parameters or PARAMETERS), project.file.plan.active)
    return from_config(prepared.folder, float(prepared.facts["parameters"]))


def prepared_model(project: Project) -> Artifact | None:
    """The model that training begins with, once it was made."""
    return next((each for each in reversed([*project.store.artifacts("model")]) if each.record.stage == "trim"), None)


def _parameters(project: Project) -> float:
    return _model(project).parameters
