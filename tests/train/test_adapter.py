from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from kitae.train.trainee import Trainee, copy_companions

from .conftest import course, tuning

Make = Callable[..., Trainee]
PREFIX = "base_model.model."


def saved(trainee: Make, folder: Path) -> Path:
    """A model with adapters that do something, saved."""
    model = trainee(tuning(alpha=12.0))
    torch.manual_seed(1)
    with torch.no_grad():
        for weight in model.trained.values():
            weight += 0.05 * torch.randn_like(weight)
    model.save(folder)
    return folder


def test_the_base_and_the_adapter_are_the_merged_weights(trainee: Make, tmp_path: Path, tiny_base: Path) -> None:
    """As PEFT computes it: base + lora_alpha / r * B @ A, for each of `target_modules` and nothing else."""
    folder = saved(trainee, tmp_path / "saved")
    config = json.loads((folder / "adapter" / "adapter_config.json").read_text(encoding="utf-8"))
    adapter = load_file(folder / "adapter" / "adapter_model.safetensors")
    base, merged = (AutoModelForCausalLM.from_pretrained(each).state_dict() for each in (tiny_base, folder))
    for module in config["target_modules"]:
        down, up = (adapter.pop(f"{PREFIX}{module}.lora_{half}.weight") for half in "AB")
        assert down.shape[0] == up.shape[1] == config["r"] == 4
        change = config["lora_alpha"] / config["r"] * up @ down
        assert float(change.abs().max()) > 0.01
        base[f"{module}.weight"] = base[f"{module}.weight"] + change
    assert adapter == {}
    assert config["lora_alpha"] == 12.0
    for name, weight in merged.items():
        torch.testing.assert_close(base[name], weight, msg=name)


def test_the_adapter_names_no_folder_and_can_be_read_by_others(trainee: Make, tmp_path: Path) -> None:
    folder = saved(trainee, tmp_path / "saved") / "adapter"
    config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    assert config["base_model_name_or_path"] is None
    assert (config["peft_type"], config["task_type"]) == ("LORA", "CAUSAL_LM")
    assert "lm_head" not in config["target_modules"]
    assert {file.stat().st_mode & 0o044 for file in folder.iterdir()} == {0o044}


def test_a_model_that_is_trained_whole_has_no_adapter(trainee: Make, tmp_path: Path) -> None:
    trainee(course()).save(tmp_path)
    assert not (tmp_path / "adapter").exists()


def test_the_adapter_of_the_course_before_is_not_taken_for_this_ones(trainee: Make, tmp_path: Path) -> None:
    before = saved(trainee, tmp_path / "before")
    (before / "LICENSE").write_text("own", encoding="utf-8")
    names = [str(file.relative_to(before)) for file in before.rglob("*.*")]
    copy_companions(before, [*names, "LICENSE"], tmp_path / "after")
    assert [file.name for file in (tmp_path / "after").rglob("*")] == ["LICENSE"]
