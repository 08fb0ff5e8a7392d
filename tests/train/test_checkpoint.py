from __future__ import annotations

import errno
from pathlib import Path
from traceback import StackSummary
from types import SimpleNamespace

import pytest
import torch
from torch.distributed.checkpoint.api import CheckpointException

from kitae.core.mistakes import Mistake
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
    saved(tmp_path, 20)
    saved(tmp_path, 21)
    names = [path.name[:13] for path in sorted(tmp_path.iterdir())]
    assert names == ["step-00000012", "step-00000020", "step-00000021"], "two before stay, older ones are deleted"
    before = Checkpoints(tmp_path, "mine").latest(at_most=19)
    assert before is not None
    assert before.step == 12


def test_a_step_that_is_written_again_takes_no_other_ones_place(tmp_path: Path) -> None:
    """As where a limit stops training after a step whose checkpoint was due."""
    for step in (3, 12, 20):
        saved(tmp_path, step)
    Checkpoints(tmp_path, "mine").save(Checkpoint(20, {"weight": torch.ones(4)}, {"curve": ["later"]}))
    assert [path.name[:13] for path in sorted(tmp_path.iterdir())] == [f"step-000000{step}" for step in ("03", 12, 20)]
    latest = Checkpoints(tmp_path, "mine").latest()
    assert latest is not None
    assert latest.state == {"curve": ["later"]}


def test_a_damaged_checkpoint_is_a_mistake(tmp_path: Path) -> None:
    """Whichever of its files it is, by a single bit, by its end, or altogether."""
    checkpoints = saved(tmp_path)
    (folder,) = tmp_path.iterdir()
    names = sorted(each.name for each in folder.iterdir())
    assert names == [".metadata", "__0_0.distcp", "seal.json"]
    for file in folder.iterdir():
        whole = file.read_bytes()
        middle = len(whole) // 2
        flipped = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
        for damaged in (flipped, whole[:-1], b""):
            file.write_bytes(damaged)
            with pytest.raises(Mistake, match="checkpoint of step 3 is damaged"):
                checkpoints.latest()
        file.write_bytes(whole)
    assert checkpoints.latest() is not None
    (folder / "__0_0.distcp").unlink()
    with pytest.raises(Mistake, match="checkpoint of step 3 is damaged") as raised:
        checkpoints.latest()
    assert raised.value.hint.endswith(f"delete the folder {folder.name}, and training begins anew")


def test_beside_a_damaged_checkpoint_it_is_said_which_is_gone_on_from(tmp_path: Path) -> None:
    saved(tmp_path, 3)
    checkpoints = saved(tmp_path, 12)
    damaged = max(tmp_path.iterdir())
    (damaged / "__0_0.distcp").write_bytes(b"")
    with pytest.raises(Mistake, match="checkpoint of step 12 is damaged") as raised:
        checkpoints.latest()
    assert raised.value.hint.endswith(f"delete the folder {damaged.name}, and training goes on from step 3")


def test_a_copy_that_was_cut_off_is_passed_over(tmp_path: Path) -> None:
    """Where folders are copied file by file, the seal comes last."""
    saved(tmp_path, 3)
    checkpoints = saved(tmp_path, 12)
    (tmp_path / sorted(each.name for each in tmp_path.iterdir())[1] / "seal.json").unlink()
    found = checkpoints.latest()
    assert found is not None
    assert found.step == 3
    saved(tmp_path, 20)
    assert [path.name[:13] for path in sorted(tmp_path.iterdir())] == ["step-00000003", "step-00000020"]


def test_training_that_goes_back_forgets_what_came_after(tmp_path: Path) -> None:
    saved(tmp_path, 3)
    checkpoints = saved(tmp_path, 12)
    checkpoints.forget(11)
    found = checkpoints.latest()
    assert found is not None
    assert found.step == 3


def test_what_is_written_behind_is_what_there_was(tmp_path: Path) -> None:
    checkpoints, weight = Checkpoints(tmp_path, "mine", behind=True), torch.ones(10**5)
    for step in range(1, 6):
        checkpoints.save(Checkpoint(step, {"weight": weight}, {}))
        weight += 1
    found = checkpoints.latest()
    assert found is not None
    assert found.step == 5
    assert torch.equal(found.tensors["weight"], torch.full((10**5,), 5.0))


def test_what_goes_wrong_behind_is_said_with_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoints = Checkpoints(tmp_path, "mine", behind=True)

    def full(*_: object, **__: object) -> None:
        raise CheckpointException("write", {0: (OSError(errno.ENOSPC, "no space"), StackSummary())})

    monkeypatch.setattr(checkpoint, "save", full)
    checkpoints.save(Checkpoint(1, {"weight": torch.ones(2)}, {}))
    with pytest.raises(Mistake, match="the disk is full"):
        checkpoints.save(Checkpoint(2, {"weight": torch.ones(2)}, {}))


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
    assert len(list(tmp_path.iterdir())) == 2, "what was left half written is overwritten"


def test_the_best_weights_stay_until_training_cannot_go_back_before_better_ones(tmp_path: Path) -> None:
    checkpoints = saved(tmp_path)
    for step in (1, 2, 5):
        checkpoints.save_best(step, {"weight": torch.full((2,), float(step))})
    assert torch.equal(checkpoints.best(5)["weight"], torch.full((2,), 5.0))
    assert torch.equal(checkpoints.best(2)["weight"], torch.full((2,), 2.0)), "what is the best at step 3"
    with pytest.raises(Mistake, match="best weights, those of step 1, are gone"):
        checkpoints.best(1)
    checkpoints.forget(3)
    with pytest.raises(Mistake, match="best weights, those of step 5, are gone"):
        checkpoints.best(5)
    latest = checkpoints.latest()
    assert latest is not None
    assert latest.step == 3


def test_a_checkpoint_that_the_disk_has_no_room_for_is_not_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints = saved(tmp_path)
    usage = SimpleNamespace(total=10**9, used=0, free=checkpoint.ROOM)
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    with pytest.raises(Mistake, match=r"the disk has 0\.1 GB left"):
        checkpoints.save(Checkpoint(9, {"weight": torch.zeros(4)}, {}))
    latest = checkpoints.latest()
    assert latest is not None
    assert latest.step == 3


def test_a_checkpoint_is_due_after_its_interval(tmp_path: Path) -> None:
    assert Checkpoints(tmp_path, "x", every=0).due()
    assert not Checkpoints(tmp_path, "x", every=60).due()
