"""The order of the stages: the one place that knows all of them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from .adopt.recipe import AdoptRecipe
from .adopt.stage import ADOPT, TRIM, base_files
from .core.artifact import Artifact
from .core.label import highest
from .core.making import Given, Making
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
from .project import Project, ProjectFile
from .train.stage import PREFER, PRETRAIN, TUNE

if TYPE_CHECKING:
    from .train.guard import Allowance

STAGES = ("documents", "adopt", "knowledge", "corpus", "instruct", "train", "evaluate", "report")
"""Where `kitae run STAGE` may stop."""


@dataclass
class Road:
    """What is there when the road was walked, as far as it was."""

    knowledge: Knowledge | None = None
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
    own = {"": file} | {f"-{variant.name}": project.variant(variant) for variant in file.variants}
    dialogues: dict[str, Artifact] = {}
    for suffix, recipe in own.items():
        if last < STAGES.index("corpus"):
            return road
        corpus = make(CORPUS, f"main{suffix}", recipe.corpus, {"documents": trainable})
        if last < STAGES.index("instruct"):
            continue
        using: dict[str, Given] = {"documents": trainable, "passages": practice, "suites": suites}
        dialogues[suffix] = make(INSTRUCT, f"main{suffix}", recipe.instruct, using, given=_hard_negatives)
        if last < STAGES.index("train"):
            continue
        model = trimmed
        if recipe.train.pretrain.tokens:
            learning: dict[str, Given] = {"model": model, "corpus": corpus, "general": _general(project, make)}
            model = make(PRETRAIN, f"pretrained{suffix}", recipe.train.pretrain, learning, given=allowed)
        learnt: dict[str, Given] = {"model": model, "dialogues": [dialogues[suffix], *tasks]}
        tuned = make(TUNE, f"tuned{suffix}", recipe.train.tune, learnt, given=allowed)
        if recipe.pairs.questions:
            tuned = preferring(make, recipe, suffix, tuned, dialogues[suffix], allowed)
        road.tuned[f"tuned{suffix}"] = tuned
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


def preferring(
    make: Making,
    file: ProjectFile,
    suffix: str,
    tuned: Artifact,
    dialogues: Artifact,
    allowed: Callable[[], dict[str, Allowance]] = dict,
) -> Artifact:
    """The tuned model after it has learnt from its own faults."""
    speaking = served(make, file, f"tuned{suffix}", tuned)
    given = {"generator": functools.partial(load, speaking, file)}
    asked: dict[str, Given] = {"model": speaking, "dialogues": [dialogues]}
    pairs = make(PAIRS, f"pairs{suffix}", file.pairs, asked, identity=_speaker(speaking, file), given=lambda: given)
    return make(PREFER, f"preferred{suffix}", file.train.prefer, {"model": tuned, "pairs": pairs}, given=allowed)


def _speaker(model: Artifact, file: ProjectFile) -> dict[str, str]:
    return identity_of(model, file).model_dump()


def _allowed(project: Project, place: str) -> Callable[[], dict[str, Allowance]]:
    """How long a course may take here. Looked at when it is to be made: a limit is no part of what a model is."""

    def given() -> dict[str, Allowance]:
        from .train.guard import allowance

        here = project.place(place)
        rates = {"yen_per_hour": here.yen_per_hour, "watts": here.watts} if here else {}
        return {"allowed": allowance(project.file.train.limits, **rates)}

    return given


def _hard_negatives() -> dict[str, Callable[[Iterable[Passage]], Retriever]]:
    """What the maker of dialogues finds passages with that nearly answer. By words alone, so that it stays exact."""
    from .knowledge.search import lexical

    return {"retrieve": lexical}
