"""The sizes of a model, as its config.json says them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kitae.core.architecture import from_config
from kitae.core.mistakes import Mistake

SIZES = {
    "num_hidden_layers": 18,
    "hidden_size": 640,
    "intermediate_size": 2048,
    "num_attention_heads": 4,
    "num_key_value_heads": 1,
    "head_dim": 256,
    "vocab_size": 262144,
}


def written(folder: Path, **config: object) -> Path:
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def test_an_output_layer_that_is_the_table_is_counted_once(tmp_path: Path) -> None:
    """Gemma 3 270M has 268M parameters, and its config.json does not say that the layer is tied."""
    gemma = from_config(written(tmp_path, model_type="gemma3_text", **SIZES))
    assert gemma.tied
    assert gemma.parameters == pytest.approx(268e6, rel=0.01)
    assert gemma.attention == 1024
    apart = from_config(written(tmp_path, tie_word_embeddings=False, **SIZES))
    assert apart.parameters - gemma.parameters == 262144 * 640 == apart.tables - gemma.tables


def test_a_size_that_is_not_said_is_a_mistake_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="num_hidden_layers"):
        from_config(written(tmp_path, hidden_size=64))
