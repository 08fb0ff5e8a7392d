"""How many characters a token stands for, measured on the project's own text, and what follows from it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ..core.mistakes import Mistake
from ..core.noun import Noun
from .growth import first_of, grow, read

SIZES: Final = (500, 1000, 2000, 4000)
"""New tokens that are tried."""

ONE_IN: Final = 10
"""Lines that are measured; new tokens are chosen on the others."""

WORTH: Final = 0.1
"""Share of the tokens that growing should save. A judgement, not a measurement: Japanese recipes of 2024 and later
(Llama 3.x Swallow, Shisa v2) keep the tokenizer of their base."""

FEWEST: Final = 100
"""New tokens below which there is nothing to decide."""

TRIED: Final = 1000
"""New tokens that the advice is about, or as many as the text gives."""

BASE, NOW = "base", "now"


class VocabularyRow(Noun):
    """A vocabulary on the lines that are measured."""

    vocabulary: str
    """`base`, `now`, or `now + 1000` with so many new tokens."""
    rows: int
    """Of the table of token vectors."""
    tokens: int
    """That the lines take."""
    characters_per_token: float


def measured(base: Path, now: Mapping[str, Any], rows: Mapping[str, int], texts: Iterable[str]) -> list[VocabularyRow]:
    """The base's vocabulary, the project's, and that with new tokens, on lines that no new token was chosen on.

    Args:
        base: Its `tokenizer.json`.
        now: The contents of the project's, before any growth.
        rows: How many each of them has, by `base` and `now`.
    """
    from tokenizers import Tokenizer

    chosen, apart = _split(texts)
    if not apart:
        return []
    found = [
        _row(BASE, Tokenizer.from_file(str(base)), rows[BASE], apart),
        _row(NOW, read(now), rows[NOW], apart),
    ]
    try:
        most = grow(now, chosen, max(SIZES))
    except Mistake:  # of a kind that cannot be grown
        return found
    there = len(most.pieces)
    for size in sorted({min(size, there) for size in SIZES} - {0}):
        found.append(_row(f"{NOW} + {size}", read(first_of(most, size).tokenizer), rows[NOW] + size, apart))
    return found


def characters_per_token(tokenizer: Path, texts: Iterable[str]) -> float | None:
    """Of a model's vocabulary on the lines that `measured` takes; `None` where there is none.

    Args:
        tokenizer: Its `tokenizer.json`.
    """
    from tokenizers import Tokenizer

    _, apart = _split(texts)
    return _row(BASE, Tokenizer.from_file(str(tokenizer)), 0, apart).characters_per_token if apart else None


def advice(rows: Sequence[VocabularyRow]) -> str:
    """What the table says about growing, by the row of at most `TRIED` new tokens."""
    now = next((row for row in rows if row.vocabulary == NOW), None)
    tried = [row for row in rows if now and FEWEST <= row.rows - now.rows <= TRIED]
    if now is None or not tried:
        return "keep the vocabulary: this text repeats too little for new tokens"
    count, saved = tried[-1].rows - now.rows, 1 - tried[-1].tokens / now.tokens
    told = f"{count:,} new tokens would save {saved:.0%} of the tokens of this text"
    if saved < WORTH:
        return f"keep the vocabulary: {told}"
    return f"`grow = {count}` may be worth a trial: {told}; only training of all weights teaches them"


def _split(texts: Iterable[str]) -> tuple[list[str], list[str]]:
    """Lines to choose on and lines to measure; the same line always on the same side."""
    sides: tuple[list[str], list[str]] = ([], [])
    for text in texts:
        for line in text.splitlines(keepends=True):
            sides[hashlib.sha256(line.encode()).digest()[0] % ONE_IN == 0].append(line)
    return sides


def _row(name: str, tokenizer: Any, rows: int, lines: Sequence[str]) -> VocabularyRow:
    tokens = sum(len(tokenizer.encode(line, add_special_tokens=False).ids) for line in lines)
    share = round(sum(map(len, lines)) / max(1, tokens), 3)
    return VocabularyRow(vocabulary=name, rows=rows, tokens=tokens, characters_per_token=share)
