"""Postings in SQLite, and BM25 over the passages that somebody may read.

SQLite's own full-text search is not used: its BM25 counts how rare a word is over all rows, so that passages which
the reader may not see would move the scores of those that he may.
"""

from __future__ import annotations

import json
import math
import sqlite3
import sys
import threading
from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import numpy.typing as npt

from ..core.label import EVERYONE, Label
from ..core.noun import Noun, canonical
from ..core.passage import Passage
from .tokens import Tokens

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]

# On JaQuAD train (8 × 250 passages, 3,200 questions) MRR@10 was 0.940 with k1 0.5 and 0.937 with 0.8; b made no
# difference from 0.6 to 0.75. Passages are short, so that saying a word twice tells little.
K1, B = 0.5, 0.75
FIELDS = {"words": 0.7, "grams": 0.3}
"""Weight of each field's BM25. MRR@10 there: words alone 0.927, grams alone 0.935, both 0.940."""

_SCHEMA = """
CREATE TABLE passages (number INTEGER PRIMARY KEY, id TEXT NOT NULL, rank INTEGER NOT NULL,
    words INTEGER NOT NULL, grams INTEGER NOT NULL, row TEXT NOT NULL);
CREATE TABLE readers (name TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (name, number)) WITHOUT ROWID;
CREATE TABLE postings (field TEXT NOT NULL, token TEXT NOT NULL, numbers BLOB NOT NULL, counts BLOB NOT NULL);
"""
_READABLE = """
SELECT number FROM passages WHERE rank <= :rank
    AND number IN (SELECT number FROM readers WHERE name IN (SELECT value FROM json_each(:groups))) ORDER BY number
"""
_POSTINGS = """
SELECT token, numbers, counts FROM postings
    WHERE field = :field AND token IN (SELECT value FROM json_each(:tokens)) ORDER BY token
"""


class TokenRow(Noun):
    """A row of `tokens.jsonl`: what a passage is found by, joined by spaces, for any engine that splits there."""

    id: str
    words: str
    grams: str


@dataclass(frozen=True)
class Found:
    """BM25 of the passages that may be read."""

    numbers: Numbers
    """Of the passages, ascending."""
    scores: Floats
    matched: bool
    """Whether one of these passages has a telling token of the question."""


