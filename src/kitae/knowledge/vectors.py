"""Static embeddings: the mean of a text's word vectors, made of a model's own token embeddings.

After Arora, Liang and Ma, "A simple but tough-to-beat baseline for sentence embeddings" (SIF, 2017), with two changes
that measured better on JaQuAD train: the unit is our word, not the model's token, so that question words and
particles do not count; and instead of taking away the first component all axes are scaled to the same spread
(whitening), with the spread taken over the words of the index: over the passages it is unusable where they are few.
MRR@10 among 60 passages: 0.71 by passages, unscaled by half; 0.76 by passages; 0.83 by words. From there `learning`
turns the axes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .weights import TokenEmbeddings

Matrix = npt.NDArray[np.float32]
Tokenize = Callable[[Sequence[str]], list[list[int]]]
"""Ids of each word's tokens in the model."""

_ROWS_AT_ONCE = 8192
_NEGLIGIBLE = 1e-6
"""An axis with less than this share of the widest axis' variance is noise, and scaling it up would make it loud."""


@dataclass(frozen=True)
class Axes:
    """What a token embedding of `hidden` numbers is projected with."""

    mean: npt.NDArray[np.float64]
    """(hidden,): of the passages."""
    projection: npt.NDArray[np.float64]
    """(hidden, dimensions)."""
    explained: float
    """Share of the words' variance that the axes hold."""


class Embedding:
    """From words to a vector of length 1, with numpy and the tokenizer alone."""

    def __init__(
        self, word_tokens: Tokenize, table: npt.NDArray[Any], mean: Matrix, counts: dict[str, int], smoothing: float
    ) -> None:
        """
        Args:
            word_tokens: Of the model whose embeddings the table holds.
            table: (vocabulary, dimensions), the projected vector of each token.
            mean: (dimensions,), of the passages.
            counts: How often each word stands in the index.
            smoothing: SIF's a.
        """
        self._word_tokens = word_tokens
        self._table = table
        self._mean = mean
        self._weights = SifWeights(counts, smoothing)

    @classmethod
    def open(cls, folder: Path, counts: dict[str, int], smoothing: float) -> Embedding:
        """Reads `tokenizer.json`, `table.npy` (mapped, not loaded) and `mean.npy`."""
        table = np.load(folder / "table.npy", mmap_mode="r")
        return cls(WordTokens(folder), table, np.load(folder / "mean.npy"), counts, smoothing)

    def vectors(self, texts: Sequence[Sequence[str]]) -> Matrix:
        """(texts, dimensions), each of length 1, or of zeros where no word of it is known to the tokenizer."""
        words = sorted({word for text in texts for word in text})
        numbers = {word: number for number, word in enumerate(words)}
        known, of_words = self._word_vectors(words)
        weights = np.array([self._weights[word] for word in words], dtype=np.float32) * known
        found = np.zeros((len(texts), self._table.shape[1]), dtype=np.float32)
        for row, text in zip(found, texts, strict=True):
            counted = Counter(numbers[word] for word in text)
            chosen = np.array(sorted(counted), dtype=np.int64)
            shares = weights[chosen] * np.array([counted[number] for number in chosen.tolist()], dtype=np.float32)
            if (total := shares.sum()) > 0:
                row[:] = shares @ of_words[chosen] / total - self._mean
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        vectors: Matrix = np.divide(found, lengths, out=np.zeros_like(found), where=lengths > _NEGLIGIBLE)
        return vectors

    def _word_vectors(self, words: Sequence[str]) -> tuple[Matrix, Matrix]:
        """Which words have tokens (1 or 0), and the sum of each word's tokens."""
        ids = self._word_tokens(words)
        known = np.array([bool(each) for each in ids], dtype=np.float32)
        summed = np.zeros((len(words), self._table.shape[1]), dtype=np.float32)
        for row, each in zip(summed, ids, strict=True):
            row[:] = self._table[each].astype(np.float32).sum(axis=0)
        return known, summed


class SifWeights:
    """a / (a + p) of a word that makes up the share p of the text; a word that is not in it counts half a time."""

    def __init__(self, counts: dict[str, int], smoothing: float) -> None:
        self._counts = counts
        self._total = max(1, sum(counts.values()))
        self._smoothing = smoothing

    def __getitem__(self, word: str) -> float:
        share = (self._counts.get(word, 0) + 0.5) / self._total
        return self._smoothing / (self._smoothing + share)


class WordTokens:
    """The model's tokens of our words, from a folder with a `tokenizer.json`."""

    def __init__(self, folder: Path) -> None:
        from ..core.quiet import hush

        hush()
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        added = self._tokenizer.get_added_tokens_decoder()
        self._special = {number for number, token in added.items() if token.special}

    def __call__(self, words: Sequence[str]) -> list[list[int]]:
        """Ids of each word's tokens, without those of turns and ends."""
        encoded = self._tokenizer.encode_batch(list(words), add_special_tokens=False)
        return [[number for number in each.ids if number not in self._special] for each in encoded]


