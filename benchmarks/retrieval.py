"""How well the right passage is found, beside the plainest way and beside others' tools.

    python benchmarks/retrieval.py --model FOLDER [--peers PYTHON] [--data FOLDER]

FOLDER is a Hugging Face folder (the adopted base). `--peers` names a Python of another environment, in which
`bm25s` and `rank_bm25` are installed; they are run there as their documentation has them, which splits at white space.
JSQuAD: 1,145 passages, 1,000 of its questions by a fixed seed. Company: the rules and the answerable questions of
`company/`; a passage is right when it holds a quote of the evidence. The weights were chosen on JaQuAD train alone.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import re
import subprocess
import tempfile
import time
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kitae.core.artifact import MEASURED, RUN, Artifact
from kitae.core.document import Document, Section
from kitae.core.label import Label
from kitae.core.making import Making
from kitae.core.noun import Noun, digest
from kitae.core.passage import Passage
from kitae.core.records import Records
from kitae.core.run import Run
from kitae.core.stage import Stage
from kitae.core.store import Store
from kitae.core.suite import Question, read_suite, squeeze
from kitae.knowledge.lexicon import read_words
from kitae.knowledge.recipe import EmbedRecipe, IndexRecipe, SearchRecipe
from kitae.knowledge.search import Search
from kitae.knowledge.stage import EMBED, INDEX
from kitae.knowledge.tokens import tokens
from kitae.knowledge.vectors import Embedding

GROUPS = ("all",)
QUESTIONS, SEED, DEPTH = 1000, 7, 10

Ranking = Callable[[str], list[int]]
"""From a question to the places of the passages, the best first."""


@dataclass(frozen=True)
class Task:
    """Passages, and questions with the passages that answer them."""

    name: str
    passages: list[Passage]
    questions: list[tuple[str, frozenset[int]]]
    index: Artifact
    vectors: Artifact | None


class Nothing(Noun):
    """A recipe without choices."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    beside = Path(__file__).parents[2] / "shared" / "data"
    arguments.add_argument("--data", type=Path, default=Path(os.environ.get("KITAE_DATA", beside)))
    arguments.add_argument("--model", type=Path, help="a Hugging Face folder; without it, words alone")
    arguments.add_argument("--peers", type=Path, help="a Python with bm25s and rank_bm25")
    arguments.add_argument("--jaquad", type=int, default=0, help="so many files of JaQuAD train instead (for choosing)")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        make = Making(Store(Path(folder) / "store"), Records(Path(folder) / "records"))
        model = make(MODEL, "model", Nothing(), given=lambda: {"source": chosen.model}) if chosen.model else None
        if chosen.jaquad:
            report(
                squad(
                    make,
                    model,
                    "JaQuAD train",
                    sorted((chosen.data / "qa/jaquad/train").glob("*.json"))[: chosen.jaquad],
                )
            )
            return
        for task in (
            squad(make, model, "JSQuAD", [chosen.data / "qa/jsquad/valid-v1.3.json"]),
            company(make, model, chosen.data / "company/denkiyagi", chosen.data / "company/denkiyagi.questions.jsonl"),
        ):
            report(task, chosen.peers)


def squad(make: Making, model: Artifact | None, name: str, files: Sequence[Path]) -> Task:
    """Each context is a document of one section, headed by its article's title."""
    numbers: dict[tuple[str, str], int] = {}
    questions: list[tuple[str, frozenset[int]]] = []
    for file in files:
        for article in json.loads(file.read_text(encoding="utf-8"))["data"]:
            for paragraph in article["paragraphs"]:
                text = paragraph["context"].split(" [SEP] ")[-1]
                number = numbers.setdefault((article["title"], text), len(numbers))
                questions += [(asked["question"], frozenset([number])) for asked in paragraph["qas"]]
    random.Random(SEED).shuffle(questions)
    identity = {"texts": digest(list(numbers))}
    documents = make(WRITE, "squad", Nothing(), identity=identity, given=lambda: {"texts": list(numbers)})
    index, vectors = indexed(make, model, documents, IndexRecipe(characters=20_000))
    return Task(name, list(index.rows("passages", Passage)), questions[:QUESTIONS], index, vectors)


