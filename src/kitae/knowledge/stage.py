"""documents → index (passages and their tokens) → vectors."""

from __future__ import annotations

import contextlib
import functools
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..core.artifact import Artifact
from ..core.document import Document
from ..core.mistakes import Mistake
from ..core.noun import digest
from ..core.reading import readings, shelf, version
from ..core.run import Run
from ..core.stage import Stage
from . import tokens
from .recipe import EmbedRecipe, IndexRecipe

if TYPE_CHECKING:
    from .vectors import Axes, Tokenize
    from .weights import TokenEmbeddings

FORMAT = 1
"""Of the rows. Together with the tokens' version it is the stage's format."""

SQLITE = "index.sqlite"

_AT_ONCE = 1000


def index(recipe: IndexRecipe, documents: Artifact, run: Run) -> Artifact:
    """Cuts documents into passages and writes down what each is found by.

    Rows: `passages` and `tokens`, one for one. `index.sqlite` holds the same for searching and is derived.

    Raises:
        Mistake: the documents hold no text.
    """
    from .lexicon import fill, read_rows

    advance = run.progress("splitting into passages", int(documents.facts.get("documents", 0)), "documents")
    passages = run.write("passages", (row["passage"] for row in _rows(recipe, documents, run, advance)))
    if not passages:
        raise Mistake("the documents hold no text to search", where=documents.id, hint="see `kitae show documents`")
    words: Counter[str] = Counter()

    def token_rows() -> Iterator[dict[str, Any]]:
        # The second time around everything is remembered; holding it all in memory would not scale.
        for row in _rows(recipe, documents, run, lambda _: None):
            words.update(row["tokens"]["words"].split())
            yield row["tokens"]

    run.write("tokens", token_rows())
    file = run.path(SQLITE)
    file.unlink(missing_ok=True)  # of a run that was killed
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        fill(connection, read_rows(run.folder))
    run.facts(passages=passages, words=words.total(), distinct_words=len(words), tokens=tokens.versions())
    return run.seal(derived=(SQLITE,))


def _rows(
    recipe: IndexRecipe, documents: Artifact, run: Run, advance: Callable[[int], None]
) -> Iterator[dict[str, Any]]:
    made_with = {"stage": "knowledge.index", "format": FORMAT, "tokens": tokens.versions(), "recipe": digest(recipe)}
    for document in documents.rows("documents", Document):
        key = made_with | {"document": digest(document)}
        yield from run.memo.get(key, functools.partial(_of_document, recipe, document))
        advance(1)


def _of_document(recipe: IndexRecipe, document: Document) -> list[dict[str, Any]]:
    from .search import token_row
    from .split import passages

    return [
        {"passage": passage.model_dump(mode="json"), "tokens": token_row(passage).model_dump(mode="json")}
        for passage in passages(document, characters=recipe.characters)
    ]


def embed(recipe: EmbedRecipe, index: Artifact, model: Artifact, run: Run) -> Artifact:
    """Gives each passage of an index a vector, made of the model's token embeddings and turned by reading practice.

    Files: `vectors.npy` (passages, dimensions), in the order of the index's passages; and what a question needs:
    `table.npy` (vocabulary, dimensions) in float16, `mean.npy`, `tokenizer.json`, and the rows `words` with counts.

    Raises:
        Mistake: the model's embeddings cannot be read, or none of the index's words is known to it.
    """
    import numpy as np

    from ..engine.open import hf_folder
    from .lexicon import read_words
    from .vectors import Embedding, WordTokens, fit, project
    from .weights import token_embeddings

    folder = hf_folder(model)
    embeddings = token_embeddings(folder)
    shutil.copyfile(folder / "tokenizer.json", run.path("tokenizer.json"))
    texts = read_words(index.folder)
    counts = Counter(word for text in texts for word in text)
    axes = fit(
        embeddings,
        WordTokens(folder),
        texts,
        counts,
        smoothing=recipe.smoothing,
        dimensions=recipe.dimensions,
    )
    if recipe.learn:
        axes = _turned(axes, embeddings, WordTokens(folder), recipe)
    dimensions = axes.projection.shape[1]
    if not dimensions:
        raise Mistake(
            "the documents' words have no vectors in this model",
            where=f"{index.id}, {model.id}",
            hint="search by words alone with `vectors = 0` in [knowledge.search]",
        )
    np.save(run.path("mean.npy"), project(embeddings, axes, run.path("table.npy")))
    run.write("words", ({"word": word, "count": counts[word]} for word in sorted(counts)))
    embedding = Embedding.open(run.folder, counts, recipe.smoothing)
    advance = run.progress("embedding", len(texts), "passages")
    vectors = np.zeros((len(texts), dimensions), dtype=np.float32)
    for start in range(0, len(texts), _AT_ONCE):
        part = texts[start : start + _AT_ONCE]
        vectors[start : start + len(part)] = embedding.vectors(part)
        advance(len(part))
    np.save(run.path("vectors.npy"), vectors)
    run.facts(
        index=index.content,
        model=model.id,
        passages=len(texts),
        dimensions=dimensions,
        smoothing=recipe.smoothing,
        explained=round(axes.explained, 4),
    )
    return run.seal()


def _turned(axes: Axes, embeddings: TokenEmbeddings, word_tokens: Tokenize, recipe: EmbedRecipe) -> Axes:
    """The axes after they have learnt from the reading practice."""
    import numpy as np

    from .learning import turned
    from .search import token_row
    from .vectors import SifWeights, means

    passages = [token_row(passage).words.split() for passage in shelf(recipe.language)]
    pairs = [(n, each.question) for n, of in enumerate(readings(recipe.language)) for each in of.questions]
    weights = SifWeights(Counter(word for words in passages for word in words), recipe.smoothing)
    found = means(embeddings, word_tokens, passages, weights)
    asked = means(embeddings, word_tokens, [tokens.tokens(question).words for _, question in pairs], weights)
    centre = found.mean(axis=0)
    answers = np.array([number for number, _ in pairs])
    projection = turned(axes.projection, asked - centre, found - centre, answers)
    return replace(axes, projection=projection)


def _place() -> dict[str, str]:
    return {
        "device": "cpu",
        "engine": "numpy and torch",
        "number_format": "float32 (table: float16)",
        "practice": version(),
    }


INDEX = Stage(
    name="index", kind="index", function=index, format=100 * tokens.VERSION + FORMAT, packages=tokens.PACKAGES
)
EMBED = Stage(
    name="embed",
    kind="index",
    function=embed,
    format=3,
    packages=("numpy", "tokenizers", "torch"),
    exact=False,
    place=_place,
)
