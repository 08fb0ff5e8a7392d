"""A small company's documents and a small model, made on the spot."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest

from kitae.core.artifact import Artifact
from kitae.core.document import Document, Section
from kitae.core.label import EVERYONE, Label
from kitae.core.making import Making
from kitae.core.noun import Noun
from kitae.core.records import Records
from kitae.core.run import Run
from kitae.core.stage import Stage
from kitae.core.store import Store

HIDDEN = 32
"""Width of the model's embeddings."""

Articles = dict[str, str]
"""Heading → body."""


class Nothing(Noun):
    pass


def document(
    name: str, articles: Articles, *, label: Label = Label.INTERNAL, groups: tuple[str, ...] = (EVERYONE,)
) -> Document:
    text, sections = "", []
    for number, (heading, body) in enumerate(articles.items()):
        start = len(text)
        text += f"{heading}\n{body}\n\n"
        sections.append(
            Section(
                id=f"{name}#{number}",
                heading=heading,
                path=(name, heading),
                kind="article",
                start=start,
                end=len(text),
                body=start + len(heading) + 1,
            )
        )
    return Document(
        id=name,
        title=name,
        text=text,
        sections=tuple(sections),
        source=name.split("/")[0],
        licence="own",
        label=label,
        groups=groups,
    )


RULES = document(
    "rules/就業規則.md",
    {
        "第1条　目的": "この規則は、社員の勤務の条件を定める。",
        "第2条　休暇の届出": "社員は、休暇を取る日の3日前までに所属長に届け出る。",
        "第3条　慶弔休暇": "配偶者が出産するときは、2日の休暇を与える。",
        "第4条　出張": "国内出張の日当は、1日につき2,300円とする。",
    },
)
PRICES = document(
    "sales/価格表.md",
    {"温度センサ": "SV-200Aの標準価格は8,400円とする。", "値引き": "値引きは営業部長が承認する。"},
    label=Label.CONFIDENTIAL,
    groups=("sales",),
)


def _write(recipe: Nothing, documents: Iterable[Document], run: Run) -> Artifact:
    run.facts(documents=run.write("documents", documents))
    return run.seal()


def _model(recipe: Nothing, run: Run) -> Artifact:
    write_model(run.folder)
    return run.seal()


DOCUMENTS = Stage(name="documents", kind="documents", function=_write, format=1)
MODEL = Stage(name="model", kind="model", function=_model, format=1)

Write = Callable[..., Artifact]


@pytest.fixture
def make(tmp_path: Path) -> Making:
    return Making(Store(tmp_path / "store"), Records(tmp_path / "records"))


@pytest.fixture
def write(make: Making) -> Write:
    """Seals documents."""

    def sealed(*documents: Document) -> Artifact:
        identity = {"documents": json.dumps([each.model_dump(mode="json") for each in documents])}
        return make(DOCUMENTS, "all", Nothing(), identity=identity, given=lambda: {"documents": documents})

    return sealed


@pytest.fixture
def model(make: Making) -> Artifact:
    return make(MODEL, "model", Nothing())


def embeddings() -> tuple[list[str], np.ndarray[tuple[int, int], np.dtype[np.float32]]]:
    """One token a character, each with a random vector, but 妻 lies where 配 does (of 配偶者)."""
    characters = ["<pad>", *sorted(set("".join(each.text for each in (RULES, PRICES))) | set("妻夫品値段何円"))]
    table = np.random.default_rng(0).normal(size=(len(characters), HIDDEN)).astype(np.float32)
    near = sum(table[characters.index(character)] for character in "配偶者")
    table[characters.index("妻")] = near
    return characters, table


def write_model(folder: Path, number_format: str = "F32") -> None:
    """A folder with just what static embeddings need: `config.json`, `tokenizer.json`, `model.safetensors`."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers

    characters, table = embeddings()
    tokenizer = Tokenizer(models.WordLevel({c: n for n, c in enumerate(characters)}, unk_token="<pad>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    tokenizer.add_special_tokens(["<pad>"])
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text("{}")
    stored = {
        "F32": table.astype("<f4"),
        "F16": table.astype("<f2"),
        "BF16": (table.view(np.uint32) >> 16).astype("<u2"),
    }[number_format].tobytes()
    header = {
        "__metadata__": {"format": "pt"},
        "model.norm.weight": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
        "model.embed_tokens.weight": {
            "dtype": number_format,
            "shape": list(table.shape),
            "data_offsets": [4, 4 + len(stored)],
        },
    }
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + bytes(4) + stored)


@pytest.fixture
def rules() -> Document:
    return RULES


@pytest.fixture
def prices() -> Document:
    return PRICES


@pytest.fixture
def written() -> Callable[..., Document]:
    """Makes a document of articles."""
    return document


@pytest.fixture
def model_in() -> Callable[..., None]:
    """Writes a model's folder in a number format."""
    return write_model
