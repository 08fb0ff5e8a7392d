from pathlib import Path

import ctranslate2
import pytest
import torch
from ctranslate2.converters import TransformersConverter
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, AutoTokenizer

from kitae.engine.tiny import SENTENCES, SPECIAL, VOCABULARY, make_tiny


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def tokenizer(tiny: Path) -> Tokenizer:
    return Tokenizer.from_file(str(tiny / "tokenizer.json"))


def test_the_same_seed_makes_the_same_files_and_another_one_others(tiny: Path, tmp_path: Path) -> None:
    again, other = make_tiny(tmp_path / "again"), make_tiny(tmp_path / "other", seed=1)
    for file in tiny.iterdir():
        assert file.read_bytes() == (again / file.name).read_bytes(), file.name
    assert (tiny / "model.safetensors").read_bytes() != (other / "model.safetensors").read_bytes()
    assert (tiny / "tokenizer.json").read_bytes() == (other / "tokenizer.json").read_bytes()


def test_it_leaves_the_random_numbers_of_others_alone(tmp_path: Path) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    make_tiny(tmp_path)
    assert torch.equal(torch.rand(3), expected)


def test_it_has_a_row_for_every_token(tiny: Path, tokenizer: Tokenizer) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny)
    assert tokenizer.get_vocab_size() == model.config.vocab_size <= VOCABULARY
    assert model.get_input_embeddings().weight.data_ptr() == model.get_output_embeddings().weight.data_ptr()
    for text in (*SENTENCES, "🦀"):
        assert AutoTokenizer.from_pretrained(tiny)(text)["input_ids"] == tokenizer.encode(text).ids


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=30).filter(lambda text: "▁" not in text))
def test_any_text_comes_back(tokenizer: Tokenizer, text: str) -> None:
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    assert tokenizer.decode(ids, skip_special_tokens=False) == text


@pytest.mark.parametrize("token", SPECIAL)
def test_control_tokens_are_one_token_each(tokenizer: Tokenizer, token: str) -> None:
    assert tokenizer.encode(f"休暇{token}", add_special_tokens=False).tokens[-1] == token


def test_ctranslate2_converts_it_and_says_the_same(tiny: Path, tmp_path: Path) -> None:
    TransformersConverter(str(tiny)).convert(str(tmp_path / "ct2"))
    model, tokenizer = AutoModelForCausalLM.from_pretrained(tiny), AutoTokenizer.from_pretrained(tiny)
    prompt = tokenizer(SENTENCES[0], return_tensors="pt")
    expected = model.generate(**prompt, max_new_tokens=12, do_sample=False, eos_token_id=None)
    engine = ctranslate2.Generator(str(tmp_path / "ct2"), compute_type="float32", intra_threads=1)
    tokens = tokenizer.convert_ids_to_tokens(prompt["input_ids"][0])
    [found] = engine.generate_batch(
        [tokens], max_length=12, sampling_topk=1, end_token=[], include_prompt_in_result=False
    )
    assert found.sequences_ids[0] == expected[0, len(tokens) :].tolist()


def test_a_sentence_is_several_tokens(tokenizer: Tokenizer) -> None:
    assert all(8 < len(tokenizer.encode(text).ids) < len(text) for text in SENTENCES if len(text) > 20)
