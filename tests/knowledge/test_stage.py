from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kitae.core.artifact import Artifact
from kitae.core.document import Document
from kitae.core.making import Making
from kitae.core.mistakes import Mistake
from kitae.core.passage import Passage
from kitae.core.records import Records
from kitae.core.store import Store
from kitae.knowledge import stage
from kitae.knowledge.cost import cost, embed_cost
from kitae.knowledge.lexicon import TokenRow, read_words
from kitae.knowledge.recipe import EmbedRecipe, IndexRecipe
from kitae.knowledge.stage import EMBED, INDEX
from kitae.knowledge.vectors import Embedding, SifWeights
from kitae.knowledge.weights import token_embeddings

Write = Callable[..., Artifact]


def test_an_index_holds_the_passages_and_their_tokens_one_for_one(
    make: Making, write: Write, rules: Document, prices: Document
) -> None:
    index = make(INDEX, "words", IndexRecipe(), {"documents": write(rules, prices)})
    passages, tokens = list(index.rows("passages", Passage)), list(index.rows("tokens", TokenRow))
    assert [p.id for p in passages] == [t.id for t in tokens]
    assert [p.section for p in passages] == [s.id for d in (rules, prices) for s in d.sections]
    assert "8400円" in tokens[4].words.split()
    assert index.facts["passages"] == 6
    assert index.facts["words"] == sum(len(t.words.split()) for t in tokens)


def test_the_rows_are_the_content_and_the_database_is_not(make: Making, write: Write, rules: Document) -> None:
    index = make(INDEX, "words", IndexRecipe(), {"documents": write(rules)})
    assert index.record.derived == ("index.sqlite",)


