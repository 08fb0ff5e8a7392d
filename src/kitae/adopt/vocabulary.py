"""Trimming a vocabulary: fewer rows, the same logits for those that stay, and still any text.

A token is kept when the project's documents use it, when it is written in the project's language, when it is among the
most frequent Latin pieces, and when it is a byte or special. With each of them stays what it is merged from, step by
step, and every merge whose parts and result are kept.

Why a text whose tokens are all kept is cut as before: BPE takes the first-ranked merge that the text allows. Inside the
characters that end up as one token, the merges are those that build this token alone, since none crosses its border;
so all of them are kept. What is left out only ever removes a rival. Anything else falls back to shorter pieces, in the
end to bytes. (Keeping both parts of *every* merge that could make a token is safe too, but costs Gemma 7,000 rows.)
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.mistakes import Mistake
from .settings import token_ids
from .spelling import BYTE, SPACES, is_byte_level, japanese
from .spelling import text_of as spelled

UNUSED = re.compile(r"<unused\d+>|<\|?reserved[\w ]*\|?>", re.IGNORECASE)
Merge = tuple[str, str]


@dataclass(frozen=True)
class Trimmed:
    """The new tokenizer, and which rows of the old vocabulary stay, in the order of their new ids."""

    tokenizer: dict[str, Any]
    rows: list[int]

    @property
    def new_ids(self) -> dict[int, int]:
        return {old: new for new, old in enumerate(self.rows)}


def trim(folder: Path, texts: Sequence[str], *, language: str, general: int, available: int | None = None) -> Trimmed:
    """Chooses the rows and rewrites the tokenizer of a Hugging Face folder.

    Args:
        texts: the project's own documents.
        language: `ja` keeps every token of Japanese characters that Shift_JIS knows (a Chinese-only one has none).
        general: how many of the most frequent Latin pieces to keep.
        available: how many rows the model has. Some tokenizers name tokens beyond (Gemma's picture token); they could
            never be used and go.

    Raises:
        Mistake: the tokenizer is no BPE, or cuts the texts differently once it is trimmed.
    """
    from tokenizers import Tokenizer

    file = folder / "tokenizer.json"
    shape = json.loads(file.read_text(encoding="utf-8"))
    model = shape["model"]
    if model["type"] != "BPE":
        raise _untrimmable(f"a {model['type']} vocabulary cannot be trimmed", file)
    vocabulary: dict[str, int] = model["vocab"]
    old = Tokenizer.from_file(str(file))
    cuts = [old.encode(text, add_special_tokens=False).tokens for text in texts]
    merges = [_merge(written) for written in model["merges"]]
    wanted = {token for cut in cuts for token in cut} | everyday(vocabulary, language, general) | {model["unk_token"]}
    # A model without an unknown token says `None` there.
    kept = derived(wanted & vocabulary.keys(), merges) & vocabulary.keys()
    added = {token["content"]: token["id"] for token in shape["added_tokens"]}
    named = _named(folder, shape)
    special = {text for text in added if text in wanted or text in named or not UNUSED.fullmatch(text)}
    numbers = {text: vocabulary.get(text, added.get(text, -1)) for text in kept | special}
    staying = {text: number for text, number in numbers.items() if available is None or number < available}
    rows = sorted(set(staying.values()))
    trimmed = Trimmed(_rewritten(shape, staying, {old: new for new, old in enumerate(rows)}, merges), rows)
    new = Tokenizer.from_str(json.dumps(trimmed.tokenizer))
    if any(new.encode(text, add_special_tokens=False).tokens != cut for text, cut in zip(texts, cuts, strict=True)):
        raise _untrimmable("the trimmed vocabulary would cut the documents differently", file)
    return trimmed


def _untrimmable(what: str, file: Path) -> Mistake:
    return Mistake(what, where=str(file), hint='set [vocabulary] vocabulary = "keep"')


def _merge(written: str | Sequence[str]) -> Merge:
    """Files of before 2024 write a merge as one string."""
    left, right = written.split(" ", 1) if isinstance(written, str) else written
    return left, right


def everyday(vocabulary: Mapping[str, int], language: str, general: int) -> set[str]:
    """Tokens that are kept whatever the documents say."""
    byte_level = is_byte_level(vocabulary)
    # A byte-level vocabulary writes each byte as one character, so its single characters are its bytes.
    kept = {token for token in vocabulary if BYTE.fullmatch(token) or (byte_level and len(token) == 1)}
    kept |= vocabulary.keys() & {*string.printable, *SPACES}
    latin = (token for token in vocabulary if token.isprintable() and token.strip(SPACES).isascii())
    kept |= set(sorted(latin, key=lambda token: vocabulary[token])[:general])
    if language == "ja":
        kept |= {token for token in vocabulary if japanese(spelled(token, byte_level))}
    return kept


def derived(wanted: Iterable[str], merges: Sequence[Merge]) -> set[str]:
    """The wanted tokens with all that they are merged from, step by step from single characters."""
    rank = {merge: number for number, merge in enumerate(merges)}
    last = len(rank)
    kept: set[str] = set()
    for token in wanted:
        pieces = list(token)
        kept.update(pieces)
        while len(pieces) > 1:
            first, at = min((rank.get((pieces[i], pieces[i + 1]), last), i) for i in range(len(pieces) - 1))
            if first == last:
                break
            pieces[at : at + 2] = [pieces[at] + pieces[at + 1]]
            kept.add(pieces[at])
        kept.add(token)
    return kept


def _named(folder: Path, shape: Mapping[str, Any]) -> str:
    """Everything that may name a special token, as one text: an unused one that is named is used after all."""
    tokenizer = {key: value for key, value in shape.items() if key not in ("model", "added_tokens")}
    written = [json.dumps(tokenizer, ensure_ascii=False)]
    for name in ("tokenizer_config.json", "special_tokens_map.json"):
        if (folder / name).is_file():
            settings = json.loads((folder / name).read_text(encoding="utf-8"))
            settings.pop("added_tokens_decoder", None)
            written.append(json.dumps(settings, ensure_ascii=False))
    written += [file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.jinja"))]
    numbers = {token["id"]: token["content"] for token in shape["added_tokens"]}
    for name in ("config.json", "generation_config.json"):
        if (folder / name).is_file():
            ids = token_ids(json.loads((folder / name).read_text(encoding="utf-8")))
            written += [numbers[each] for each in ids if each in numbers]
    return "\n".join(written)


def _rewritten(
    shape: dict[str, Any], kept: Mapping[str, int], new_ids: Mapping[int, int], merges: Sequence[Merge]
) -> dict[str, Any]:
    """`tokenizer.json` with the kept tokens under their new ids."""
    model = shape["model"]
    vocabulary = {text: new_ids[old] for text, old in model["vocab"].items() if text in kept}
    staying = [list(merge) for merge in merges if {*merge, "".join(merge)} <= vocabulary.keys()]
    # A byte that is marked as added would be taken out of the text as a literal `<0x41>`; it is for fallback only.
    added = [
        {**token, "id": new_ids[token["id"]]}
        for token in shape["added_tokens"]
        if token["content"] in kept and not BYTE.fullmatch(token["content"])
    ]
    rewritten = {**shape, "model": {**model, "vocab": vocabulary, "merges": staying}, "added_tokens": added}
    if (after := shape.get("post_processor")) is not None:
        rewritten["post_processor"] = _renumbered(after, new_ids)
    if (padding := shape.get("padding")) is not None:
        rewritten["padding"] = {**padding, "pad_id": new_ids.get(padding["pad_id"], 0)}
    return rewritten


def _renumbered(value: Any, new_ids: Mapping[int, int]) -> Any:
    """Template processing names special tokens by id, in lists called `ids`, and BERT-like ones in pairs."""
    if isinstance(value, dict):
        return {
            key: [new_ids[each] for each in inner] if key == "ids" else _renumbered(inner, new_ids)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        if len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], int):
            return [value[0], new_ids[value[1]]]
        return [_renumbered(each, new_ids) for each in value]
    return value
