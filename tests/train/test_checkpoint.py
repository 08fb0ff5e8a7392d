from __future__ import annotations

from pathlib import Path

import pytest
import torch

from kitae.train import checkpoint
from kitae.train.checkpoint import Checkpoint, Checkpoints


def saved(folder: Path, step: int = 3, identity: str = "mine") -> Checkpoints:
    checkpoints = Checkpoints(folder, identity)
    checkpoints.save(Checkpoint(step, {"weight": torch.full((4,), float(step))}, {"curve": [0.1, step]}))
    return checkpoints


def test_the_latest_checkpoint_is_read_as_it_was_written(tmp_path: Path) -> None:
    saved(tmp_path, 3)
    found = saved(tmp_path, 12).latest()
    assert found is not None
    assert found.step == 12
    assert found.state == {"curve": [0.1, 12]}
    assert torch.equal(found.tensors["weight"], torch.full((4,), 12.0))
    assert len(list(tmp_path.iterdir())) == 1, "the one before is deleted"


def test_a_damaged_checkpoint_is_never_read(tmp_path: Path) -> None:
    checkpoints = saved(tmp_path)
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    for damaged in (whole[:-1], whole[:-4] + b"\0\0\0\0", b""):
        file.write_bytes(damaged)
        assert checkpoints.latest() is None
    file.write_bytes(whole)
    assert checkpoints.latest() is not None


def test_a_checkpoint_of_another_run_is_never_read(tmp_path: Path) -> None:
    saved(tmp_path, identity="other")
    assert Checkpoints(tmp_path, "mine").latest() is None


def test_a_kill_while_writing_leaves_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoints = saved(tmp_path, 3)

    def killed(*_: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "file_digest", killed)
        with pytest.raises(KeyboardInterrupt):
            saved(tmp_path, 12)
    found = checkpoints.latest()
    assert found is not None
    assert found.step == 3
    saved(tmp_path, 12)
    assert len(list(tmp_path.iterdir())) == 1, "what was left half written is overwritten"


def test_a_checkpoint_is_due_after_its_interval(tmp_path: Path) -> None:
    assert Checkpoints(tmp_path, "x", every=0).due()
    assert not Checkpoints(tmp_path, "x", every=60).due()
