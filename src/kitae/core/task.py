"""Tasks: a company's own pairs of input and output, some to learn from and some to be tested with."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from .dialogue import Dialogue, Message
from .files import file_digest, read_text
from .label import EVERYONE, Label
from .likeness import dice, pairs
from .mistakes import Mistake
from .noun import Noun

Measure = Literal["exact", "lines"]
"""`exact`: the output as a whole, such as a class. `lines`: a list with one entry a line, in any order."""

LIKE = 0.8
"""From this share of common letter pairs on, an input to learn from is a copy of one to be tested with."""


class TaskRecipe(Noun):
    """`[[tasks]]`: what a model is to do besides answering questions."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    file: str
    """CSV with the columns `input` and `output`, or JSON Lines with these keys; below the project's folder."""
    instruction: str
    """What is to be done, in a sentence: it stands before every input."""
    measure: Measure = "exact"
    """How outputs are compared."""
    test: float = Field(default=0.3, gt=0, lt=1)
    """Share of the pairs that is kept for the test and never learnt from."""
    repeat: int = Field(default=3, ge=1)
    """How often each pair is learnt while the dialogues are learnt once: there are few pairs."""
    label: Label = Label.INTERNAL
    groups: tuple[str, ...] = (EVERYONE,)
    licence: str = "own"


class Pair(Noun):
    """An input and the output that is wanted."""

    input: str = Field(min_length=1)
    output: str = Field(min_length=1)


@dataclass(frozen=True)
class Divided:
    """Pairs to learn from and pairs to test with, in the order of the file."""

    learnt: list[Pair]
    tested: list[Pair]
    copies: int
    """How many were left out because they are nearly one of the tested."""


def task_files(recipe: TaskRecipe, folder: Path) -> list[tuple[str, str]]:
    """Path below the project's folder and SHA-256 of a task's file: part of fingerprints.

    Raises:
        Mistake: it is missing.
    """
    file = folder / recipe.file
    if not file.is_file():
        raise Mistake("the pairs of a task are missing", where=str(file), hint="correct `file` in [[tasks]]")
    return [(recipe.file, file_digest(file))]


def read_pairs(file: Path) -> list[Pair]:
    """Reads CSV (`.csv`) or JSON Lines, in UTF-8 or, as spreadsheets save it in Japan, CP932.

    Raises:
        Mistake: a column or a value is missing, or one input stands there twice.
    """
    found: dict[str, Pair] = {}
    for place, row in _rows(file):
        try:
            pair = Pair.model_validate(row)
        except ValidationError as error:
            first = error.errors()[0]
            raise Mistake(
                f"no pair of input and output: {'.'.join(map(str, first['loc']))} {first['msg']}",
                where=f"{file}, {place}",
                hint="each row has a text in `input` and one in `output`, and nothing else",
            ) from None
        if pair.input in found:
            raise Mistake("the same input stands twice", where=f"{file}, {place}", hint="leave one of them out")
        found[pair.input] = pair
    if not found:
        raise Mistake("a task without a pair", where=str(file), hint="write rows with `input` and `output`")
    return list(found.values())


def _rows(file: Path) -> Iterator[tuple[str, object]]:
    text = read_text(file)
    if file.suffix.lower() == ".csv":
        for number, row in enumerate(csv.DictReader(text.splitlines(keepends=True)), start=1):
            yield f"row {number}", row
        return
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                yield f"line {number}", json.loads(line)
            except json.JSONDecodeError as error:
                raise Mistake(f"not JSON: {error}", where=f"{file}, line {number}", hint="one object a line") from None


def divided(pairs_read: Sequence[Pair], share: float) -> Divided:
    """Divides by the hash of each input, so that one more pair moves no other; at least one of each sort where there
    are two. What is nearly a tested input is not learnt from."""
    lots = {pair.input: _lot(pair.input) for pair in pairs_read}
    order = sorted(pairs_read, key=lambda pair: lots[pair.input])
    sure = {order[0].input} if len(order) > 1 else set()
    tested = [pair for pair in pairs_read if lots[pair.input] < share or pair.input in sure]
    if len(tested) == len(pairs_read):
        tested = tested[:-1] or tested
    known = [pairs(pair.input) for pair in tested]
    names = {pair.input for pair in tested}
    left = [pair for pair in pairs_read if pair.input not in names]
    learnt = [pair for pair in left if not _like_any(pair, known)]
    return Divided(learnt, tested, len(left) - len(learnt))


def _lot(text: str) -> float:
    return int(hashlib.sha256(text.encode()).hexdigest()[:12], 16) / 16**12


def _like_any(pair: Pair, known: Iterable[frozenset[str]]) -> bool:
    own = pairs(pair.input)
    return any(dice(own, each) >= LIKE for each in known)


def asked(instruction: str, input: str, shots: Sequence[Dialogue] = ()) -> list[Message]:
    """The messages that set a task: the instruction, worked examples as earlier turns, and the input."""
    earlier = [message for shot in shots for message in shot.messages if message.role != "system"]
    return [Message(role="system", content=instruction), *earlier, Message(role="user", content=input)]