def test_the_content_is_the_same_anywhere(
    make: Making, write: Write, rules: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = write(rules)
    elsewhere = Making(Store(tmp_path / "elsewhere"), Records(tmp_path / "records2"))
    first = make(INDEX, "words", IndexRecipe(), {"documents": documents})
    assert elsewhere(INDEX, "words", IndexRecipe(), {"documents": documents}).content == first.content


def test_one_edited_document_costs_one_document(
    make: Making,
    write: Write,
    rules: Document,
    prices: Document,
    written: Callable[..., Document],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    split: list[str] = []
    of_document = stage._of_document

    def noted(recipe: IndexRecipe, document: Document) -> list[dict[str, Any]]:
        split.append(document.id)
        return of_document(recipe, document)

    monkeypatch.setattr(stage, "_of_document", noted)
    make(INDEX, "words", IndexRecipe(), {"documents": write(rules, prices)})
    assert split == [rules.id, prices.id]
    edited = written(prices.id, {"温度センサ": "SV-200Aの標準価格は8,900円とする。"})
    index = make(INDEX, "words", IndexRecipe(), {"documents": write(rules, edited)})
    assert split == [rules.id, prices.id, prices.id]
    assert "8,900円" in list(index.rows("passages", Passage))[-1].text


def test_shorter_passages_are_another_index(make: Making, write: Write, written: Callable[..., Document]) -> None:
    documents = write(written("a", {"第1条": "社員は、休暇を届け出る。" * 30}))
    long, short = (make(INDEX, "words", IndexRecipe(characters=size), {"documents": documents}) for size in (1000, 100))
    assert long.facts["passages"] == 1
    assert short.facts["passages"] >= 4


def test_documents_without_text_are_a_mistake(make: Making, write: Write, written: Callable[..., Document]) -> None:
    with pytest.raises(Mistake, match="no text"):
        make(INDEX, "words", IndexRecipe(), {"documents": write(written("a", {"第1条": ""}))})


@pytest.fixture
def index(make: Making, write: Write, rules: Document, prices: Document) -> Artifact:
    return make(INDEX, "words", IndexRecipe(), {"documents": write(rules, prices)})


def opened(vectors: Artifact) -> Embedding:
    counts = {row["word"]: row["count"] for row in vectors.raw("words")}
    return Embedding.open(vectors.folder, counts, vectors.facts["smoothing"])


def test_vectors_have_length_one_and_the_order_of_the_passages(make: Making, index: Artifact, model: Artifact) -> None:
    vectors = make(EMBED, "vectors", EmbedRecipe(dimensions=8), {"index": index, "model": model})
    matrix = np.load(vectors.path("vectors.npy"))
    assert (matrix.shape, matrix.dtype) == ((6, 8), np.float32)
    assert np.linalg.norm(matrix, axis=1) == pytest.approx(np.ones(6), abs=1e-5)
    asked = opened(vectors).vectors(read_words(index.folder))
    assert np.array_equal(asked, matrix)
    assert (asked @ matrix.T).argmax(axis=1).tolist() == list(range(6))


def test_a_small_index_gives_as_many_dimensions_as_its_words_spread_along(
    make: Making, write: Write, written: Callable[..., Document], model: Artifact
) -> None:
    small = make(INDEX, "words", IndexRecipe(), {"documents": write(written("a", {"第1条": "休暇", "第2条": "出張"}))})
    vectors = make(EMBED, "vectors", EmbedRecipe(), {"index": small, "model": model})
    assert 1 <= vectors.facts["dimensions"] < 10
    assert np.isfinite(np.load(vectors.path("vectors.npy"))).all()


def test_the_axes_have_the_same_spread_over_the_words(make: Making, index: Artifact, model: Artifact) -> None:
    vectors = make(EMBED, "vectors", EmbedRecipe(dimensions=4, learn=False), {"index": index, "model": model})
    counts = {row["word"]: row["count"] for row in vectors.raw("words")}
    embedding, weights = opened(vectors), SifWeights(counts, vectors.facts["smoothing"])
    known, summed = embedding._word_vectors(sorted(counts))
    spread = np.array([weights[word] * np.sqrt(counts[word]) for word in sorted(counts)])
    centred = ((summed - np.load(vectors.path("mean.npy"))) * spread[:, None])[known > 0]
    moments = centred.T @ centred
    assert moments == pytest.approx(np.diag([moments[0, 0]] * 4), abs=moments[0, 0] * 0.01)


def test_a_vector_is_the_weighted_mean_of_its_words_less_the_mean_of_the_passages() -> None:
    table = np.array([[1, 0], [0, 1], [2, 2]], dtype=np.float16)
    ids = {"休暇": [0, 1], "日": [2], "鬱": []}
    mean = np.array([0.5, -0.25], dtype=np.float32)
    counts = {"休暇": 2, "日": 7}
    embedding = Embedding(lambda words: [ids[word] for word in words], table, mean, counts, 0.1)
    rare, common = 0.1 / (0.1 + 2.5 / 9), 0.1 / (0.1 + 7.5 / 9)
    expected = (2 * rare * np.array([1, 1]) + common * np.array([2, 2])) / (2 * rare + common) - mean
    found = embedding.vectors([["休暇", "日", "鬱", "休暇"]])[0]
    assert found == pytest.approx(expected / np.linalg.norm(expected), abs=1e-6)


def test_a_question_of_unknown_characters_has_a_vector_of_zeros(make: Making, index: Artifact, model: Artifact) -> None:
    vectors = make(EMBED, "vectors", EmbedRecipe(), {"index": index, "model": model})
    assert not opened(vectors).vectors([["鬱", "龍"], []]).any()


def test_embedding_twice_gives_the_same_bits(make: Making, index: Artifact, model: Artifact, tmp_path: Path) -> None:
    elsewhere = Making(Store(tmp_path / "elsewhere"), Records(tmp_path / "records2"))
    inputs = {"index": index, "model": model}
    assert make(EMBED, "v", EmbedRecipe(), inputs).content == elsewhere(EMBED, "v", EmbedRecipe(), inputs).content


@pytest.mark.parametrize(("number_format", "exact"), [("F32", 0.0), ("F16", 1e-3), ("BF16", 1e-2)])
def test_embeddings_are_read_in_the_formats_that_models_have(
    tmp_path: Path, model_in: Callable[..., None], number_format: str, exact: float
) -> None:
    (tmp_path / "float32").mkdir()
    (tmp_path / "other").mkdir()
    model_in(tmp_path / "float32")
    model_in(tmp_path / "other", number_format)
    expected = token_embeddings(tmp_path / "float32").rows(slice(None))
    found = token_embeddings(tmp_path / "other").rows(np.array([3, 1]))
    assert found.dtype == np.float32
    assert found == pytest.approx(expected[[3, 1]], rel=exact, abs=exact)


def test_a_model_without_token_embeddings_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="no token embeddings"):
        token_embeddings(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"\xff" * 40)
    with pytest.raises(Mistake, match="no safetensors"):
        token_embeddings(tmp_path)


def test_words_that_the_model_does_not_know_are_a_mistake(
    make: Making, write: Write, written: Callable[..., Document], model: Artifact
) -> None:
    strange = make(INDEX, "words", IndexRecipe(), {"documents": write(written("龍", {"龍": "龍"}))})
    with pytest.raises(Mistake, match="no vectors"):
        make(EMBED, "vectors", EmbedRecipe(), {"index": strange, "model": model})


def test_neither_stage_nor_a_search_needs_torch(make: Making, index: Artifact, model: Artifact) -> None:
    vectors = make(EMBED, "vectors", EmbedRecipe(), {"index": index, "model": model})
    code = (
        "import sys; from pathlib import Path; from kitae.core.artifact import open_artifact;"
        "from kitae.knowledge.search import Search;"
        "search = Search.open(*(open_artifact(Path(each)) for each in sys.argv[1:]));"
        "print(len(search.search('休暇', k=2, groups=[])), 'torch' in sys.modules, 'transformers' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(index.folder), str(vectors.folder)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["2", "False", "False"]


def test_more_text_costs_more_and_is_an_estimate() -> None:
    little, much = cost(IndexRecipe(), 10_000), cost(IndexRecipe(), 1_000_000)
    assert (little.unit, little.how) == ("s", "estimated")
    assert little.value < much.value
    assert embed_cost(EmbedRecipe(), 10_000, 24_000, 640).value < embed_cost(EmbedRecipe(), 10_000, 262_144, 640).value
