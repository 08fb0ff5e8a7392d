"""The order of the stages: the one place that knows all of them."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .adopt.recipe import AdoptRecipe
from .adopt.stage import ADOPT, TRIM, base_files
from .core.artifact import Artifact
from .core.label import highest
from .core.making import Given, Making
from .core.memo import Memo
from .core.mistakes import Mistake
from .core.passage import Passage, Retriever
from .core.task import task_files
from .corpus.general import GENERAL, general_files
from .corpus.stage import STAGE as CORPUS
from .documents.recipe import ReadRecipe
from .documents.split import check_learnable
from .documents.stage import READ, SPLIT
from .documents.stage import inputs as document_files
from .evaluate.recipe import DraftRecipe
from .evaluate.stage import DRAFTED, SUITES, TASK_SUITE, question_files
from .gate.policy import check_place
from .instruct.pairs import PAIRS
from .instruct.stage import STAGE as INSTRUCT
from .instruct.tasks import TASK
from .knowledge.stage import EMBED, INDEX
from .measuring import Knowledge, Measuring, identity_of, load, rows, served
from .plan.actual import KIND, outcomes
from .plan.amounts import amounts
from .plan.cards import peak
from .project import Project, ProjectFile
from .rented.inputs import Inputs, Learning, opened
from .train.stage import PREFER, PRETRAIN, TUNE

if TYPE_CHECKING:
    from .train.data import Data
    from .train.guard import Allowance
    from .train.recipe import Computing, Course

Allowed = Callable[[str], "dict[str, Allowance | Computing]"]
"""How long a course of the model of a name may take and how it is computed, looked at when it is to be made."""

STAGES = ("documents", "adopt", "knowledge", "corpus", "instruct", "train", "evaluate", "report")
"""Where `kitae run STAGE` may stop."""


@dataclass
class Road:
    """What is there when the road was walked, as far as it was."""

    knowledge: Knowledge | None = None
    learning: dict[str, Learning] = field(default_factory=dict)
    """What the models of `tuned` learn from, by the same names."""
    pretrained: dict[str, Artifact] = field(default_factory=dict)
    """What they are tuned from: the model itself where there is no continued pretraining."""
    preferred_from: dict[str, tuple[Artifact, Artifact]] = field(default_factory=dict)
    """Of those that learn preferences, the model as it was tuned and its pairs."""
    tuned: dict[str, Artifact] = field(default_factory=dict)
    """Models as they were trained, by the names that rows use."""
    models: dict[str, Artifact] = field(default_factory=dict)
    """The same, and the base, as the engine loads them."""
    scorecards: list[Artifact] = field(default_factory=list)


def walk(project: Project, make: Making, *, until: str = "report", place: str = "") -> Road:
    """From the documents to the scorecards. A dry `make` makes nothing: its `steps` say what is stale and why."""
    file, last, road = project.file, STAGES.index(until), Road()

    def here() -> dict[str, Path]:
        return {"folder": project.folder}

    reading, adopting = ReadRecipe(sources=file.sources), AdoptRecipe(base=file.project.base)

    documents = make(READ, "all", reading, files=document_files(reading, project.folder), given=here)
    others = [*(task.label for task in file.tasks), *([file.general.label] if file.general.path else [])]
    check_place(project.place(place), highest([documents.label, *others]))
    for task in file.tasks:
        check_learnable(task, file.split)
    suites = [make(SUITES, s.name, s, files=question_files(s, project.folder), given=here) for s in file.suites]
    task_suites = [make(TASK_SUITE, t.name, t, files=task_files(t, project.folder), given=here) for t in file.tasks]
    tasks = [make(TASK, f"task-{t.name}", t, files=task_files(t, project.folder), given=here) for t in file.tasks]
    trainable = make(SPLIT, "trainable", file.split, {"documents": documents, "suites": suites})
    if last < STAGES.index("adopt"):
        return road
    base = make(ADOPT, "base", adopting, files=base_files(adopting, project.folder), given=here)
    trimmed = make(TRIM, "trimmed", file.vocabulary, {"model": base, "documents": trainable})
    if last < STAGES.index("knowledge"):
        return road
    words = make(INDEX, "words", file.knowledge.index, {"documents": documents})
    vectors = make(EMBED, "vectors", file.knowledge.embed, {"index": words, "model": trimmed})
    # Passages that stand beside the right one in a dialogue are read by the model too: none may be held out.
    practice = make(INDEX, "trainable", file.knowledge.index, {"documents": trainable})
    road.knowledge = Knowledge(words, vectors, file)
    allowed = _allowed(project, place)
    dialogues: dict[str, Artifact] = {}
    for suffix, recipe in own_files(project).items():
        if last < STAGES.index("corpus"):
            return road
        corpus = make(CORPUS, f"main{suffix}", recipe.corpus, {"documents": trainable})
        if last < STAGES.index("instruct"):
            continue
        using: dict[str, Given] = {"documents": trainable, "passages": practice, "suites": suites}
        dialogues[suffix] = make(INSTRUCT, f"main{suffix}", recipe.instruct, using, given=_hard_negatives)
        own = corpus if recipe.train.pretrain.tokens else None
        learning = Learning(trimmed, (dialogues[suffix], *tasks), own, _general(project, make))
        road.learning[f"tuned{suffix}"] = learning
        if last < STAGES.index("train"):
            continue
        tuned = _train(make, road, suffix, recipe, learning, allowed)
        road.models[f"tuned{suffix}"] = served(make, file, f"tuned{suffix}", tuned)
    if last < STAGES.index("evaluate"):
        return road
    road.models["base"] = served(make, file, "base", trimmed)
    if not suites:
        suites = [make(DRAFTED, "drafted", DraftRecipe(), {"dialogues": dialogues[""]})]
    measure = Measuring(project, make, road.knowledge, road.models, suites, dialogues[""], task_suites, tasks)
    road.scorecards = [measure(row) for row in rows(file)]
    return road


def _general(project: Project, make: Making) -> Artifact:
    recipe, folder = project.file.general, project.folder
    return make(GENERAL, "general", recipe, files=general_files(recipe, folder), given=lambda: {"folder": folder})


def train_given(project: Project, make: Making, inputs: Inputs, *, place: str = "") -> Road:
    """The part of the road that trains, from sealed artifacts alone: for a machine that the documents never come to.

    Raises:
        Mistake: the place may not hold them, one is missing or not what was sent, or kitae.toml knows no such model.
    """
    check_place(project.place(place), inputs.label)
    road = Road()
    own = {f"tuned{suffix}": (suffix, recipe) for suffix, recipe in own_files(project).items()}
    for name in inputs.models:
        if name not in own:
            raise Mistake(
                f"kitae.toml has no model `{name}`",
                where=str(project.folder),
                hint="send the kitae.toml and the inputs that `kitae train --job` went by",
            )
    for name, (suffix, recipe) in own.items():
        if name in inputs.models:
            learning = opened(inputs.models[name], project.store)
            _train(make, road, suffix, recipe, learning, _allowed(project, place))
    return road


def own_files(project: Project) -> dict[str, ProjectFile]:
    """The project's own models, by what their artifacts' names end with."""
    return {"": project.file} | {f"-{variant.name}": project.variant(variant) for variant in project.file.variants}


def courses_of(project: Project, road: Road, memo: Memo) -> Iterator[tuple[str, Path, Course, Data]]:
    """Every course of every model but of preferences: the model that comes out, the folder of the one that goes in."""
    from .train.data import dialogues, texts

    for suffix, file in own_files(project).items():
        recipe, learning = file.train, road.learning[f"tuned{suffix}"]
        if learning.corpus is not None and learning.general is not None:
            read = texts(recipe.pretrain, learning.model, learning.corpus, learning.general, memo)
            yield f"pretrained{suffix}", learning.model.folder, recipe.pretrain, read
        asked = dialogues(recipe.tune, learning.model, learning.dialogues, memo, general=learning.general)
        yield f"tuned{suffix}", learning.model.folder, recipe.tune, asked


def _train(
    make: Making, road: Road, suffix: str, recipe: ProjectFile, learning: Learning, allowed: Allowed
) -> Artifact:
    """Continued pretraining and preferences, where there are any, and tuning between them."""
    name, model = f"tuned{suffix}", learning.model
    if learning.corpus is not None and learning.general is not None:
        using: dict[str, Given] = {"model": model, "corpus": learning.corpus, "general": learning.general}
        given = functools.partial(allowed, name)
        model = make(PRETRAIN, f"pretrained{suffix}", recipe.train.pretrain, using, given=given)

    def measuring() -> Mapping[str, Any]:
        return {**allowed(name), "general": learning.general}

    learnt: dict[str, Given] = {"model": model, "dialogues": learning.dialogues}
    tuned = model if learning.tuned else make(TUNE, name, recipe.train.tune, learnt, given=measuring)
    if recipe.pairs.questions:
        pairs = learning.pairs or pairing(make, recipe, suffix, tuned, learning.dialogues[0])
        road.preferred_from[name] = tuned, pairs
        tuned = preferring(make, recipe, suffix, tuned, pairs, measuring)
    road.pretrained[name], road.tuned[name] = model, tuned
    return tuned


def preferring(
    make: Making,
    file: ProjectFile,
    suffix: str,
    tuned: Artifact,
    pairs: Artifact,
    given: Callable[[], Mapping[str, Any]] = dict,
) -> Artifact:
    """The tuned model after it has learnt from its own faults.

    Args:
        given: What the course takes beside.
    """
    return make(PREFER, f"preferred{suffix}", file.train.prefer, {"model": tuned, "pairs": pairs}, given=given)


def pairing(make: Making, file: ProjectFile, suffix: str, tuned: Artifact, dialogues: Artifact) -> Artifact:
    """The faults of a tuned model, beside what it should have said."""
    speaking = served(make, file, f"tuned{suffix}", tuned)
    generator = {"generator": functools.partial(load, speaking, file)}
    asked: dict[str, Given] = {"model": speaking, "dialogues": [dialogues]}
    return make(PAIRS, f"pairs{suffix}", file.pairs, asked, identity=_speaker(speaking, file), given=lambda: generator)


def _speaker(model: Artifact, file: ProjectFile) -> dict[str, str]:
    return identity_of(model, file).model_dump()


def _allowed(project: Project, place: str) -> Allowed:
    """How long a course may take here, and how. Looked at when it is to be made: no part of what a model is."""

    def given(model: str) -> dict[str, Allowance | Computing]:
        from .plan.stop import check_signed, within_budget, within_window
        from .train.guard import allowance

        here, file = project.place(place), project.file
        check_signed(model, file.runs, file.schedule, here)
        rates = {"yen_per_hour": here.yen_per_hour, "watts": here.watts} if here else {}
        train, gpus = file.train, here.gpus if here else None
        board = project.folder / "tensorboard" if train.tensorboard else None
        most = peak(gpus.card, file.plan.cards) if gpus else 0.0
        allowed = replace(allowance(train.limits, **rates), peak=most, board=board)
        spent = sum(each.actual.yen for each in outcomes(project.records.all(KIND)))
        allowed = within_budget(allowed, file.goal.budget if file.goal else None, spent, here, file.plan.exchange)
        sent = amounts(project.store, every_weight=every_weight(file))
        allowed = within_window(allowed, file.schedule, sent, here, datetime.datetime.now(datetime.UTC))
        return {"allowed": allowed, "computing": train.computing}

    return given


def every_weight(file: ProjectFile) -> bool:
    """Whether a course trains all weights, so that its checkpoints are three times the model."""
    return any(course.method == "full" for course in courses(file))


def courses(file: ProjectFile) -> list[Course]:
    """Those that are not left out."""
    train = file.train
    pretrains = [train.pretrain] if train.pretrain.tokens else []
    return [*pretrains, train.tune, *([train.prefer] if file.pairs.questions else [])]


def _hard_negatives() -> dict[str, Callable[[Iterable[Passage]], Retriever]]:
    """What the maker of dialogues finds passages with that nearly answer. By words alone, so that it stays exact."""
    from .knowledge.search import lexical

    return {"retrieve": lexical}