def company(make: Making, model: Artifact | None, folder: Path, questions: Path) -> Task:
    from kitae.documents.recipe import ReadRecipe, Source
    from kitae.documents.stage import READ
    from kitae.documents.stage import inputs as document_files

    recipe = ReadRecipe(sources=(Source(name="company", path=str(folder)),))
    files = document_files(recipe, folder)
    documents = make(READ, "company", recipe, files=files, given=lambda: {"folder": folder})
    index, vectors = indexed(make, model, documents, IndexRecipe())
    passages = list(index.rows("passages", Passage))
    texts = [squeeze(passage.text) for passage in passages]
    asked = [q for q in read_suite(questions, name="company", kind="unseen").questions if q.answerable]
    right = [(question.question, _right(question, passages, texts)) for question in asked]
    if lost := [question for question, found in right if not found]:
        print(f"company: the evidence of {len(lost)} questions is in no single passage; they count as not found")
    return Task("company", passages, right, index, vectors)


def _right(question: Question, passages: Sequence[Passage], texts: Sequence[str]) -> frozenset[int]:
    """Passages that hold a whole quote of the evidence, in the file that it names."""
    return frozenset(
        number
        for number, (passage, text) in enumerate(zip(passages, texts, strict=True))
        for evidence in question.evidence
        if passage.document.endswith(evidence.file) and squeeze(evidence.quote) in text
    )


def indexed(
    make: Making, model: Artifact | None, documents: Artifact, recipe: IndexRecipe
) -> tuple[Artifact, Artifact | None]:
    index = make(INDEX, "words", recipe, {"documents": documents})
    vectors = make(EMBED, "vectors", EmbedRecipe(), {"index": index, "model": model}) if model else None
    characters = sum(len(passage.text) for passage in index.rows("passages", Passage))
    for artifact in filter(None, (index, vectors)):
        seconds = artifact.measured["seconds"]
        print(f"{artifact.name}: {index.facts['passages']} passages, {characters:,} characters, {seconds:.1f} s")
    return index, vectors


def report(task: Task, peers: Path | None = None) -> None:
    print(f"\n{task.name}: {len(task.passages)} passages, {len(task.questions)} questions")
    print(f"{'':34}MRR@10  found@1  @2     @3     ms a question")
    rankings: list[tuple[str, Ranking]] = [("BM25, character bigrams", bigrams(task.passages))]
    rankings.append(("kitae words", searched(task, SearchRecipe(vectors=0))))
    if task.vectors is not None:
        rankings.append(("kitae vectors", nearest(task, task.vectors)))
        rankings.append(("kitae words + vectors", searched(task, SearchRecipe())))
    for name, ranking in rankings:
        started = time.perf_counter()
        ranks = [rank(ranking(question), right) for question, right in task.questions]
        line(name, ranks, (time.perf_counter() - started) / len(ranks) * 1000)
    for name, places in others(task, peers).items() if peers else ():
        line(name, [rank(found, right) for found, (_, right) in zip(places, task.questions, strict=True)], math.nan)


def line(name: str, ranks: Sequence[int], milliseconds: float) -> None:
    mean = sum(1 / each for each in ranks if each) / len(ranks)
    found = "  ".join(f"{sum(0 < each <= depth for each in ranks) / len(ranks):.3f}" for depth in (1, 2, 3))
    print(f"{name:34}{mean:.4f}  {found}  {milliseconds:.1f}")


def rank(found: Sequence[int], right: frozenset[int]) -> int:
    """Counted from 1; 0 where it is not among the first ten."""
    return next((place for place, number in enumerate(found[:DEPTH], start=1) if number in right), 0)


def searched(task: Task, recipe: SearchRecipe) -> Ranking:
    search = Search.open(task.index, task.vectors, recipe)
    numbers = {passage.id: number for number, passage in enumerate(task.passages)}
    return lambda question: [numbers[hit.passage.id] for hit in search.search(question, k=DEPTH, groups=GROUPS)]


