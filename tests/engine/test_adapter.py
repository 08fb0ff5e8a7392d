"""An adapter added to its base is the model that was trained."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from kitae.core.mistakes import Mistake
from kitae.engine.adapter import CONFIG, WEIGHTS, adapter_digest, add_adapter
from kitae.engine.local import load
from kitae.engine.open import ADAPTER
from kitae.project import Project


@pytest.fixture
def trained(walked: Path) -> tuple[Path, Path, Path]:
    """Base, adapter and the merged model of a course with LoRA."""
    store = Project(walked).store
    tuned = store.named("model/tuned")
    base = next(a for a in store.artifacts("model") if a.content == tuned.record.inputs[0].content)
    return base.folder, tuned.path(ADAPTER), tuned.folder


def weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: each.detach() for name, each in model.named_parameters()}


def test_base_and_adapter_together_are_the_weights_that_training_merged(trained: tuple[Path, Path, Path]) -> None:
    base, adapter, merged = trained
    model = load(base, torch.float32)
    before = {name: each.clone() for name, each in weights(model).items()}
    add_adapter(model, adapter)
    ours, theirs = weights(model), weights(load(merged, torch.float32))
    assert any(not torch.equal(before[name], ours[name]) for name in ours)
    for name in theirs:
        torch.testing.assert_close(ours[name], theirs[name], rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "change", [{"use_dora": True}, {"bias": "all"}, {"rank_pattern": {"q": 4}}, {"peft_type": "IA3"}]
)
def test_an_adapter_that_is_not_plain_is_refused(
    change: dict[str, object], trained: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    base, adapter, _ = trained
    copy = Path(shutil.copytree(adapter, tmp_path / "adapter"))
    config = json.loads((copy / CONFIG).read_text(encoding="utf-8"))
    (copy / CONFIG).write_text(json.dumps(config | change), encoding="utf-8")
    with pytest.raises(Mistake, match=next(iter(change))):
        add_adapter(load(base, torch.float32), copy)
    assert adapter_digest(copy) != adapter_digest(adapter)


def test_an_adapter_of_another_model_is_refused(trained: tuple[Path, Path, Path], tmp_path: Path) -> None:
    base, adapter, _ = trained
    copy = Path(shutil.copytree(adapter, tmp_path / "adapter"))
    save_file(
        {f"{name.replace('layers.0', 'layers.9')}": each for name, each in load_file(copy / WEIGHTS).items()},
        copy / WEIGHTS,
    )
    with pytest.raises(Mistake, match="does not fit"):
        add_adapter(load(base, torch.float32), copy)


def test_a_folder_without_an_adapter_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="no adapter"):
        adapter_digest(tmp_path)
