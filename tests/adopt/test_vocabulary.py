import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from kitae.adopt.vocabulary import Trimmed, renumber_settings, trim
from kitae.engine.tiny import SENTENCES, make_tiny

TEXTS = SENTENCES[:3]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def trimmed(tiny: Path) -> Trimmed:
    return trim(tiny, TEXTS, language="en", general=0)


@pytest.fixture(scope="module")
def old(tiny: Path) -> Tokenizer:
    return Tokenizer.from_file(str(tiny / "tokenizer.json"))


@pytest.fixture(scope="module")
def new(trimmed: Trimmed) -> Tokenizer:
    return Tokenizer.from_str(json.dumps(trimmed.tokenizer))


def test_rows_go_away(trimmed: Trimmed, old: Tokenizer) -> None:
    assert len(trimmed.rows) < old.get_vocab_size() - 50


def test_the_documents_keep_their_tokens(old: Tokenizer, new: Tokenizer) -> None:
    for text in TEXTS:
        assert new.encode(text).tokens == old.encode(text).tokens


def test_ids_and_rows_belong_together(trimmed: Trimmed, old: Tokenizer, new: Tokenizer) -> None:
    for text, number in new.get_vocab(with_added_tokens=True).items():
        assert old.token_to_id(text) == trimmed.rows[number], text


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=40).filter(lambda text: "▁" not in text))
def test_any_text_comes_back(new: Tokenizer, text: str) -> None:
    assert new.decode(new.encode(text, add_special_tokens=False).ids, skip_special_tokens=False) == text


@settings(max_examples=200, deadline=None)
@given(pieces=st.lists(st.sampled_from([piece for text in TEXTS for piece in text]), max_size=30))
def test_text_whose_tokens_are_all_kept_is_cut_as_before(old: Tokenizer, new: Tokenizer, pieces: list[str]) -> None:
    before = old.encode("".join(pieces))
    if all(new.token_to_id(token) is not None for token in before.tokens):
        assert new.encode("".join(pieces)).tokens == before.tokens


def test_special_tokens_stay_special_and_bytes_are_not_literals(new: Tokenizer, old: Tokenizer) -> None:
    for text in ("<bos>", "<end_of_turn>", "<pad>"):
        assert new.encode(text, add_special_tokens=False).tokens == [text]
    assert new.decode(new.encode("<0x41>", add_special_tokens=False).ids, skip_special_tokens=False) == "<0x41>"
    assert new.encode("休暇").ids[0] == new.token_to_id("<bos>")


def test_a_japanese_project_keeps_everyday_japanese(tiny: Path, old: Tokenizer) -> None:
    kept = trim(tiny, [], language="ja", general=0)
    fresh = Tokenizer.from_str(json.dumps(kept.tokenizer))
    assert fresh.encode("資料には書かれていません").tokens == old.encode("資料には書かれていません").tokens


def test_a_byte_level_vocabulary_keeps_all_its_bytes(tmp_path: Path) -> None:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    kept = trim(tmp_path, ["the shower"], language="en", general=0)
    fresh = Tokenizer.from_str(json.dumps(kept.tokenizer))
    assert len(kept.rows) < tokenizer.get_vocab_size()
    for text in ("the shower", "休暇は🦀\t10日\n"):
        assert fresh.decode(fresh.encode(text).ids) == text


def test_settings_follow_and_an_id_that_left_is_left_out() -> None:
    settings_before = {"bos_token_id": 7, "eos_token_id": [9, 8], "image_token_id": 3, "vocab_size": 10, "layers": 2}
    assert renumber_settings(settings_before, {7: 0, 9: 1}, 2) == {
        "bos_token_id": 0,
        "eos_token_id": [1],
        "vocab_size": 2,
        "layers": 2,
    }
