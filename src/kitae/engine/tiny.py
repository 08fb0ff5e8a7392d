"""A tiny model, made on the spot: what the tests and the docs' examples run on instead of a real one."""

from __future__ import annotations

import json
from pathlib import Path

from ..core.quiet import hush

SENTENCES = (
    "従業員は、休暇を取る日の三日前までに所属長に届け出る。",
    "年次有給休暇は、勤続六か月で10日を与える。",
    "出張の日当は1日につき2,500円とし、翌月25日に支給する。",
    "資料には書かれていません。",
    "資料だけをもとに短く答え、最後に資料の番号を付けます。質問：何日前までですか。",
    "第12条　会社は、次の各号のいずれかに該当するときは解雇することができる。",
    "育児休業・介護休業の申出は、総務部へ書面で行う。サーバーのパスワードは90日ごとに変更する。",
    "The safety officer checks the emergency shower every Monday at nine.",
    "Answer briefly from the documents only and end with the document's number, like [1].",
)
"""What its tokenizer has seen: our own sentences in the manner of company rules."""

SPECIAL = ("<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "<start_of_turn>", "<end_of_turn>")
BYTES = tuple(f"<0x{value:02X}>" for value in range(256))
VOCABULARY = 1024
LONGEST = 4
"""Characters of a token. Without it so few sentences would each become one single token."""


def make_tiny(folder: Path, *, seed: int = 0) -> Path:
    """Writes a Gemma-3-like model of two layers as a plain Hugging Face folder; takes about a second.

    The tokenizer has Gemma's shape: BPE over characters with `▁` for a space, bytes for what it does not know, and
    tokens for turns. The weights are random, the same for the same seed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = _write_tokenizer(folder)
    _write_model(folder, rows, seed)
    return folder


def _write_tokenizer(folder: Path) -> int:
    from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[*SPECIAL, *BYTES],
        min_frequency=1,
        max_token_length=LONGEST,
        show_progress=False,
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    # The trainer marks bytes as special too; they are ordinary tokens that the model falls back to.
    shape = json.loads(tokenizer.to_str())
    shape["added_tokens"] = []
    tokenizer = Tokenizer.from_str(json.dumps(shape))
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL])
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    bos = tokenizer.token_to_id("<bos>")
    tokenizer.post_processor = processors.TemplateProcessing(single="<bos> $A", special_tokens=[("<bos>", bos)])
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<bos>",
        "eos_token": "<eos>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
        "mask_token": "<mask>",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=1), encoding="utf-8")
    return int(tokenizer.get_vocab_size())


def _write_model(folder: Path, rows: int, seed: int) -> None:
    hush()
    import torch
    from transformers import Gemma3ForCausalLM, Gemma3TextConfig

    config = Gemma3TextConfig(
        vocab_size=rows,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=32,
        sliding_window=64,
        layer_types=["sliding_attention", "full_attention"],
        query_pre_attn_scalar=32,
        max_position_embeddings=4096,
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=2,
        tie_word_embeddings=True,
    )
    state = torch.random.get_rng_state()
    torch.manual_seed(seed)
    model = Gemma3ForCausalLM(config)
    torch.random.set_rng_state(state)
    model.generation_config.eos_token_id = 1
    model.save_pretrained(folder)