class Lexicon:
    """One connection, guarded by a lock: threads may share it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._readable: dict[tuple[frozenset[str], int], Numbers] = {}
        lengths = connection.execute("SELECT words, grams FROM passages ORDER BY number").fetchall()
        table = np.array(lengths, dtype=np.float64).reshape(-1, 2)
        self._lengths = dict(zip(FIELDS, table.T, strict=True))

    @classmethod
    def open(cls, file: Path) -> Lexicon:
        """Opens a sealed file, which nobody changes."""
        address = f"file:{quote(str(file.resolve()))}?mode=ro&immutable=1"
        return cls(sqlite3.connect(address, uri=True, check_same_thread=False))

    @classmethod
    def of(cls, rows: Iterable[tuple[Passage, TokenRow]]) -> Lexicon:
        """A lexicon in memory."""
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        fill(connection, rows)
        return cls(connection)

    def close(self) -> None:
        self._connection.close()

    def readable(self, groups: Collection[str], highest: Label) -> Numbers:
        """Numbers of the passages that `groups` may read and that have at most the label `highest`."""
        key = frozenset(groups) | {EVERYONE}, highest.rank
        if key not in self._readable:
            found = self._ask(_READABLE, rank=highest.rank, groups=sorted(key[0]))
            self._readable[key] = np.fromiter((row[0] for row in found), dtype=np.int64)
        return self._readable[key]

    def find(self, question: Tokens, numbers: Numbers) -> Found:
        """BM25 of these passages. How rare a token is, and how long passages are, is counted among them alone."""
        place = np.full(len(self._lengths["words"]), -1, dtype=np.int64)
        place[numbers] = np.arange(len(numbers))
        telling, matched = question.telling(), False
        scores = np.zeros(len(numbers))
        for field, weight in FIELDS.items():
            lengths = self._lengths[field][numbers]
            mean = lengths.mean() if len(lengths) and lengths.any() else 1.0
            damping = K1 * (1 - B + B * lengths / mean)
            asked = sorted(set(getattr(question, field)))
            for token, places, counts in self._postings(field, asked, place):
                matched = matched or (len(places) > 0 and token in telling)
                rarity = math.log(1 + (len(numbers) - len(places) + 0.5) / (len(places) + 0.5))
                scores[places] += weight * rarity * counts * (K1 + 1) / (counts + damping[places])
        return Found(numbers, scores, matched)

    def _postings(self, field: str, asked: list[str], place: Numbers) -> Iterator[tuple[str, Numbers, Floats]]:
        for token, numbers, counts in self._ask(_POSTINGS, field=field, tokens=asked):
            places = place[np.frombuffer(numbers, dtype="<u4")]
            kept = places >= 0
            yield token, places[kept], np.frombuffer(counts, dtype="<u2")[kept].astype(np.float64)

    def passages(self, numbers: Iterable[int]) -> dict[int, Passage]:
        """The passages with these numbers."""
        wanted = [int(number) for number in numbers]
        query = "SELECT number, row FROM passages WHERE number IN (SELECT value FROM json_each(:numbers))"
        return {number: Passage.model_validate_json(row) for number, row in self._ask(query, numbers=wanted)}

    def _ask(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        plain = {key: value if isinstance(value, int | str) else json.dumps(value) for key, value in values.items()}
        with self._lock:
            return self._connection.execute(query, plain).fetchall()


def fill(connection: sqlite3.Connection, rows: Iterable[tuple[Passage, TokenRow]]) -> None:
    """Writes passages, who may read them, and the postings of their tokens. Numbers count from 0 in order."""
    connection.executescript(_SCHEMA)
    postings: dict[str, dict[str, tuple[array[int], array[int]]]] = {field: {} for field in FIELDS}
    with connection:
        for number, (passage, row) in enumerate(rows):
            lengths = {field: _post(number, getattr(row, field).split(), postings[field]) for field in FIELDS}
            connection.execute(
                "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?)",
                (number, passage.id, passage.label.rank, lengths["words"], lengths["grams"], canonical(passage)),
            )
            readers = [(name, number) for name in sorted(set(passage.groups))]
            connection.executemany("INSERT INTO readers VALUES (?, ?)", readers)
        connection.executemany("INSERT INTO postings VALUES (?, ?, ?, ?)", _blobs(postings))
        connection.execute("CREATE UNIQUE INDEX posting ON postings (field, token)")


def _post(number: int, tokens: list[str], postings: dict[str, tuple[array[int], array[int]]]) -> int:
    for token, count in Counter(tokens).items():
        numbers, counts = postings.setdefault(token, (array("L"), array("L")))
        numbers.append(number)
        counts.append(count)
    return len(tokens)


def _blobs(
    postings: Mapping[str, Mapping[str, tuple[array[int], array[int]]]],
) -> Iterator[tuple[str, str, bytes, bytes]]:
    for field, tokens in postings.items():
        for token in sorted(tokens):
            numbers, counts = tokens[token]
            # BM25 is flat long before a token stands 65,535 times in one passage.
            few = np.minimum(np.asarray(counts), 65_535)
            yield field, token, np.asarray(numbers).astype("<u4").tobytes(), few.astype("<u2").tobytes()


def read_rows(folder: Path) -> Iterator[tuple[Passage, TokenRow]]:
    """The passages of an index with their tokens, from `passages.jsonl` and `tokens.jsonl`."""
    with (
        (folder / "passages.jsonl").open(encoding="utf-8") as first,
        (folder / "tokens.jsonl").open(encoding="utf-8") as second,
    ):
        for passage, row in zip(first, second, strict=True):
            yield Passage.model_validate_json(passage), TokenRow.model_validate_json(row)


def read_words(folder: Path) -> list[list[str]]:
    """The words of each passage, in the order of the rows."""
    return [[sys.intern(word) for word in row.words.split()] for _, row in read_rows(folder)]
