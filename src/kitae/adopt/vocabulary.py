"""Trimming a vocabulary: fewer rows, the same logits for those that stay, and still any text.

A token is kept when the project's documents use it, when it is written in the project's language, when it is among the
most frequent Latin pieces, and when it is a byte or special. The set is then closed under merges: for every kept token
both parts of each merge that makes it stay too. So a text whose tokens are all kept goes through the same merges as
before, and anything else falls back to bytes.
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.mistakes import Mistake

SPACE, BYTE_SPACE = "▁", "Ġ"
JAPANESE = re.compile(r"[　-ヿ々〇㐀-鿿豈-﫿！-￯]+")
BYTE = re.compile(r"<0x[0-9A-F]{2}>")
UNUSED = re.compile(r"<unused\d+>|<\|?reserved[\w ]*\|?>", re.IGNORECASE)


@dataclass(frozen=True)
class Trimmed:
    """The new tokenizer, and which rows of the old vocabulary stay, in the order of their new ids."""

    tokenizer: dict[str, Any]
    rows: list[int]

    @property
    def new_ids(self) -> dict[int, int]:
        return {old: new for new, old in enumerate(self.rows)}


def trim(folder: Path, texts: Iterable[str], *, language: str, general: int) -> Trimmed:
    """Chooses the rows and rewrites the tokenizer of a Hugging Face folder.

    Args:
        texts: the project's own documents.
        language: `ja` keeps every token of Japanese characters that Shift_JIS knows (a Chinese-only one has none).
        general: how many of the most frequent Latin pieces to keep.

    Raises:
        Mistake: the tokenizer is no BPE.
    """
    from tokenizers import Tokenizer

    file = folder / "tokenizer.json"
    shape = json.loads(file.read_text(encoding="utf-8"))
    model = shape["model"]
    if model["type"] != "BPE":
        raise Mistake(
            f"a {model['type']} vocabulary cannot be trimmed",
            where=str(file),
            hint='set [vocabulary] vocabulary = "keep"',
        )
    vocabulary: dict[str, int] = model["vocab"]
    tokenizer = Tokenizer.from_file(str(file))
    used = {token for text in texts for token in tokenizer.encode(text, add_special_tokens=False).tokens}
    wanted = used | _general(vocabulary, language, general)
    merges = [tuple(merge) if isinstance(merge, list) else tuple(merge.split(" ", 1)) for merge in model["merges"]]
    kept = _closed(wanted & vocabulary.keys(), merges)
    added = {token["content"]: token["id"] for token in shape["added_tokens"]}
    special = {text for text in added if text in kept or not UNUSED.fullmatch(text)}
    everything = {text: vocabulary.get(text, added.get(text, -1)) for text in kept | special}
    rows = sorted(set(everything.values()))
    return Trimmed(_rewritten(shape, everything, {old: new for new, old in enumerate(rows)}, merges), rows)


def _general(vocabulary: Mapping[str, int], language: str, general: int) -> set[str]:
    """Tokens that are kept whatever the documents say."""
    letters = set(string.printable) | {SPACE, BYTE_SPACE}
    # A byte-level vocabulary writes each byte as one character, so its single characters are its bytes.
    kept = {token for token in vocabulary if BYTE.fullmatch(token) or (len(token) == 1 and _bare(token, letters))}
    kept |= {token for token in vocabulary if len(token) == 1} if _byte_level(vocabulary) else set()
    latin = (token for token in vocabulary if token.isprintable() and token.strip(SPACE + BYTE_SPACE).isascii())
    kept |= set(sorted(latin, key=lambda token: vocabulary[token])[:general])
    if language == "ja":
        kept |= {
            token for token in vocabulary if JAPANESE.fullmatch(bare := token.strip(SPACE)) and _in_shift_jis(bare)
        }
    return kept


def _bare(token: str, letters: set[str]) -> bool:
    return token in letters or _in_shift_jis(token)


def _byte_level(vocabulary: Mapping[str, int]) -> bool:
    return BYTE_SPACE in vocabulary and SPACE not in vocabulary


def _in_shift_jis(text: str) -> bool:
    try:
        text.encode("cp932")
    except UnicodeEncodeError:
        return False
    return True


def _closed(wanted: set[str], merges: list[tuple[str, ...]]) -> set[str]:
    """With both parts of every merge that makes a kept token, repeatedly."""
    made: dict[str, list[tuple[str, ...]]] = {}
    for merge in merges:
        made.setdefault("".join(merge), []).append(merge)
    kept, waiting = set(wanted), list(wanted)
    while waiting:
        for merge in made.get(waiting.pop(), ()):
            missing = [part for part in merge if part not in kept]
            kept.update(missing)
            waiting += missing
    return kept


def _rewritten(
    shape: dict[str, Any], kept: Mapping[str, int], new_ids: Mapping[int, int], merges: list[tuple[str, ...]]
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


def renumber_settings(settings: dict[str, Any], new_ids: Mapping[int, int], rows: int) -> dict[str, Any]:
    """`config.json` or `generation_config.json` with the new ids of special tokens and the new number of rows.

    An id that did not stay (an unused multimodal one) is left out.
    """
    changed: dict[str, Any] = {}
    for key, value in settings.items():
        if key.endswith("_token_id") and isinstance(value, int):
            if value in new_ids:
                changed[key] = new_ids[value]
        elif key.endswith("_token_id") and isinstance(value, list):
            changed[key] = [new_ids[each] for each in value if each in new_ids]
        else:
            changed[key] = rows if key == "vocab_size" else value
    return changed
