"""The rows of the decision table, and how each becomes a scorecard."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from .core.artifact import Artifact
from .core.generation import Identity
from .core.label import Label, highest
from .core.making import Making
from .core.noun import canonical
from .engine.convert import STAGE as CONVERT
from .engine.convert import ConvertRecipe
from .evaluate.nulls import NULL, NULL_ROWS, TASK_NULL_ROWS
from .evaluate.recipe import Row
from .evaluate.stage import EVALUATE
from .evaluate.stage import place as row_identity
from .gate.policy import check_endpoint
from .project import Project, ProjectFile

if TYPE_CHECKING:
    from .core.generation import Generator, Local, Odds
    from .core.passage import Retriever

ENDPOINT = "endpoint:"
BASE = "base"


def rows(file: ProjectFile) -> Iterator[Row]:
    """What costs nothing first, then the base, the project's own models, and the endpoints that are to be a row."""
    models = ("tuned", *(f"tuned-{variant.name}" for variant in file.variants))
    yield from NULL_ROWS
    for model in (BASE, *models):
        # The base was never taught the form of an answer, so it is shown some.
        shots = file.evaluate.shots if model == BASE else 0
        yield Row(name=f"{model}.closed", model=model, way="closed")
        yield Row(name=f"{model}.retrieval", model=model, way="retrieval", shots=shots)
        if file.evaluate.given:
            yield Row(name=f"{model}.given", model=model, way="given", shots=shots)
    for name, endpoint in file.endpoints.items():
        if endpoint.row:
            yield Row(name=f"{name}.retrieval", model=f"{ENDPOINT}{name}", way="retrieval")
    if file.tasks:
        yield from TASK_NULL_ROWS
        yield Row(name="base.task", model=BASE, way="task", shots=file.evaluate.task_shots)
        for model in models:
            yield Row(name=f"{model}.task", model=model, way="task")


def candidates(row: Row, file: ProjectFile) -> int:
    """How many passages the row's model reads to choose from: only one that was taught to decline can."""
    taught = row.searches and row.model not in (NULL, BASE) and not row.model.startswith(ENDPOINT)
    return file.knowledge.search.candidates if taught else 0


def served(make: Making, file: ProjectFile, name: str, model: Artifact) -> Artifact:
    """The model in the form that the project's engine loads."""
    if file.engine.engine == "transformers":
        return model
    recipe = ConvertRecipe(number_format=file.engine.number_format)
    return make(CONVERT, f"{name}-{file.engine.number_format}", recipe, {"model": model})


def identity_of(model: Artifact, file: ProjectFile) -> Identity:
    """What answers of a local model are remembered by, known before it is loaded."""
    engine = file.engine.engine
    return Identity(model=model.content, engine=f"{engine} {version(engine)}", number_format=file.engine.number_format)


def load(model: Artifact, file: ProjectFile, *, workers: int | None = None) -> Local:
    """The model, ready to answer; with one worker soonest when it is asked one question."""
    from .engine.open import open_generator

    return open_generator(model, number_format=file.engine.number_format, workers=workers)


@dataclass(frozen=True)
class Knowledge:
    """The two halves of the index, and how they are searched."""

    words: Artifact
    vectors: Artifact
    file: ProjectFile

    def open(self, may_receive: Label = Label.RESTRICTED) -> Retriever:
        """
        Args:
            may_receive: The highest label that whoever is shown the passages may have.
        """
        from .knowledge.search import Search

        return Search.open(self.words, self.vectors, self.file.knowledge.search, may_receive=may_receive)


def rereading(retriever: Retriever, model: Odds, file: ProjectFile, read: int) -> Retriever:
    """What the model that answers chooses of the search's first `read` passages; the plain search where that is 0."""
    from .engine.rereading import Rereading

    return Rereading(retriever, model, candidates=read, language=file.project.language) if read else retriever


@dataclass(frozen=True)
class Measuring:
    """Makes scorecards of rows."""

    project: Project
    make: Making
    knowledge: Knowledge
    models: dict[str, Artifact]
    """What an engine loads, by the names that rows use."""
    suites: list[Artifact]
    dialogues: Artifact
    """Where worked examples for the prompt are taken from."""
    task_suites: list[Artifact] = field(default_factory=list)
    task_dialogues: list[Artifact] = field(default_factory=list)
    """The same for tasks, one for each suite."""

    def __call__(self, row: Row) -> Artifact:
        file = self.project.file
        # One model, whether it searches or answers; loaded when it has something new to say.
        local = functools.cache(lambda: load(self.models[row.model], file))
        identity, speaker = self._speaker(row, local)
        of_tasks = row.way == "task"
        inputs: dict[str, Any] = {"suites": self.task_suites if of_tasks else self.suites}
        if row.searches:
            inputs["index"] = self.knowledge.words
        if row.shots or (of_tasks and row.model == NULL):
            inputs["shots"] = self.task_dialogues if of_tasks else [self.dialogues]
        if row.model in self.models:
            inputs["model"] = self.models[row.model]
        searched = {
            "vectors": self.knowledge.vectors.content,
            "search": canonical(file.knowledge.search.model_copy(update={"candidates": candidates(row, file)})),
            "may_receive": str(self._may_receive(row)),
        }
        return self.make(
            EVALUATE,
            row.name,
            file.evaluate,
            inputs,
            identity=row_identity(row, identity) | (searched if row.searches else {}),
            given=lambda: {
                "row": row,
                "identity": identity,
                "generator": speaker,
                "retriever": self._retriever(row, identity, local) if row.searches else None,
                "records": self.project.records,
            },
        )

    def _retriever(self, row: Row, identity: Identity | None, local: Callable[[], Local]) -> Retriever:
        from .engine.rereading import Remembered

        found, file = self.knowledge.open(self._may_receive(row)), self.project.file
        if identity is None:
            return found
        return rereading(found, Remembered(identity, local, self.project.records), file, candidates(row, file))

    def _speaker(self, row: Row, local: Callable[[], Local]) -> tuple[Identity | None, Callable[[], Generator] | None]:
        """Who answers, and how to have it loaded."""
        if row.model == NULL:
            return None, None
        if not row.model.startswith(ENDPOINT):
            model = self.models[row.model]
            return identity_of(model, self.project.file), local
        from .engine.remote import Remote

        name, questions = row.model.removeprefix(ENDPOINT), highest(suite.label for suite in self.suites)
        # Before anything is made: nobody should train for an hour to be told that a row may not be asked.
        check_endpoint(name, self.project.file.endpoints[name], questions)
        # Passages above what it may receive are not even searched, so no prompt has a higher label than this.
        passages = min(self._may_receive(row), self.knowledge.words.label)
        remote = Remote(self.project.gate(), name, highest([questions, passages]))
        return remote.identity, lambda: remote

    def _may_receive(self, row: Row) -> Label:
        """The highest label of passages that may stand in the row's prompts."""
        if not row.model.startswith(ENDPOINT):
            return Label.RESTRICTED
        return self.project.file.endpoints[row.model.removeprefix(ENDPOINT)].may_receive
