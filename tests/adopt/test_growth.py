"""New tokens join what was cut as before; nothing that was there changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer

from kitae.adopt import table as tables
from kitae.adopt.growth import LEAST, LONGEST, Grown, first_of, grow, read
from kitae.adopt.recipe import TrimRecipe
from kitae.adopt.stage import TRIM
from kitae.adopt.table import VocabularyRow, advice, measured
from kitae.core.making import Making
from kitae.core.mistakes import Mistake
from kitae.core.records import Records
from kitae.core.store import Store
from kitae.engine.tiny import SENTENCES, make_tiny

from .test_stage import DOCUMENTS, Nothing, adopted

TEXTS = [f"{sentence}\n第{number}条　従業員の就業規則による。" for number in range(30) for sentence in SENTENCES[:4]]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def shape(tiny: Path) -> dict[str, Any]:
    made: dict[str, Any] = json.loads((tiny / "tokenizer.json").read_text(encoding="utf-8"))
    return made


@pytest.fixture(scope="module")
def grown(shape: dict[str, Any]) -> Grown:
    return grow(shape, TEXTS, 20)


def test_what_is_said_often_takes_fewer_tokens(shape: dict[str, Any], grown: Grown) -> None:
    assert len(grown.pieces) == 20
    before, after = (read(each).encode_batch(TEXTS) for each in (shape, grown.tokenizer))
    assert sum(len(each.ids) for each in after) < 0.85 * sum(len(each.ids) for each in before)


@settings(max_examples=150, deadline=None)
@given(parts=st.lists(st.sampled_from([*TEXTS[:8], "従業員", "🦊", "鑢", " ", "<eos>", "AI", "\n"]), max_size=6))
def test_any_text_is_cut_as_before_and_then_joined(shape: dict[str, Any], grown: Grown, parts: list[str]) -> None:
    text, first = "".join(parts), len(read(shape).get_vocab())
    cut = read(grown.tokenizer).encode(text, add_special_tokens=False).ids
    pieces = [piece for id in cut for piece in (grown.pieces[id - first] if id >= first else (id,))]
    assert pieces == read(shape).encode(text, add_special_tokens=False).ids
    assert read(grown.tokenizer).decode(cut) == read(shape).decode(pieces)


def test_new_tokens_are_short_pieces_of_one_line(shape: dict[str, Any], grown: Grown) -> None:
    new = read(grown.tokenizer).get_vocab().keys() - read(shape).get_vocab().keys()
    assert len(new) == 20
    assert max(map(len, new)) <= LONGEST
    assert not any("\n" in text for text in new)


def test_what_is_said_seldom_is_no_token(shape: dict[str, Any]) -> None:
    assert grow(shape, [SENTENCES[0]] * (LEAST - 1), 10).pieces == []
    assert grow(shape, [SENTENCES[0]] * LEAST, 10).pieces


def test_the_same_documents_make_the_same_tokens_and_fewer_are_the_first_of_them(
    shape: dict[str, Any], grown: Grown
) -> None:
    again = grow(shape, TEXTS, 20)
    assert again == grown
    fewer = grow(shape, TEXTS, 10)
    assert fewer.pieces == grown.pieces[:10]
    assert first_of(grown, 10) == fewer
    assert first_of(grown, 99) is grown


def byte_level() -> dict[str, Any]:
    """Like Qwen's: bytes as characters, words cut before each space."""
    vocabulary = {token: id for id, token in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    made = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([AddedToken("<|end|>", special=True, normalized=False)])
    shape: dict[str, Any] = json.loads(made.to_str())
    return shape


def test_a_byte_level_vocabulary_grows_by_whole_characters() -> None:
    shape = byte_level()
    old = read(shape)
    grown = grow(shape, TEXTS, 20)
    new = read(grown.tokenizer)
    for text, id in new.get_vocab().items():
        if text not in old.get_vocab():
            assert "\ufffd" not in new.decode([id])
    assert new.decode(new.encode(TEXTS[0]).ids) == TEXTS[0]


def test_merges_that_are_written_as_one_string_stay_so(shape: dict[str, Any], grown: Grown) -> None:
    merges = [" ".join(each) for each in shape["model"]["merges"]]
    old = {**shape, "model": {**shape["model"], "merges": merges}}
    found = grow(old, TEXTS, 20)
    assert all(isinstance(each, str) for each in found.tokenizer["model"]["merges"])
    assert read(found.tokenizer).encode(TEXTS[0]).ids == read(grown.tokenizer).encode(TEXTS[0]).ids


def test_a_vocabulary_with_gaps_is_not_grown(shape: dict[str, Any]) -> None:
    last = max(shape["model"]["vocab"], key=shape["model"]["vocab"].__getitem__)
    gapped = {**shape["model"]["vocab"], last: 99_999}
    with pytest.raises(Mistake, match="no gaps"):
        grow({**shape, "model": {**shape["model"], "vocab": gapped}}, TEXTS, 4)


# The model


@pytest.fixture
def make(tmp_path: Path) -> Making:
    return Making(Store(tmp_path / "store"), Records(tmp_path / "records"))


@pytest.mark.parametrize("vocabulary", ["trim", "keep"])
def test_a_grown_model_says_of_old_tokens_what_it_said(
    vocabulary: str, make: Making, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kitae.adopt.growth.LEAST", 1)
    base, documents = adopted(make, f"path:{tiny}", tiny), make(DOCUMENTS, "documents", Nothing())
    settings = {"vocabulary": vocabulary, "language": "en", "general": 0}
    using = {"model": base, "documents": documents}
    plain = make(TRIM, "plain", TrimRecipe.model_validate(settings), using)
    more = make(TRIM, "more", TrimRecipe.model_validate(settings | {"grow": 3}), using)
    assert more.facts["vocabulary"] == plain.facts["vocabulary"] + 3
    old, new = (AutoTokenizer.from_pretrained(each.folder) for each in (plain, more))
    assert len(new) == len(old) + 3 == more.facts["vocabulary"], "no row without a token"
    small, large = (AutoModelForCausalLM.from_pretrained(each.folder) for each in (plain, more))
    ids = torch.tensor([old.encode(SENTENCES[0], add_special_tokens=False)])
    with torch.no_grad():
        told, again = small(input_ids=ids).logits, large(input_ids=ids).logits
    torch.testing.assert_close(again[..., : len(old)], told, rtol=1e-6, atol=1e-6)
    shape = json.loads(plain.path("tokenizer.json").read_text(encoding="utf-8"))
    pieces = grow(shape, [SENTENCES[0]], 3).pieces
    vectors = large.get_input_embeddings().weight
    for number, made_of in enumerate(pieces):
        torch.testing.assert_close(vectors[len(old) + number], vectors[list(made_of)].mean(0))


def test_rows_that_pad_a_vocabulary_are_not_kept_beside_new_ones(
    make: Making, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kitae.adopt.growth.LEAST", 1)
    padded = tmp_path / "padded"
    model, tokenizer = AutoModelForCausalLM.from_pretrained(tiny), AutoTokenizer.from_pretrained(tiny)
    model.resize_token_embeddings(len(tokenizer) + 64)
    model.save_pretrained(padded)
    tokenizer.save_pretrained(padded)
    base, documents = adopted(make, f"path:{padded}", padded), make(DOCUMENTS, "documents", Nothing())
    recipe = TrimRecipe(vocabulary="keep", grow=5)
    found = make(TRIM, "grown", recipe, {"model": base, "documents": documents})
    assert found.facts["vocabulary"] == len(tokenizer) + 5
    assert (
        AutoModelForCausalLM.from_pretrained(found.folder).get_input_embeddings().weight.shape[0] == len(tokenizer) + 5
    )


# The table


def test_growth_is_measured_on_lines_that_it_was_not_chosen_on(
    tiny: Path, shape: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "SIZES", (2, 5, 999))
    monkeypatch.setattr(tables, "ONE_IN", 3)
    found = measured(tiny / "tokenizer.json", shape, {"base": 900, "now": 800}, TEXTS)
    base, now, two, five, most = found
    assert [each.vocabulary for each in found[:4]] == ["base", "now", "now + 2", "now + 5"]
    assert [base.rows, now.rows, two.rows, five.rows] == [900, 800, 802, 805]
    assert 5 < int(most.vocabulary.removeprefix("now + ")) < 999, "as many as there are"
    assert base.tokens == now.tokens > two.tokens >= five.tokens > most.tokens
    lines = [line for text in TEXTS for line in text.splitlines(keepends=True)]
    chosen, apart = tables._split(TEXTS)
    assert sorted(chosen + apart) == sorted(lines)
    assert not set(chosen) & set(apart)
    characters = sum(map(len, apart))
    assert base.characters_per_token == pytest.approx(characters / base.tokens, abs=1e-3)


def row(name: str, rows: int, tokens: int) -> VocabularyRow:
    return VocabularyRow(vocabulary=name, rows=rows, tokens=tokens, characters_per_token=1.0)


OLD = [row("base", 9000, 1000), row("now", 5000, 1000)]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([row("now + 1000", 6000, 970)], "keep the vocabulary: 1,000 new tokens would save 3%"),
        ([row("now + 1000", 6000, 800), row("now + 2000", 7000, 700)], "`grow = 1000` may be worth a trial: 1,000"),
        ([row("now + 448", 5448, 812)], "`grow = 448` may be worth a trial: 448 new tokens would save 19%"),
        ([row("now + 60", 5060, 800)], "keep the vocabulary: this text repeats too little"),
        ([], "keep the vocabulary: this text repeats too little"),
    ],
)
def test_what_follows_from_the_table(rows: list[VocabularyRow], told: str) -> None:
    assert advice([*OLD, *rows]).startswith(told)


def test_nothing_follows_from_nothing() -> None:
    assert "repeats too little" in advice([])
