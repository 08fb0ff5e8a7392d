"""Search: words and vectors together, over what the reader may see."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np
import numpy.typing as npt

from ..core.artifact import Artifact
from ..core.label import Label
from ..core.mistakes import Mistake
from ..core.passage import Hit, Passage, Retriever
from .lexicon import Lexicon, TokenRow, read_rows
from .recipe import SearchRecipe
from .split import SEPARATOR
from .tokens import Tokens, tokens, versions
from .vectors import Embedding

DIGITS = 6
"""Scores are rounded to this many decimals, so that equal passages tie on every machine."""


class Search:
    """A `Retriever` over an index. Threads may share it."""

    def __init__(
        self,
        lexicon: Lexicon,
        embedding: Embedding | None = None,
        vectors: npt.NDArray[np.float32] | None = None,
        *,
        weight: float = 0.0,
        may_receive: Label = Label.RESTRICTED,
    ) -> None:
        self._lexicon = lexicon
        self._embedding = embedding
        self._vectors = vectors
        self._weight = weight if embedding is not None else 0.0
        self._may_receive = may_receive

    @classmethod
    def open(
        cls,
        index: Artifact,
        vectors: Artifact | None = None,
        recipe: SearchRecipe | None = None,
        *,
        may_receive: Label = Label.RESTRICTED,
    ) -> Search:
        """Opens an index, and the vectors that were made of it.

        Args:
            may_receive: The highest label that whoever is shown the passages (a model elsewhere) may receive.

        Raises:
            Mistake: the index was made with other tokens than this kitae's, or the vectors belong to another index.
        """
        recipe = recipe or SearchRecipe()
        if (made := index.facts.get("tokens")) != versions():
            raise Mistake(
                f"the index was made with the tokens `{made}`; questions would be split with `{versions()}`",
                where=index.id,
                hint="run `kitae run` to make it again",
            )
        file = index.path("index.sqlite")
        lexicon = Lexicon.open(file) if file.is_file() else Lexicon.of(read_rows(index.folder))
        if vectors is None or recipe.vectors == 0:
            return cls(lexicon, may_receive=may_receive)
        if vectors.facts.get("index") != index.content:
            raise Mistake(
                f"{vectors.id} was made of another index", where=index.id, hint="run `kitae run` to make it again"
            )
        counts = {row["word"]: row["count"] for row in vectors.raw("words")}
        embedding = Embedding.open(vectors.folder, counts, float(vectors.facts["smoothing"]))
        matrix = np.load(vectors.path("vectors.npy"), mmap_mode="r")
        return cls(lexicon, embedding, matrix, weight=recipe.vectors, may_receive=may_receive)

    def close(self) -> None:
        self._lexicon.close()

    def search(self, question: str, *, k: int, groups: Collection[str]) -> list[Hit]:
        """At most `k` passages that `groups` may read, the best first; equal ones by id.

        To the words' score (BM25) the cosine of the vectors is added with the recipe's weight. Empty where no passage
        that may be read shares a telling token with the question: vectors alone are always near something.
        """
        asked = tokens(question)
        readable = self._lexicon.readable(groups, self._may_receive)
        found = self._lexicon.find(asked, readable)
        if not found.matched:
            return []
        scores = found.scores
        if self._embedding is not None and self._weight:
            scores = scores + self._weight * self._cosines(asked, readable)
        return self._best(readable, np.round(scores, DIGITS), k)

    def _cosines(self, asked: Tokens, readable: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        assert self._embedding is not None and self._vectors is not None
        vectors = self._vectors if len(readable) == len(self._vectors) else self._vectors[readable]
        cosines = vectors @ self._embedding.vectors([asked.words])[0]
        return np.asarray(cosines, dtype=np.float64)

    def _best(self, readable: npt.NDArray[np.int64], scores: npt.NDArray[np.float64], k: int) -> list[Hit]:
        k = min(k, len(scores))
        if k < 1:
            return []
        at_least = np.partition(scores, -k)[-k]
        candidates = np.flatnonzero((scores >= at_least) & (scores > 0))
        passages = self._lexicon.passages(readable[candidates])
        hits = [Hit(passage=passages[int(readable[at])], score=float(scores[at])) for at in candidates.tolist()]
        return sorted(hits, key=lambda hit: (-hit.score, hit.passage.id))[:k]


def lexical(passages: Iterable[Passage]) -> Retriever:
    """A search by words over passages in memory."""
    return Search(Lexicon.of((passage, token_row(passage)) for passage in passages))


def token_row(passage: Passage) -> TokenRow:
    """What a passage is found by: its headings and its text."""
    heading = tokens("\n".join(passage.heading.split(SEPARATOR)))
    text = tokens(passage.text)
    return TokenRow(
        id=passage.id, words=" ".join((*heading.words, *text.words)), grams=" ".join((*heading.grams, *text.grams))
    )