def fit(
    embeddings: TokenEmbeddings,
    word_tokens: Tokenize,
    texts: Sequence[Sequence[str]],
    counts: dict[str, int],
    *,
    smoothing: float,
    dimensions: int,
) -> Axes:
    """The axes along which the words of the texts spread most, each scaled to the same spread.

    Args:
        embeddings: (vocabulary, hidden).
        texts: The words of each passage.
        counts: How often each word stands in all of them.
        dimensions: At most this many axes; fewer where the words do not spread along as many.
    """
    words = sorted(counts)
    ids = word_tokens(words)
    words, ids = [w for w, each in zip(words, ids, strict=True) if each], [each for each in ids if each]
    weights = SifWeights(counts, smoothing)
    sif = np.array([weights[word] for word in words])
    mean = _mean(embeddings, ids, _shares(texts, words, sif))
    covariance = np.zeros((embeddings.shape[1], embeddings.shape[1]))
    spread = sif * np.sqrt([counts[word] for word in words])
    for start in range(0, len(words), _ROWS_AT_ONCE):
        part = slice(start, start + _ROWS_AT_ONCE)
        centred = (_summed(embeddings, ids[part]) - mean) * spread[part, None]
        covariance += centred.T @ centred
    variances, directions = np.linalg.eigh(covariance / max(1, len(words)))
    order = np.argsort(-variances)[:dimensions]
    order = order[variances[order] > variances.max(initial=0) * _NEGLIGIBLE]
    kept = directions[:, order]
    # An eigenvector's sign is the solver's choice; this one is the same everywhere.
    kept = kept * np.sign(kept[np.abs(kept).argmax(axis=0), np.arange(kept.shape[1])])
    explained = variances[order].sum() / max(variances.sum(), np.finfo(float).tiny)
    return Axes(mean, kept / np.sqrt(variances[order]), float(explained))


def _shares(texts: Iterable[Sequence[str]], words: Sequence[str], sif: npt.NDArray[np.float64]) -> Any:
    """How much of the mean of all texts' vectors each word is."""
    numbers = {word: number for number, word in enumerate(words)}
    shares = np.zeros(len(words))
    texts = list(texts)
    for text in texts:
        chosen = np.array([numbers[word] for word in text if word in numbers], dtype=np.int64)
        if len(chosen):
            np.add.at(shares, chosen, sif[chosen] / sif[chosen].sum())
    return shares / max(1, len(texts))


def _mean(embeddings: TokenEmbeddings, ids: Sequence[list[int]], shares: npt.NDArray[np.float64]) -> Any:
    total = np.zeros(embeddings.shape[1])
    for start in range(0, len(ids), _ROWS_AT_ONCE):
        part = slice(start, start + _ROWS_AT_ONCE)
        total += shares[part] @ _summed(embeddings, ids[part])
    return total


def _summed(embeddings: TokenEmbeddings, ids: Sequence[list[int]]) -> npt.NDArray[np.float64]:
    """(words, hidden): the sum of each word's token embeddings."""
    flat = np.array([number for each in ids for number in each], dtype=np.int64)
    starts = np.cumsum([0, *(len(each) for each in ids[:-1])])
    return np.add.reduceat(embeddings.rows(flat).astype(np.float64), starts, axis=0)


def means(
    embeddings: TokenEmbeddings, word_tokens: Tokenize, texts: Sequence[Sequence[str]], weights: SifWeights
) -> Matrix:
    """(texts, hidden): the weighted mean of each text's word vectors; zeros where no word is known."""
    words = sorted({word for text in texts for word in text})
    known = [(word, each) for word, each in zip(words, word_tokens(words), strict=True) if each]
    of_words = _summed(embeddings, [each for _, each in known])
    numbers = {word: number for number, (word, _) in enumerate(known)}
    found = np.zeros((len(texts), embeddings.shape[1]), dtype=np.float32)
    for row, text in zip(found, texts, strict=True):
        chosen = [word for word in text if word in numbers]
        shares = np.array([weights[word] for word in chosen])
        if chosen:
            row[:] = shares @ of_words[[numbers[word] for word in chosen]] / shares.sum()
    return found


def project(embeddings: TokenEmbeddings, axes: Axes, file: Path) -> Matrix:
    """Writes the projected vector of every token as float16; returns the projected mean in the same scale.

    The scale, which no cosine sees, keeps the numbers near 1, where float16 is exact to three digits.
    """
    rows, dimensions = embeddings.shape[0], axes.projection.shape[1]
    table = np.lib.format.open_memmap(file, mode="w+", dtype=np.float16, shape=(rows, dimensions))
    some = embeddings.rows(slice(0, _ROWS_AT_ONCE)) @ axes.projection
    usual = float(np.sqrt(np.mean(some**2))) if some.size else 0.0
    scale = 1 / usual if usual else 1.0
    for start in range(0, rows, _ROWS_AT_ONCE):
        part = slice(start, start + _ROWS_AT_ONCE)
        table[part] = np.clip(embeddings.rows(part) @ axes.projection * scale, -60_000, 60_000)
    table.flush()
    return np.asarray(axes.mean @ axes.projection * scale, dtype=np.float32)