def nearest(task: Task, vectors: Artifact) -> Ranking:
    counts = Counter(word for text in read_words(task.index.folder) for word in text)
    embedding = Embedding.open(vectors.folder, counts, float(vectors.facts["smoothing"]))
    matrix = np.load(vectors.path("vectors.npy"))

    def ranking(question: str) -> list[int]:
        cosines = matrix @ embedding.vectors([tokens(question).words])[0]
        return [int(number) for number in np.argsort(-cosines, kind="stable")[:DEPTH]]

    return ranking


def bigrams(passages: Sequence[Passage]) -> Ranking:
    """BM25 as the textbooks have it (k1 1.2, b 0.75) over pairs of characters: no dictionary, no weights of ours."""

    def pairs(text: str) -> list[str]:
        text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text).lower())
        return [text[at : at + 2] for at in range(len(text) - 1)]

    texts = [pairs(f"{passage.heading}\n{passage.text}") for passage in passages]
    lengths = np.array([len(text) for text in texts])
    damping = 1.2 * (0.25 + 0.75 * lengths / lengths.mean())
    postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, text in enumerate(texts):
        for pair, count in Counter(text).items():
            postings[pair].append((number, count))

    def ranking(question: str) -> list[int]:
        scores = np.zeros(len(texts))
        for pair in set(pairs(question)):
            for number, count in postings.get(pair, ()):
                rarity = math.log(1 + (len(texts) - len(postings[pair]) + 0.5) / (len(postings[pair]) + 0.5))
                scores[number] += rarity * count * 2.2 / (count + damping[number])
        return [int(number) for number in np.argsort(-scores, kind="stable")[:DEPTH] if scores[number] > 0]

    return ranking


PEERS = """
import json, sys
import bm25s, rank_bm25
passages, questions = json.load(sys.stdin)
plain = rank_bm25.BM25Okapi([passage.split() for passage in passages])
def first(scores): return [int(n) for n in sorted(range(len(scores)), key=lambda n: -scores[n])[:10] if scores[n] > 0]
found = {"rank_bm25, split at white space": [first(plain.get_scores(q.split())) for q in questions]}
index = bm25s.BM25()
index.index(bm25s.tokenize(passages, show_progress=False), show_progress=False)
places, scores = index.retrieve(bm25s.tokenize(questions, show_progress=False), k=10, show_progress=False)
found["bm25s, its own tokenizer"] = [[int(n) for n, s in zip(*row) if s > 0] for row in zip(places, scores)]
json.dump(found, sys.stdout)
"""


def others(task: Task, python: Path) -> dict[str, list[list[int]]]:
    """What other tools find by default, run in an environment of their own."""
    texts = [f"{passage.heading}\n{passage.text}" for passage in task.passages]
    given = json.dumps([texts, [question for question, _ in task.questions]])
    answer = subprocess.run([str(python), "-c", PEERS], input=given, capture_output=True, text=True, check=True)
    found: dict[str, list[list[int]]] = json.loads(answer.stdout)
    return found


def _write(recipe: Nothing, texts: Iterable[tuple[str, str]], run: Run) -> Artifact:
    run.label(Label.PUBLIC, GROUPS, ["CC-BY-SA-4.0"])
    count = run.write("documents", (_document(number, *each) for number, each in enumerate(texts)))
    run.facts(documents=count)
    return run.seal()


def _document(number: int, title: str, text: str) -> Document:
    name = f"squad/{number:05d}"
    section = Section(id=f"{name}#0", heading="", path=(title,), kind="lead", start=0, end=len(text), body=0)
    return Document(
        id=name, title=title, text=text, sections=(section,), source="squad", licence="CC-BY-SA-4.0", label=Label.PUBLIC
    )


def _link(recipe: Nothing, source: Path, run: Run) -> Artifact:
    for file in source.iterdir():
        if file.name not in (RUN, MEASURED):  # of a sealed artifact
            run.path(file.name).symlink_to(file.resolve())
    return run.seal()


WRITE = Stage(name="write", kind="documents", function=_write, format=1)
MODEL = Stage(name="link", kind="model", function=_link, format=1)


if __name__ == "__main__":
    main()
