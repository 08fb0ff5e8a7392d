from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from kitae.core.mistakes import Mistake
from kitae.plan.architecture import typical
from kitae.train import memory
from kitae.train.memory import Demand, check_memory, needed, out_of_memory_is_a_mistake, shape_of
from kitae.train.recipe import PretrainRecipe, TuneRecipe

SEVEN = typical(6.74e9).model_copy(update={"parameters": 7e9})
"""A Llama of 7 B."""


def test_every_weight_trained_in_bfloat16_takes_eighteen_bytes() -> None:
    more = needed(PretrainRecipe(), SEVEN.model_copy(update={"parameters": 8e9}), "bfloat16")
    assert more - needed(PretrainRecipe(), SEVEN, "bfloat16") == pytest.approx(18e9)
    assert needed(TuneRecipe(), SEVEN, "bfloat16") < 0.4 * needed(PretrainRecipe(), SEVEN, "bfloat16")


def test_a_base_in_four_bits_takes_half_a_byte_a_weight() -> None:
    shape = SEVEN.model_copy(update={"tied": False})
    more = shape.model_copy(update={"parameters": 8e9})
    recipe = TuneRecipe(method="qlora")
    grown = needed(recipe, more, "bfloat16") - needed(recipe, shape, "bfloat16")
    assert grown == pytest.approx((0.516 + 0.16) * 1e9)
    assert needed(recipe, shape, "bfloat16") < 0.4 * needed(TuneRecipe(), shape, "bfloat16")


def test_longer_rows_need_more() -> None:
    short, long = (needed(TuneRecipe(sequence=sequence), SEVEN, "bfloat16") for sequence in (1024, 4096))
    assert long > short + 10e9


def test_eight_processes_have_an_eighth_of_the_weights_each() -> None:
    one, eight = (needed(PretrainRecipe(), SEVEN, "bfloat16", pieces=pieces) for pieces in (1, 8))
    assert one - eight == pytest.approx(7 / 8 * 18 * 7e9)


def test_the_shape_is_read_from_the_folder(tiny_base: Path) -> None:
    shape = shape_of(tiny_base)
    assert (shape.layers, shape.hidden, shape.intermediate) == (2, 64, 128)
    assert 5e4 < shape.parameters < 5e5


def test_weights_that_are_stored_narrow_are_no_smaller_model(tiny_base: Path, tmp_path: Path) -> None:
    narrow = Path(shutil.copytree(tiny_base, tmp_path / "narrow"))
    for file in narrow.glob("*.safetensors"):
        save_file({name: each.to(torch.bfloat16) for name, each in load_file(file).items()}, file)
    assert shape_of(narrow).parameters == shape_of(tiny_base).parameters


def refused(
    folder: Path,
    free: float,
    recipe: PretrainRecipe | TuneRecipe,
    monkeypatch: pytest.MonkeyPatch,
    **more: Any,
) -> Mistake:
    monkeypatch.setattr(memory, "_free", lambda _: free)
    monkeypatch.setattr(memory, "shape_of", lambda _: SEVEN)
    with pytest.raises(Mistake) as raised:
        check_memory(Demand(recipe, folder, **({"number_format": "bfloat16", "device": "cpu"} | more)))
    return raised.value


def test_what_does_not_fit_is_refused_with_settings_that_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = refused(tmp_path, 64e9, PretrainRecipe(), monkeypatch)
    assert told.what.startswith("training needs about 13")
    assert told.what.endswith("and 64.0 GB are free")
    assert told.hint.startswith('`method = "lora"` would need about')
    # What changes nothing of the result comes first.
    long = TuneRecipe(sequence=8192)
    assert refused(tmp_path, 60e9, long, monkeypatch).hint.startswith("`recompute = true` in [train.computing] would")
    assert "sequence = 4096" in refused(tmp_path, 32e9, long, monkeypatch, recompute=True).hint
    wide = TuneRecipe(rank=256)
    assert refused(tmp_path, 40e9, wide, monkeypatch, recompute=True).hint.startswith("`rank = 128` would need about")
    assert "a smaller base" in refused(tmp_path, 8e9, TuneRecipe(), monkeypatch).hint


def test_on_a_gpu_eight_and_four_bits_and_more_processes_are_among_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "_cards", lambda: 1)
    gpu = {"device": "cuda", "recompute": True}
    full = PretrainRecipe()
    assert refused(tmp_path, 95e9, full, monkeypatch, **gpu).hint.startswith('`optimiser = "adamw8bit"` would need')
    assert refused(tmp_path, 20e9, full, monkeypatch, **gpu).hint.startswith('`method = "lora"` would need about')
    assert refused(tmp_path, 9e9, full, monkeypatch, **gpu).hint.startswith('`method = "qlora"` would need about')
    assert refused(tmp_path, 9e9, TuneRecipe(), monkeypatch, **gpu).hint.startswith('`method = "qlora"` would need')
    assert "a smaller base" in refused(tmp_path, 1e9, TuneRecipe(method="qlora"), monkeypatch, **gpu).hint
    # In several processes neither runs.
    assert "a smaller base" in refused(tmp_path, 9e9, TuneRecipe(), monkeypatch, **gpu, processes=2).hint
    monkeypatch.setattr(memory, "_cards", lambda: 4)
    assert "`torchrun --nproc-per-node=2` would need" in refused(tmp_path, 95e9, full, monkeypatch, **gpu).hint
    assert "`torchrun --nproc-per-node=4` would need" in refused(tmp_path, 48e9, full, monkeypatch, **gpu).hint


def test_a_gpu_that_runs_out_of_memory_is_a_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "shape_of", lambda _: SEVEN)
    asked = Demand(TuneRecipe(sequence=8192), tmp_path, "bfloat16", "cuda")
    with pytest.raises(Mistake, match="the GPU ran out of memory") as raised, out_of_memory_is_a_mistake(asked):
        raise torch.OutOfMemoryError("CUDA out of memory")
    assert raised.value.where == "[train.tune]"
    assert raised.value.hint.startswith("`recompute = true` in [train.computing] would need")
    # One of several processes ends with its own error, which the others see.
    several = replace(asked, processes=2, pieces=2)
    with pytest.raises(torch.OutOfMemoryError) as own, out_of_memory_is_a_mistake(several):
        raise torch.OutOfMemoryError("CUDA out of memory")
    assert "`recompute = true`" in own.value.__notes__[0]


def test_a_gpu_is_given_a_base_as_narrow_as_it_computes() -> None:
    cpu, gpu = (needed(TuneRecipe(), SEVEN, "bfloat16", device=device) for device in ("cpu", "cuda"))
    assert cpu - gpu == pytest.approx(2 * 7e9)


def test_what_fits_or_cannot_be_known_is_not_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "shape_of", lambda _: SEVEN)
    for free in (500e9, None):
        monkeypatch.setattr(memory, "_free", lambda _, free=free: free)
        check_memory(Demand(PretrainRecipe(), tmp_path, "bfloat16", "cpu"))


def test_free_memory_is_what_linux_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "meminfo"
    file.write_text("MemTotal:       100 kB\nMemAvailable:       64 kB\n", encoding="utf-8")
    monkeypatch.setattr(memory, "MEMINFO", file)
    assert memory._free("cpu") == 64 * 1024
    monkeypatch.setattr(memory, "MEMINFO", tmp_path / "none")
    assert memory._free("cpu") is None
