"""`tokenizer.model`, for programs that read no `tokenizer.json`: llama.cpp's converter, of models like Gemma.

These tokenizers began as SentencePiece models, whose rule is simpler than a list of merges: of all neighbours that are
a token together, those of the highest score are joined first. Where the merges say just that, the model can be written
back, with the place of a token among the merges as its score. Where they do not (merges that are missing, as for tokens
that were added to a vocabulary), it is not written, since it would cut texts otherwise.

The file is one message of Protocol Buffers: `sentencepiece_model.proto` of github.com/google/sentencepiece.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

FILE: Final = "tokenizer.model"

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, BYTE = 1, 2, 3, 4, 6
"""What a piece is."""

BPE: Final = 2
SPACE: Final = "▁"
_BYTE = re.compile(r"<0x[0-9A-F]{2}>")


def sentencepiece_model(folder: Path) -> bytes | None:
    """The tokenizer of a folder as a SentencePiece model; `None` where it is none."""
    tokenizer: dict[str, Any] = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    model = tokenizer["model"]
    if model.get("type") != "BPE" or not model.get("byte_fallback") or not _marks_spaces(tokenizer["normalizer"]):
        return None
    added = {token["content"]: bool(token["special"]) for token in tokenizer["added_tokens"]}
    vocabulary: dict[str, int] = dict(model["vocab"]) | {
        each["content"]: each["id"] for each in tokenizer["added_tokens"]
    }
    scores = _scores(model, {piece for piece in model["vocab"] if piece not in added})
    unknown = model.get("unk_token")
    if scores is None or sorted(vocabulary.values()) != list(range(len(vocabulary))) or unknown not in vocabulary:
        return None
    pieces = sorted(vocabulary, key=lambda piece: vocabulary[piece])
    kinds = [_kind(piece, unknown, added) for piece in pieces]
    return b"".join(_message(pieces, kinds, scores, vocabulary[unknown]))


def added_tokens(folder: Path) -> dict[str, Any]:
    """What `added_tokens_decoder` of tokenizer_config.json says of them, which is where the converter looks."""
    tokens = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["added_tokens"]
    return {str(token["id"]): {key: each for key, each in token.items() if key != "id"} for token in tokens}


def _marks_spaces(normalizer: Mapping[str, Any] | None) -> bool:
    """Whether all that happens to a text before is that spaces are written as ▁."""
    return normalizer == {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}


def _scores(model: Mapping[str, Any], plain: set[str]) -> dict[str, float] | None:
    """Scores that have the same joined as the merges; `None` where no scores would.

    Args:
        plain: Pieces that text is cut into; added tokens are found before.
    """
    merges = [tuple(each) if isinstance(each, list) else tuple(each.split(" ")) for each in model["merges"]]
    scores: dict[str, float] = {}
    last = ""
    for left, right in merges:
        joined = left + right
        if joined != last and joined in scores:
            return None  # another token stands between merges of this one
        scores.setdefault(joined, -float(len(scores)))
        last = joined
    listed = set(merges)
    known = model["vocab"]
    for piece in plain:
        if _BYTE.fullmatch(piece):
            continue
        ways = ((piece[:cut], piece[cut:]) for cut in range(1, len(piece)))
        if any(left in known and right in known and (left, right) not in listed for left, right in ways):
            return None
    return scores


def _kind(piece: str, unknown: str, added: Mapping[str, bool]) -> int:
    if piece == unknown:
        return UNKNOWN
    if piece in added:
        return CONTROL if added[piece] else USER_DEFINED
    return BYTE if _BYTE.fullmatch(piece) else NORMAL


def _message(pieces: list[str], kinds: list[int], scores: Mapping[str, float], unknown: int) -> Iterator[bytes]:
    lowest = -float(len(scores))
    for piece, kind in zip(pieces, kinds, strict=True):
        # Nothing is joined into what no merge makes: characters, and tokens that are found before.
        score = scores.get(piece, lowest) if kind == NORMAL else 0.0
        yield _field(1, _field(1, piece.encode()) + _fixed(2, score) + _number(3, kind))
    trainer = _number(3, BPE) + _number(4, len(pieces)) + _number(35, 1)  # model_type, vocab_size, byte_fallback
    for field, id in ((40, unknown), (41, -1), (42, -1), (43, -1)):  # unk_id, bos_id, eos_id, pad_id
        trainer += _number(field, id)
    yield _field(2, trainer)
    # add_dummy_prefix, remove_extra_whitespaces, escape_whitespaces
    yield _field(3, _field(1, b"identity") + _number(3, 0) + _number(4, 0) + _number(5, 1))


def _varint(value: int) -> bytes:
    value &= 2**64 - 1  # as the format writes what is below 0
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _fixed(field: int, value: float) -> bytes:
    return _varint(field << 3 | 5) + struct.pack("<f", value)


def _field(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value
