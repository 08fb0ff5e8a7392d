"""Memory of a GPU, part by part."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitae.core.architecture import from_config
from kitae.plan.architecture import typical
from kitae.plan.memory import GIB, Training, kv_bytes, least_effort, serving, training

LLAMA = typical(6.74e9)
sizes = st.sampled_from([1, 2, 4, 8, 16, 64])


def test_full_training_holds_eighteen_bytes_a_parameter() -> None:
    parts = training(LLAMA, Training(shards=1)).parts
    assert (parts["weights"] + parts["trained"]) * GIB == pytest.approx(18 * 6.74e9)


@pytest.mark.parametrize("part", ["weights", "trained"])
def test_states_are_spread_over_the_gpus_and_logits_are_not(part: str) -> None:
    one, eight = training(LLAMA, Training(shards=1)).parts, training(LLAMA, Training(shards=8)).parts
    assert eight[part] == pytest.approx(one[part] / 8)
    assert eight["logits"] == one["logits"]


def test_lora_needs_less_than_full_and_four_bits_less_than_lora() -> None:
    found = [training(LLAMA, Training(method=each)).total for each in ("full", "lora", "qlora")]
    assert found == sorted(found, reverse=True)


def test_eight_bit_moments_save_six_bytes_a_parameter() -> None:
    wide, narrow = (training(LLAMA, Training(optimiser=each)).total for each in ("adamw", "adamw8bit"))
    assert (wide - narrow) * GIB == pytest.approx(6 * 6.74e9)


@settings(deadline=None)
@given(st.integers(128, 16384), st.integers(1, 8), sizes)
def test_more_recomputing_longer_rows_and_larger_batches_never_need_less(
    sequence: int, batch: int, shards: int
) -> None:
    how = Training(sequence=sequence, micro_batch=batch, shards=shards)
    none, selective, full = (
        training(LLAMA, how.model_copy(update={"checkpointing": each})).total for each in ("none", "selective", "full")
    )
    assert none >= selective >= full
    longer = how.model_copy(update={"sequence": 2 * sequence})
    larger = how.model_copy(update={"micro_batch": batch + 1})
    assert training(LLAMA, longer).total > training(LLAMA, how).total
    assert training(LLAMA, larger).total > training(LLAMA, how).total


def test_only_as_much_is_recomputed_as_it_needs_to_fit() -> None:
    how = Training(shards=16, sequence=4096)
    assert least_effort(LLAMA, how, 80).checkpointing == "none"
    assert least_effort(LLAMA, how, 24).checkpointing == "full"
    assert not least_effort(LLAMA, how, 8).fits(8)


def test_serving_holds_weights_and_a_cache_that_grows_with_length_and_concurrency() -> None:
    one = serving(LLAMA, length=4096, at_once=1)
    many = serving(LLAMA, length=4096, at_once=16)
    # Llama 2 7B: 32 layers x 32 heads x 128 x keys and values x 2 bytes is half a MiB a token.
    assert kv_bytes(LLAMA) == 2**19
    assert one.parts["cache"] == pytest.approx(2.0)
    assert many.parts["cache"] == pytest.approx(32.0)
    assert serving(LLAMA, length=4096, at_once=1, bytes_per_weight=0.5625).total < one.total


def config(folder: Path, **values: object) -> Path:
    basis = {
        "num_hidden_layers": 32,
        "hidden_size": 4096,
        "intermediate_size": 11008,
        "num_attention_heads": 32,
        "vocab_size": 32000,
    }
    (folder / "config.json").write_text(json.dumps(basis | values), encoding="utf-8")
    return folder


def test_a_config_counts_as_many_parameters_as_the_model_has(tmp_path: Path) -> None:
    assert from_config(config(tmp_path)).parameters == pytest.approx(6.738e9, rel=1e-3)


def test_of_a_mixture_of_experts_a_token_passes_only_those_that_are_chosen(tmp_path: Path) -> None:
    # Mixtral 8x7B: 46.7B in all, 12.9B active, as its authors say.
    folder = config(
        tmp_path, intermediate_size=14336, num_key_value_heads=8, num_local_experts=8, num_experts_per_tok=2
    )
    found = from_config(folder)
    assert found.parameters == pytest.approx(46.7e9, rel=0.01)
    assert found.active == pytest.approx(12.9e9, rel=0.01)


def test_a_model_that_sees_pictures_is_sized_by_its_text(tmp_path: Path) -> None:
    text = json.loads((config(tmp_path) / "config.json").read_text(encoding="utf-8"))
    (tmp_path / "config.json").write_text(json.dumps({"text_config": text}), encoding="utf-8")
    assert from_config(tmp_path).layers == 32
