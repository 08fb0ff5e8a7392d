"""Documents written down in a line, and the stage that judges them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from kitae.core.artifact import Artifact
from kitae.core.document import Document, Section
from kitae.core.label import Label
from kitae.core.making import Making
from kitae.core.noun import Noun
from kitae.core.records import Records
from kitae.core.run import Run
from kitae.core.stage import Stage
from kitae.core.store import Store
from kitae.corpus.recipe import CorpusRecipe
from kitae.corpus.stage import STAGE


class Documents(Noun):
    documents: tuple[Document, ...]


class Desk:
    """Makes documents and corpora."""

    def __init__(self, folder: Path) -> None:
        self.making = Making(Store(folder / "store"), Records(folder / "records"))

    def document(self, id: str, *sections: tuple[str, str], profile: str = "handbook", **more: Any) -> Document:
        """Each section is a path such as `第1章 > 第2条`, or nothing for a lead, and a body."""
        text, made = "", []
        for number, (path, body) in enumerate(sections):
            names = tuple(path.split(" > ")) if path else ()
            heading = names[-1] if names else ""
            start = len(text)
            text += f"{heading}\n\n" if heading else ""
            below = len(text)
            text += f"{body}\n\n" if body else ""
            made.append(
                Section(
                    id=f"{id}#{number}",
                    heading=heading,
                    path=("題", *names),
                    kind="heading" if heading else "lead",
                    start=start,
                    end=len(text),
                    body=below,
                )
            )
        given = {"source": "rules", "licence": "own", "label": Label.INTERNAL} | more
        metadata = {"profile": profile}
        return Document(id=id, title="題", text=text, sections=tuple(made), metadata=metadata, **given)

    def artifact(self, documents: Sequence[Document]) -> Artifact:
        def write(recipe: Documents, run: Run) -> Artifact:
            run.write("documents", recipe.documents)
            return run.seal()

        return self.making(Stage("documents", "documents", write, 1), "all", Documents(documents=tuple(documents)))

    def curate(self, *documents: Document, recipe: CorpusRecipe | None = None) -> Artifact:
        given = {"documents": self.artifact(documents)}
        return self.making(STAGE, "main", recipe or CorpusRecipe(), given)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def other_desk(tmp_path: Path) -> Desk:
    """The same thing on another disk."""
    return Desk(tmp_path / "elsewhere")
