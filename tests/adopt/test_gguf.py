"""GGUF files written on the spot: what is read out of them is what went in."""

import json
import shutil
from pathlib import Path

import gguf
import pytest
import torch
from tokenizers import Tokenizer, pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer

from kitae.adopt.gguf import _split_as_learnt, dequantise
from kitae.core.label import Label
from kitae.core.mistakes import Mistake
from kitae.engine.tiny import SENTENCES, make_tiny
from kitae.naming import in_gguf, subject_named
from kitae.project import Project

TENSORS = {
    "token_embd": "embed_tokens",
    "output_norm": "norm",
    "attn_norm": "input_layernorm",
    "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
TO_GGUF = {theirs: ours for ours, theirs in TENSORS.items()}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_tiny(tmp_path_factory.mktemp("tiny"))
    model = AutoModelForCausalLM.from_pretrained(folder)
    torch.manual_seed(1)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "norm" in name:  # they start at zero, which would hide how they are stored
                weight.copy_(torch.randn_like(weight) * 0.3)
    model.to(torch.bfloat16).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def file(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    write_gemma(tiny, path)
    return path


def write_gemma(folder: Path, path: Path) -> None:
    """As llama.cpp's converter writes Gemma 3: norms plus one, spaces as spaces, tokens in the order of merging."""
    model = AutoModelForCausalLM.from_pretrained(folder)
    config, tokenizer = model.config, Tokenizer.from_file(str(folder / "tokenizer.json"))
    writer = gguf.GGUFWriter(path, "gemma3")
    writer.add_license("gemma")
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_sliding_window(config.sliding_window)
    writer.add_rope_freq_base(1e6)
    tokens = [str(tokenizer.id_to_token(number)) for number in range(tokenizer.get_vocab_size())]
    special = {token.content for token in tokenizer.get_added_tokens_decoder().values()}
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([-float(number) for number in range(len(tokens))])
    writer.add_token_types([3 if token in special else 6 if token.startswith("<0x") else 1 for token in tokens])
    for kind in ("pad", "eos", "bos", "unk"):
        getattr(writer, f"add_{kind}_token_id")(tokens.index(f"<{kind}>"))
    for name, weight in model.state_dict().items():
        if name == "lm_head.weight":
            continue
        parts = name.removeprefix("model.").removesuffix(".weight").split(".", 2)
        place = f"blk.{parts[1]}." if parts[0] == "layers" else ""
        ours = TO_GGUF[parts[-1]]
        value = weight.float() + 1 if "norm" in ours else weight.float()
        writer.add_tensor(f"{place}{ours}.weight", value.numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def test_what_went_into_a_gguf_comes_out_bit_for_bit(tiny: Path, file: Path, tmp_path: Path) -> None:
    assert dequantise(file, tmp_path) == "gemma"
    before, after = AutoModelForCausalLM.from_pretrained(tiny), AutoModelForCausalLM.from_pretrained(tmp_path)
    assert after.dtype is torch.bfloat16
    found = after.state_dict()
    for name, weight in before.state_dict().items():
        torch.testing.assert_close(found[name], weight.to(torch.bfloat16), rtol=0, atol=0, msg=name)
    assert after.get_input_embeddings().weight.data_ptr() == after.get_output_embeddings().weight.data_ptr()


def test_the_tokenizer_of_a_gguf_cuts_as_the_one_that_went_in(tiny: Path, file: Path, tmp_path: Path) -> None:
    dequantise(file, tmp_path)
    old, new = Tokenizer.from_file(str(tiny / "tokenizer.json")), AutoTokenizer.from_pretrained(tmp_path)
    for text in (*SENTENCES, "<start_of_turn>休暇<end_of_turn>", "🦀 crab"):
        assert new(text)["input_ids"] == old.encode(text).ids


def test_nothing_in_the_folder_tells_where_it_was_made(file: Path, tmp_path: Path) -> None:
    dequantise(file, tmp_path)
    for name in ("config.json", "tokenizer_config.json", "generation_config.json"):
        assert str(file.parent) not in (tmp_path / name).read_text(encoding="utf-8")
        assert "name_or_path" not in (tmp_path / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("share", [0.001, 0.02, 0.3, 0.6, 0.999])
def test_a_gguf_that_was_cut_short_is_a_mistake_that_names_it(file: Path, tmp_path: Path, share: float) -> None:
    short = tmp_path / "short.gguf"
    whole = file.read_bytes()
    short.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(Mistake) as caught:
        dequantise(short, tmp_path / "out")
    assert str(short) in caught.value.where


def byte_level() -> Tokenizer:
    from tokenizers import models

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return tokenizer


def pieces(tokenizer: Tokenizer, text: str) -> list[str]:
    assert tokenizer.pre_tokenizer is not None
    return [piece for piece, _ in tokenizer.pre_tokenizer.pre_tokenize_str(text)]


def test_digits_are_split_off_where_the_vocabulary_was_learnt_so() -> None:
    tokenizer = byte_level()
    _split_as_learnt(tokenizer, "smollm", Path("x.gguf"))
    assert pieces(tokenizer, "in 2026") == ["in", "Ġ", "2", "0", "2", "6"]


def test_gpt2_and_splits_that_transformers_knows_are_left_alone() -> None:
    tokenizer = byte_level()
    _split_as_learnt(tokenizer, "gpt-2", Path("x.gguf"))
    assert pieces(tokenizer, "in 2026") == ["in", "Ġ2026"]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.ByteLevel()])
    shape = json.loads(tokenizer.to_str())["pre_tokenizer"]
    _split_as_learnt(tokenizer, "llama-bpe", Path("x.gguf"))
    assert json.loads(tokenizer.to_str())["pre_tokenizer"] == shape


def test_a_split_that_nobody_here_knows_is_a_mistake() -> None:
    with pytest.raises(Mistake, match="exotic"):
        _split_as_learnt(byte_level(), "exotic", Path("x.gguf"))


def test_a_base_in_gguf_is_asked_as_a_folder_that_is_sealed_once(file: Path, tiny_project: Path) -> None:
    shutil.copyfile(file, tiny_project / "mine.gguf")
    project = Project(tiny_project)
    assert in_gguf(project, "path:mine.gguf") and not in_gguf(project, "path:../base")
    subject = subject_named(project, "path:mine.gguf", label=Label.PUBLIC)
    (sealed,) = project.store.artifacts("model")
    assert sealed.name == "base-mine"
    assert subject.folder == sealed.folder and subject.licences == sealed.licences
    # In the number format that folders are asked in, so that both may be compared.
    beside = subject_named(project, "path:../base", label=Label.PUBLIC)
    assert subject.identity.number_format == beside.identity.number_format == "float32"
    assert subject_named(project, "path:mine.gguf", label=Label.PUBLIC).identity == subject.identity
    assert len(project.store.artifacts("model")) == 1
