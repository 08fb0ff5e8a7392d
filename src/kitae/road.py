"""The order of the stages: the one place that knows all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from .adopt.recipe import AdoptRecipe
from .adopt.stage import ADOPT, TRIM, base_files
from .core.artifact import Artifact
from .core.label import EVERYONE, may_read
from .core.making import Given, Making
from .core.mistakes import Mistake
from .core.passage import Passage, Retriever
from .core.run import Watcher
from .core.task import task_files
from .corpus.stage import STAGE as CORPUS
from .documents.recipe import ReadRecipe
from .documents.stage import READ, SPLIT
from .documents.stage import inputs as document_files
from .evaluate.recipe import DraftRecipe
from .evaluate.stage import DRAFTED, SUITES, TASK_SUITE, question_files
from .evaluate.table import Table, decision_table
from .gate.client import LEDGER
from .gate.policy import check_place
from .instruct.stage import STAGE as INSTRUCT
from .instruct.tasks import TASK
from .knowledge.stage import EMBED, INDEX
from .measuring import Knowledge, Measuring, load, rows, served
from .project import Project
from .train.stage import PRETRAIN, TUNE

if TYPE_CHECKING:
    from .assistant.answer import Answer

STAGES = ("documents", "adopt", "knowledge", "corpus", "instruct", "train", "evaluate", "report")
"""Where `kitae run STAGE` may stop."""

AGAINST = "base.retrieval"
"""The row that others are compared with, unless somebody names another: what there is without any training."""


@dataclass
class Road:
    """What is there when the road was walked, as far as it was."""

    knowledge: Knowledge | None = None
    models: dict[str, Artifact] = field(default_factory=dict)
    scorecards: list[Artifact] = field(default_factory=list)


def walk(project: Project, make: Making, *, until: str = "report", place: str = "") -> Road:
    """From the documents to the scorecards. A dry `make` makes nothing: its `steps` say what is stale and why."""
    file, last, road = project.file, STAGES.index(until), Road()

    def here() -> dict[str, Path]:
        return {"folder": project.folder}

    reading, adopting = ReadRecipe(sources=file.sources), AdoptRecipe(base=file.project.base)

    documents = make(READ, "all", reading, files=document_files(reading, project.folder), given=here)
    check_place(project.place(place), documents.label)
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
            model = make(PRETRAIN, f"pretrained{suffix}", recipe.train.pretrain, {"model": model, "corpus": corpus})
        learnt: dict[str, Given] = {"model": model, "dialogues": [dialogues[suffix], *tasks]}
        tuned = make(TUNE, f"tuned{suffix}", recipe.train.tune, learnt)
        road.models[f"tuned{suffix}"] = served(make, file, f"tuned{suffix}", tuned)
    if last < STAGES.index("evaluate"):
        return road
    road.models["base"] = served(make, file, "base", trimmed)
    if not suites:
        suites = [make(DRAFTED, "drafted", DraftRecipe(), {"dialogues": dialogues[""]})]
    measure = Measuring(project, make, road.knowledge, road.models, suites, dialogues[""], task_suites, tasks)
    road.scorecards = [measure(row) for row in rows(file)]
    return road


def _hard_negatives() -> dict[str, Callable[[Iterable[Passage]], Retriever]]:
    """What the maker of dialogues finds passages with that nearly answer. By words alone, so that it stays exact."""
    from .knowledge.search import lexical

    return {"retrieve": lexical}


def make_all(
    project: Project, watcher: Watcher | None = None, *, until: str = "report", place: str = ""
) -> tuple[Making, Road]:
    """Walks the road under the store's lock, and writes the report at its end."""
    with project.store.lock():
        making = Making(project.store, project.records, watcher) if watcher else Making(project.store, project.records)
        road = walk(project, making, until=until, place=place)
        if until == "report":
            write_report(project, making)
    return making, road


def plan(project: Project, *, until: str = "report", place: str = "") -> Making:
    """What would be reused and what is stale, without making anything."""
    making = Making(project.store, project.records, dry=True)
    walk(project, making, until=until, place=place)
    return making


def sealed(project: Project) -> tuple[Making, Road]:
    """The road as far as everything is up to date.

    Raises:
        Mistake: something is stale, so that what there is does not belong together.
    """
    making = Making(project.store, project.records, dry=True)
    road = walk(project, making)
    if stale := [step for step in making.steps if step.outcome == "stale"]:
        raise Mistake(
            f"{len(stale)} of {len(making.steps)} artifacts are stale or not made yet, first {stale[0].artifact}",
            where=str(project.folder),
            hint="`kitae run` makes them; `kitae run --dry-run` says why",
        )
    return making, road


def decide(project: Project, scorecards: list[Artifact], against: str | None = None) -> Table:
    """The decision table of the scorecards."""
    place = project.place("")
    yen = place.yen_per_hour if place else 0.0
    return decision_table(scorecards, against=against or AGAINST, yen_per_hour=yen)


def write_report(project: Project, making: Making) -> Path:
    """Writes `report.html` from what is sealed."""
    from .report.page import write
    from .report.story import Story

    story = Story(
        name=project.file.project.name,
        language=project.file.project.language,
        artifacts=making.used,
        goal=project.file.goal,
        steps=making.steps,
        ledger=list(project.records.all(LEDGER)),
        against=AGAINST,
    )
    return write(project.folder / "report.html", story)


def ask(project: Project, question: str, groups: tuple[str, ...]) -> tuple[Answer, Artifact]:
    """Asks the tuned model with retrieval, on behalf of somebody in `groups`.

    Raises:
        Mistake: something is stale, or the model was trained on what these groups may not read.
    """
    from .assistant.answer import answer
    from .core.generation import Decoding

    _, road = sealed(project)
    model, file = road.models["tuned"], project.file
    reader = (EVERYONE, *groups)
    if not may_read(reader, model.groups):
        raise Mistake(
            f"the model learnt from documents of {', '.join(model.groups) or 'no common group'}",
            where=model.id,
            hint="ask as one of them: `kitae ask --group NAME`",
        )
    assert road.knowledge is not None
    told = answer(
        question,
        generator=load(model, file),
        retriever=road.knowledge.open(),
        groups=reader,
        k=file.knowledge.search.k,
        decoding=Decoding(max_tokens=file.evaluate.max_tokens),
        language=file.project.language,
    )
    return told, model
