"""A tokenizer that began as a SentencePiece model is written back as one that cuts every text the same."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from kitae.engine.sentencepiece import BYTE, CONTROL, NORMAL, UNKNOWN, USER_DEFINED, added_tokens, sentencepiece_model

TEXTS = [
    "社員は、休暇を取る日の3日前までに届け出る。",
    "  二つ  空ける。\n\n\n第2条　届出",
    "課長の日当は2,900円です。",
    "鱻と🍣",
]


def read(message: bytes) -> Iterator[tuple[int, Any]]:
    """The fields of a message of Protocol Buffers."""
    place = 0

    def varint() -> int:
        nonlocal place
        value = shift = 0
        while True:
            byte = message[place]
            place += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while place < len(message):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
        elif key & 7 == 5:
            yield key >> 3, struct.unpack("<f", message[place : place + 4])[0]
            place += 4
        else:
            length = varint()
            yield key >> 3, message[place : place + length]
            place += length


class Plain:
    """SentencePiece's rule for byte-pair models, as its documentation says it."""

    def __init__(self, model: bytes) -> None:
        pieces = [dict(read(value)) for field, value in read(model) if field == 1]
        self.pieces = [(piece[1].decode(), piece[2], piece[3]) for piece in pieces]
        self.ids = {text: id for id, (text, _, _) in enumerate(self.pieces)}
        self.own = sorted((text for text, _, kind in self.pieces if kind == USER_DEFINED), key=len, reverse=True)

    def encode(self, text: str) -> list[int]:
        text = text.replace(" ", "▁")
        symbols: list[tuple[str, bool]] = []
        while text:
            whole = next((each for each in self.own if text.startswith(each)), "")
            symbols.append((whole or text[0], not whole))
            text = text[len(whole or text[0]) :]
        while (at := self._best(symbols)) is not None:
            symbols[at : at + 2] = [(symbols[at][0] + symbols[at + 1][0], True)]
        return [id for symbol, _ in symbols for id in self._ids(symbol)]

    def _best(self, symbols: list[tuple[str, bool]]) -> int | None:
        found: list[tuple[float, int]] = []
        for at, ((left, one), (right, other)) in enumerate(pairwise(symbols)):
            id = self.ids.get(left + right)
            if one and other and id is not None and self.pieces[id][2] == NORMAL:
                found.append((-self.pieces[id][1], at))
        return min(found)[1] if found else None

    def _ids(self, symbol: str) -> list[int]:
        if symbol in self.ids:
            return [self.ids[symbol]]
        return [self.ids[f"<0x{byte:02X}>"] for byte in symbol.encode()]


def like_gemma(tokenizer: dict[str, Any]) -> dict[str, Any]:
    """The same with all merges that a SentencePiece model with these pieces stands for, best first."""
    known, order = tokenizer["model"]["vocab"], dict.fromkeys("".join(each) for each in tokenizer["model"]["merges"])
    merges = [
        [whole[:cut], whole[cut:]]
        for whole in order
        for cut in range(1, len(whole))
        if whole[:cut] in known and whole[cut:] in known
    ]
    return tokenizer | {"model": tokenizer["model"] | {"merges": merges}}


@pytest.fixture(scope="module")
def folder(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    tokenizer = json.loads((tiny_base / "tokenizer.json").read_text(encoding="utf-8"))
    made = tmp_path_factory.mktemp("gemma")
    (made / "tokenizer.json").write_text(json.dumps(like_gemma(tokenizer)), encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def written(folder: Path) -> bytes:
    found = sentencepiece_model(folder)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> Tokenizer:
    return Tokenizer.from_file(str(folder / "tokenizer.json"))


@given(st.lists(st.one_of(st.sampled_from([*TEXTS, *"社員は休暇 \n3▁"]), st.text(max_size=4)), max_size=5).map("".join))
@settings(max_examples=150, deadline=None)
def test_every_text_is_cut_as_before(written: bytes, tokenizer: Tokenizer, text: str) -> None:
    controls = [piece for piece, _, kind in Plain(written).pieces if kind in (CONTROL, UNKNOWN)]
    if not any(each in text for each in controls):
        assert Plain(written).encode(text) == tokenizer.encode(text, add_special_tokens=False).ids


def test_ids_kinds_and_bytes_are_those_of_the_tokenizer(written: bytes, tokenizer: Tokenizer) -> None:
    pieces = Plain(written).pieces
    assert [text for text, _, _ in pieces] == [tokenizer.id_to_token(id) for id in range(len(pieces))]
    kinds = {text: kind for text, _, kind in pieces}
    assert kinds["<unk>"] == UNKNOWN and kinds["<bos>"] == CONTROL
    assert sum(kind == BYTE for kind in kinds.values()) == 256


@pytest.mark.parametrize("text", TEXTS)
def test_the_library_itself_reads_it(written: bytes, tokenizer: Tokenizer, text: str) -> None:
    library = pytest.importorskip("sentencepiece").SentencePieceProcessor(model_proto=written)
    assert library.encode(text) == tokenizer.encode(text, add_special_tokens=False).ids


def changed(base: Path, folder: Path, change: Any) -> Path:
    tokenizer = json.loads((base / "tokenizer.json").read_text(encoding="utf-8"))
    change(tokenizer)
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    return folder


def _lose_a_merge(tokenizer: dict[str, Any]) -> None:
    del tokenizer["model"]["merges"][0]


def _be_byte_level(tokenizer: dict[str, Any]) -> None:
    tokenizer["model"]["byte_fallback"] = False


def _fold(tokenizer: dict[str, Any]) -> None:
    tokenizer["normalizer"] = {"type": "Sequence", "normalizers": [{"type": "NFKC"}, tokenizer["normalizer"]]}


@pytest.mark.parametrize("change", [_lose_a_merge, _be_byte_level, _fold])
def test_what_would_cut_texts_otherwise_is_not_written(change: Any, folder: Path, tmp_path: Path) -> None:
    assert sentencepiece_model(changed(folder, tmp_path, change)) is None


def test_added_tokens_are_told_as_the_converter_reads_them(folder: Path, tokenizer: Tokenizer) -> None:
    told = added_tokens(folder)
    assert told[str(tokenizer.token_to_id("<end_of_turn>"))]["content"] == "<end_of_turn>"
    assert {int(id): token["special"] for id, token in told.items()} == {
        id: token.special for id, token in tokenizer.get_added_tokens_decoder().items()
    }
