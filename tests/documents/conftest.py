"""A folder of documents that a test fills, and the road as far as the split."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from kitae.core.artifact import Artifact
from kitae.core.document import Document
from kitae.core.making import Making
from kitae.core.noun import Noun
from kitae.core.records import Records
from kitae.core.run import Run
from kitae.core.stage import Stage
from kitae.core.store import Store
from kitae.core.suite import Question, Suite, SuiteKind
from kitae.documents.recipe import ReadRecipe, Source, SplitRecipe
from kitae.documents.stage import READ, SPLIT, inputs


class Heard:
    """A watcher that remembers what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def start(self, artifact: str, what: str, total: int, unit: str, meter: Any = None) -> Any:
        return lambda _: None

    def say(self, message: str) -> None:
        self.said.append(message)


class Office:
    """A project folder with documents in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.heard = Heard()
        self.making = Making(Store(folder / "store"), Records(folder / "records"), watcher=self.heard)

    def put(self, name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
        path = self.folder / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    def read(self, *sources: Source) -> Artifact:
        recipe = ReadRecipe(sources=sources or (Source(name="rules", path="docs"),))
        files = inputs(recipe, self.folder)
        return self.making(READ, "all", recipe, files=files, given=lambda: {"folder": self.folder})

    def documents(self, *sources: Source) -> list[Document]:
        return list(self.read(*sources).rows("documents", Document))

    def suite(
        self, questions: Sequence[dict[str, Any]], *, kind: SuiteKind = "unseen", name: str = "unseen"
    ) -> Artifact:
        asked = tuple(
            Question(question="何日ですか。", answerable=True, gold=("5日",), **question) for question in questions
        )
        suite = Suite(name=name, kind=kind, questions=asked)

        def write(recipe: Noun, run: Run) -> Artifact:
            run.write("suite", [suite])
            return run.seal()

        return self.making(Stage("suite", "suite", write, 1), name, suite)

    def split(
        self, *suites: Artifact, recipe: SplitRecipe | None = None, documents: Artifact | None = None
    ) -> Artifact:
        given: dict[str, Artifact | list[Artifact]] = {"documents": documents or self.read(), "suites": list(suites)}
        return self.making(SPLIT, "trainable", recipe or SplitRecipe(), given)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@pytest.fixture
def other_office(tmp_path: Path) -> Office:
    """The same thing on another disk."""
    return Office(tmp_path / "elsewhere")
