"""What continued pretraining gains and what it forgets: bits per character of held-out texts, before and after.

    python benchmarks/pretraining.py FOLDER [--tokens 400k] [--replay 0 0.1]

Learnt are novels and essays (Aozora Bunko), statutes and municipal bulletins, about as much of each; general text,
which is replayed and measured, is Japanese Wikipedia (the passages of JaQuAD train). Of each, texts are held out by a
hash.
Intervals are 95 %, of differences paired by text. FOLDER keeps what was made.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kitae.adopt.recipe import AdoptRecipe, TrimRecipe
from kitae.adopt.stage import ADOPT, TRIM, base_files
from kitae.cli.progress import Lines
from kitae.core.artifact import Artifact
from kitae.core.document import Document, Section
from kitae.core.label import Label
from kitae.core.making import Making
from kitae.core.noun import Noun, digest
from kitae.core.quantity import parse_count
from kitae.core.quiet import hush
from kitae.core.records import Records
from kitae.core.run import Run
from kitae.core.stage import Stage
from kitae.core.store import Store
from kitae.engine.chat import Renderer
from kitae.evaluate.statistics import paired_difference
from kitae.train.batch import Batch
from kitae.train.checkpoint import Checkpoints
from kitae.train.data import replay
from kitae.train.example import Example, texts_as_examples
from kitae.train.fit import fit
from kitae.train.recipe import PretrainRecipe
from kitae.train.stage import place
from kitae.train.trainee import Trainee
from kitae.train.views import Cut

Texts = Mapping[str, str]
"""By their ids."""

HELD, HELD_CHARACTERS = 40, 1200
"""Texts of each source that are measured, and how much of each."""
LEARNT_CHARACTERS = 1_500_000
"""Of each source: more than any run here computes."""
GENERAL = "wikipedia"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    beside = Path(__file__).parents[2] / "shared" / "data"
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--tokens", default="400k")
    arguments.add_argument("--replay", type=float, nargs="+", default=[0.0, 0.1])
    arguments.add_argument("--learning-rate", type=float, default=PretrainRecipe().learning_rate)
    arguments.add_argument("--data", type=Path, default=Path(os.environ.get("KITAE_DATA", beside)))
    chosen = arguments.parse_args()
    hush()
    learnt, held = divided(chosen.data)
    model = trimmed(chosen.folder, learnt)
    renderer = Renderer(model.folder)
    own = {source: as_examples(texts, renderer) for source, texts in learnt.items()}
    apart = {source: as_examples(texts, renderer) for source, texts in held.items()}
    tokens = parse_count(chosen.tokens)
    recipe = PretrainRecipe(tokens=tokens, learning_rate=chosen.learning_rate, keep="last")
    print(f"{tokens:,} tokens, learning rate {recipe.learning_rate:g}, {place()['number_format']}")
    before = bits(trainee_of(model, recipe), apart, held)
    for share in chosen.replay:
        after = trained(model, recipe, own, share, apart, held)
        print(f"\nreplay {share:g}\n| source | bits per character before | after | difference |\n|---|---|---|---|")
        for source in held:
            print(_row(source, before[source], after[source]))


def _row(source: str, before: Mapping[str, float], after: Mapping[str, float]) -> str:
    gain = paired_difference([after[id] for id in before], list(before.values()))
    assert gain.mean is not None and gain.interval is not None
    means = [sum(each.values()) / len(each) for each in (before, after)]
    return (
        f"| {source} | {means[0]:.3f} | {means[1]:.3f} | "
        f"{gain.mean:+.3f} ({gain.interval.low:+.3f} to {gain.interval.high:+.3f}) |"
    )


# Training and measuring


def trainee_of(model: Artifact, recipe: PretrainRecipe) -> Trainee:
    return Trainee(model.folder, recipe, number_format=place()["number_format"], device=place()["device"])


def trained(
    model: Artifact,
    recipe: PretrainRecipe,
    own: Mapping[str, Sequence[Example]],
    share: float,
    apart: Mapping[str, Sequence[Example]],
    held: Mapping[str, Texts],
) -> dict[str, dict[str, float]]:
    trainee = trainee_of(model, recipe)
    company = [example for source, examples in own.items() if source != GENERAL for example in examples]
    examples = [*company, *replay(company, own[GENERAL], share)]
    with tempfile.TemporaryDirectory() as folder:
        fitted = fit(trainee, recipe, examples, checkpoints=Checkpoints(Path(folder), "benchmark"), progress=_progress)
    print(f"trained {fitted.curve[-1].tokens:,} tokens in {fitted.seconds:.0f} s")
    return bits(trainee, apart, held)


def _progress(total: int) -> Any:
    return Lines().start("model", "training", total, "tokens")


def bits(
    trainee: Trainee, apart: Mapping[str, Sequence[Example]], held: Mapping[str, Texts]
) -> dict[str, dict[str, float]]:
    """Bits per character of each text, by source and id."""
    import torch

    found: dict[str, dict[str, float]] = {}
    for source, examples in apart.items():
        nats = dict.fromkeys(held[source], 0.0)
        for example in examples:
            with torch.no_grad():
                nats[example.id.partition("+")[0]] += float(trainee.loss(Batch.of([example], trainee.device)))
        found[source] = {id: nats[id] / math.log(2) / len(text) for id, text in held[source].items()}
    return found


def as_examples(texts: Texts, renderer: Renderer) -> Sequence[Example]:
    rows = ({"id": id, "text": text} for id, text in texts.items())
    return Cut(list(texts_as_examples(rows, renderer)), PretrainRecipe().sequence)


class Nothing(Noun):
    """A recipe without choices."""


def trimmed(folder: Path, learnt: Mapping[str, Texts]) -> Artifact:
    """The default base with the vocabulary that the learnt texts need."""
    make = Making(Store(folder / "store"), Records(folder / "records"), Lines())
    adopting = AdoptRecipe()
    base = make(ADOPT, "base", adopting, files=base_files(adopting, folder), given=lambda: {"folder": folder})
    texts = [text for own in learnt.values() for text in own.values()]
    documents = make(DOCUMENTS, "texts", Nothing(), identity={"n": digest(texts)}, given=lambda: {"texts": texts})
    return make(TRIM, "trimmed", TrimRecipe(), {"model": base, "documents": documents})


def _documents(recipe: Nothing, texts: Sequence[str], run: Run) -> Artifact:
    run.label(Label.PUBLIC, ["all"], ["test data"])
    run.write("documents", (_document(number, text) for number, text in enumerate(texts)))
    return run.seal()


def _document(number: int, text: str) -> Document:
    section = Section(id=f"{number}#0", heading="", path=(), kind="lead", start=0, end=len(text), body=0)
    return Document(
        id=str(number), title="", text=text, sections=(section,), source="texts", licence="", label=Label.PUBLIC
    )


DOCUMENTS = Stage(name="documents", kind="documents", function=_documents, format=1)


# Sources


def divided(data: Path) -> tuple[dict[str, Texts], dict[str, Texts]]:
    """Texts to learn from and texts that are held out, by source."""
    sources = {
        "aozora": aozora(data / "aozora"),
        "statutes": _files(data / "statutes" / "text", "utf-8-sig"),
        "bulletin": bulletin(data / "bulletin"),
        GENERAL: wikipedia(data / "qa" / "jaquad" / "train"),
    }
    learnt: dict[str, Texts] = {}
    held: dict[str, Texts] = {}
    for source, texts in sources.items():
        ordered = sorted(((id, text) for id, text in texts if len(text) > 100), key=lambda pair: digest(pair[0]))
        held[source] = {id: text[:HELD_CHARACTERS] for id, text in ordered[:HELD]}
        learnt[source] = dict(_until(ordered[HELD:], LEARNT_CHARACTERS))
    return learnt, held


def _until(texts: Sequence[tuple[str, str]], characters: int) -> Iterator[tuple[str, str]]:
    """So much of the texts, at most a hundredth of it from one."""
    for id, text in texts:
        part = text[: LEARNT_CHARACTERS // 100]
        if characters <= 0:
            return
        characters -= len(part)
        yield id, part


def _files(folder: Path, encoding: str) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.glob("*.txt")):
        yield f"{folder.name}/{file.stem}".replace("+", "-"), file.read_text(encoding=encoding, errors="replace")


def aozora(folder: Path) -> Iterator[tuple[str, str]]:
    """Without ruby, notes, the explanation at the top and the colophon."""
    for id, text in _files(folder, "cp932"):
        body = re.split(r"^-{20,}\s*$", text, flags=re.MULTILINE)[-1].split("\n底本：")[0]
        yield id, re.sub(r"《[^》]*》|［＃[^］]*］|｜", "", body).strip()


def bulletin(folder: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.glob("*.csv")):
        with file.open(encoding="utf-8-sig", newline="") as rows:
            for number, row in enumerate(csv.DictReader(rows)):
                yield f"bulletin/{file.stem}/{number}", f"{row['記事タイトル']}\n{row['記事本文']}"


def wikipedia(folder: Path) -> Iterator[tuple[str, str]]:
    """An article is all of its passages, once each."""
    for file in sorted(folder.glob("*.json")):
        for number, article in enumerate(json.loads(file.read_text(encoding="utf-8"))["data"]):
            passages = dict.fromkeys(each["context"] for each in article["paragraphs"])
            yield f"{file.stem}/{number}", "\n".join(passages)


if __name__ == "__main__":
    main()
