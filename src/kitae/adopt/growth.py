"""New tokens for what a project's documents say often.

A new token is two that stand side by side again and again, joined; its merge comes after all that there were. BPE makes
merges in their order, so a text is first cut exactly as before, and only then are pieces joined: what a new token is
made of is known, and its first vector is the mean of theirs. Nothing that was there changes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from ..core.mistakes import Mistake
from .spelling import BYTE, is_byte_level, text_of

LONGEST: Final = 8
"""Characters of a new token. Longer ones are whole phrases of one document, seldom met again."""

LEAST: Final = 8
"""So often its two parts must stand side by side; a vector that is seen less often learns little."""

SPARE: Final = 4
"""So many times as many are found as are wanted, since some are no use."""

FIRST: Final = 0x10000
"""Tokens are shown to the trainer as characters from here on, where there is room for a million."""


@dataclass(frozen=True)
class Grown:
    """A tokenizer with more tokens, and what each new one is made of."""

    tokenizer: dict[str, Any]
    pieces: list[tuple[int, ...]]
    """Ids of old tokens, in the order of the new ids, which follow on the old ones."""


def read(shape: Mapping[str, Any]) -> Any:
    """The tokenizer of the contents of a `tokenizer.json`."""
    from tokenizers import Tokenizer

    return Tokenizer.from_str(json.dumps(shape))


def grow(shape: Mapping[str, Any], texts: Sequence[str], count: int) -> Grown:
    """Adds at most `count` tokens to the contents of a `tokenizer.json`; fewer where the texts repeat less.

    Raises:
        Mistake: the tokenizer is no BPE, has ids without a token, or would cut the texts differently.
    """
    model = shape["model"]
    ids: dict[str, int] = model["vocab"] | {token["content"]: token["id"] for token in shape["added_tokens"]}
    if model["type"] != "BPE" or sorted(set(ids.values())) != list(range(len(set(ids.values())))):
        raise _ungrowable("only a BPE vocabulary whose ids have no gaps can be grown")
    old = read(shape)
    added = {token["content"] for token in shape["added_tokens"]}
    named = {number: text for text, number in ids.items() if text not in added and not BYTE.fullmatch(text)}
    found = list(_chosen(_merges(old, texts, named, SPARE * count), named, count))
    first = len(set(ids.values()))
    vocabulary = model["vocab"] | {left + right: first + number for number, (left, right, _) in enumerate(found)}
    merges = [*model["merges"], *([left, right] for left, right, _ in found)]
    tokenizer = {**shape, "model": {**model, "vocab": vocabulary, "merges": _written_alike(merges)}}
    grown = Grown(tokenizer, [pieces for *_, pieces in found])
    _check(old, grown, texts, first)
    return grown


def first_of(grown: Grown, count: int) -> Grown:
    """With the first new tokens alone."""
    left_out = len(grown.pieces) - count
    if left_out <= 0:
        return grown
    model = grown.tokenizer["model"]
    most = max(model["vocab"].values()) - left_out
    vocabulary = {text: number for text, number in model["vocab"].items() if number <= most}
    changed = {**model, "vocab": vocabulary, "merges": model["merges"][:-left_out]}
    return Grown({**grown.tokenizer, "model": changed}, grown.pieces[:count])


def _merges(old: Any, texts: Iterable[str], named: Mapping[int, str], count: int) -> list[tuple[str, str]]:
    """Pairs to be joined, the most frequent first, as texts of characters that each stand for an old token."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    rows = [" ".join(_words(old.encode(text, add_special_tokens=False), named)) for text in texts]
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    size = len(set().union(*rows)) + count
    trainer = trainers.BpeTrainer(vocab_size=size, min_frequency=LEAST, show_progress=False, special_tokens=[])
    learner.train_from_iterator(rows, trainer)
    return [(left, right) for left, right in json.loads(learner.to_str())["model"]["merges"]]


def _words(encoding: Any, named: Mapping[int, str]) -> Iterator[str]:
    """Runs of tokens that may be joined: of one word as the tokenizer sees it, no bytes or special ones among them."""
    places = zip(encoding.ids, encoding.word_ids, strict=True)
    for word, run in groupby(places, key=lambda place: place[1] if place[0] in named else None):
        if word is not None:
            yield "".join(chr(FIRST + id) for id, _ in run)


def _chosen(
    merges: Iterable[tuple[str, str]], named: Mapping[int, str], count: int
) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    """The merges that make a useful token, as the vocabulary spells them, each with the old tokens it is made of."""
    taken = set(named.values())
    byte_level = is_byte_level(taken)
    made: set[str] = set()
    for left, right in merges:
        if len(made) == count:
            return
        one, other = _spelt(left, named), _spelt(right, named)
        known = all(len(part) == 1 or part in made for part in (left, right))
        if known and one + other not in taken and _useful(text_of(one + other, byte_level)):
            made.add(left + right)
            taken.add(one + other)
            yield one, other, tuple(ord(each) - FIRST for each in left + right)


def _spelt(characters: str, named: Mapping[int, str]) -> str:
    return "".join(named[ord(each) - FIRST] for each in characters)


def _useful(text: bytes) -> bool:
    """Whole characters of one line, and not too many."""
    try:
        whole = text.decode()
    except UnicodeDecodeError:
        return False
    return bool(whole) and len(whole) <= LONGEST and whole.isprintable()


def _written_alike(merges: list[Any]) -> list[Any]:
    """Files of before 2024 write a merge as one string; then all have to be."""
    if any(isinstance(each, str) for each in merges):
        return [each if isinstance(each, str) else " ".join(each) for each in merges]
    return merges


def _check(old: Any, grown: Grown, texts: Sequence[str], first: int) -> None:
    new = read(grown.tokenizer)
    for text in texts:
        cut = new.encode(text, add_special_tokens=False).ids
        pieces = [piece for id in cut for piece in (grown.pieces[id - first] if id >= first else (id,))]
        if pieces != old.encode(text, add_special_tokens=False).ids:
            raise _ungrowable("with new tokens the documents would be cut differently underneath")


def _ungrowable(what: str) -> Mistake:
    return Mistake(what, where="[vocabulary]", hint="set `grow = 0`")
