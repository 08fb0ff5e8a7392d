import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from kitae.adopt.settings import renumber_settings, token_ids
from kitae.adopt.spelling import japanese, text_of
from kitae.adopt.vocabulary import Trimmed, derived, trim
from kitae.core.mistakes import Mistake
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


SPECIAL = ("<|end|>", "<|start|>", "<|reserved_1|>", "<|reserved_2|>", "<|pad|>")


def save_byte_level(folder: Path, *, padding: bool = False) -> Tokenizer:
    """A vocabulary like GPT-2's, with special tokens after its own."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    tokenizer.add_special_tokens([AddedToken(each, special=True, normalized=False) for each in SPECIAL])
    if padding:
        tokenizer.enable_padding(pad_id=tokenizer.token_to_id("<|pad|>"), pad_token="<|pad|>")
    tokenizer.save(str(folder / "tokenizer.json"))
    return tokenizer


def loaded(trimmed: Trimmed) -> Tokenizer:
    return Tokenizer.from_str(json.dumps(trimmed.tokenizer))


def test_a_byte_level_vocabulary_keeps_all_its_bytes(tmp_path: Path) -> None:
    tokenizer = save_byte_level(tmp_path)
    kept = trim(tmp_path, ["the shower"], language="en", general=0)
    assert len(kept.rows) < tokenizer.get_vocab_size()
    for text in ("the shower", "休暇は🦀\t10日\n"):
        assert loaded(kept).decode(loaded(kept).encode(text).ids) == text


def test_a_byte_level_vocabulary_keeps_everyday_japanese_too(tmp_path: Path) -> None:
    old = save_byte_level(tmp_path)
    sentence = "資料には書かれていません。"
    english, japanese = (loaded(trim(tmp_path, [], language=each, general=0)) for each in ("en", "ja"))
    assert japanese.encode(sentence).tokens == old.encode(sentence).tokens
    assert len(english.encode(sentence).ids) > len(japanese.encode(sentence).ids)


def test_an_unused_token_goes_unless_something_names_it(tmp_path: Path) -> None:
    old = save_byte_level(tmp_path)
    assert loaded(trim(tmp_path, [], language="en", general=0)).token_to_id("<|reserved_1|>") is None
    (tmp_path / "generation_config.json").write_text(json.dumps({"eos_token_id": [old.token_to_id("<|reserved_1|>")]}))
    (tmp_path / "chat_template.jinja").write_text("{{ messages }}<|reserved_2|>")
    named = loaded(trim(tmp_path, [], language="en", general=0))
    assert named.encode("<|reserved_1|><|reserved_2|>").tokens == ["<|reserved_1|>", "<|reserved_2|>"]


def test_a_token_without_a_row_goes(tmp_path: Path) -> None:
    old = save_byte_level(tmp_path)
    pad = old.token_to_id("<|pad|>")
    assert pad is not None
    kept = trim(tmp_path, [], language="en", general=0, available=pad)
    assert max(kept.rows) < pad
    assert loaded(kept).token_to_id("<|pad|>") is None


def test_padding_follows(tmp_path: Path) -> None:
    save_byte_level(tmp_path, padding=True)
    new = loaded(trim(tmp_path, [], language="en", general=0))
    assert new.encode_batch(["a", "a b"])[0].tokens[-1] == "<|pad|>"
    assert new.encode_batch(["a", "a b"])[0].ids[-1] == new.token_to_id("<|pad|>")


def test_a_token_stays_with_its_own_derivation_only() -> None:
    merges = [("a", "b"), ("ab", "c"), ("b", "c"), ("a", "bc")]
    assert derived({"abc"}, merges) == {"a", "b", "c", "ab", "abc"}


def test_a_vocabulary_that_would_cut_the_documents_otherwise_is_refused(tiny: Path, tmp_path: Path) -> None:
    shape = json.loads((tiny / "tokenizer.json").read_text(encoding="utf-8"))
    # Parts of words that are spelled otherwise than they are joined: what WordPiece-like BPE does.
    shape["model"]["continuing_subword_prefix"] = "##"
    vocabulary = {"a": 0, "##b": 1, "##c": 2, "##bc": 3, "abc": 4, "<unk>": 5}
    shape["model"] |= {"vocab": vocabulary, "merges": [["##b", "##c"], ["a", "##bc"]], "byte_fallback": False}
    shape |= {"added_tokens": [], "post_processor": None, "normalizer": None, "pre_tokenizer": None}
    (tmp_path / "tokenizer.json").write_text(json.dumps(shape), encoding="utf-8")
    assert Tokenizer.from_file(str(tmp_path / "tokenizer.json")).encode("abc").tokens == ["abc"]
    with pytest.raises(Mistake, match="differently"):
        trim(tmp_path, ["abc"], language="en", general=0)


def test_another_kind_of_vocabulary_is_refused(tmp_path: Path) -> None:
    Tokenizer(models.Unigram([("a", 0.0)])).save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(Mistake, match="Unigram") as caught:
        trim(tmp_path, [], language="ja", general=0)
    assert "keep" in caught.value.hint


@pytest.mark.parametrize("text", ["休暇", "、", "（", "①", "……", "サーバー", "々", " 資料", "×", "Ａ", "㈱"])
def test_japanese_writing_is_recognised(text: str) -> None:
    assert japanese(text.encode())


@pytest.mark.parametrize("text", ["绿", "한국", "при", "ศ", "abc", "", " ", "休暇abc"])
def test_other_writing_is_not(text: str) -> None:
    assert not japanese(text.encode())


def test_a_part_of_a_japanese_character_is_recognised() -> None:
    assert japanese("休".encode()[:2])
    assert japanese("休".encode()[1:])
    assert not japanese("ศ".encode()[:2])
    assert not japanese("при".encode()[:1])


@given(text=st.text(max_size=20))
def test_the_alphabet_of_bytes_is_gpt2s(text: str) -> None:
    cut = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str(text)
    assert b"".join(text_of(piece, True) for piece, _ in cut) == text.encode()


def test_settings_follow_and_an_id_that_left_is_left_out() -> None:
    settings_before = {"bos_token_id": 7, "eos_token_id": [9, 8], "image_token_id": 3, "vocab_size": 10, "layers": 2}
    assert renumber_settings(settings_before, {7: 0, 9: 1}, 2) == {
        "bos_token_id": 0,
        "eos_token_id": [1],
        "vocab_size": 2,
        "layers": 2,
    }


def test_settings_follow_in_every_place_that_names_a_token() -> None:
    before = {
        "text_config": {"eos_token_id": 9, "vocab_size": 10},
        "image_token_index": 7,
        "suppress_tokens": [9, 1],
        "bad_words_ids": [[7, 9], [1]],
        "added_tokens_decoder": {"9": {"content": "<a>"}, "1": {"content": "<b>"}},
        "pad_token_id": None,
    }
    assert renumber_settings(before, {7: 0, 9: 1}, 2) == {
        "text_config": {"eos_token_id": 1, "vocab_size": 2},
        "image_token_index": 0,
        "suppress_tokens": [1],
        "bad_words_ids": [[0, 1]],
        "added_tokens_decoder": {"1": {"content": "<a>"}},
        "pad_token_id": None,
    }
    assert token_ids(before) == {9, 7}
