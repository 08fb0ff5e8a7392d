"""Curves for TensorBoard: what it reads of them, in a whole run too, and what becomes of runs without it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from kitae.commands import make_all
from kitae.core.mistakes import Mistake
from kitae.project import Project
from kitae.train.board import PACKAGE, board, check_board
from kitae.train.curve import CurveRow

CURVE = [
    CurveRow(step=0, tokens=0, targets=0, held_out_loss=3.5),
    CurveRow(step=1, tokens=100, targets=50, loss=3.25, learning_rate=0.5, gradient_norm=2.0),
    CurveRow(step=2, tokens=100, targets=0, skipped=True),
    CurveRow(step=3, tokens=200, targets=50, loss=3.0, learning_rate=0.25, gradient_norm=1.0, held_out_loss=3.125),
]


def test_without_the_package_it_is_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kitae.train.board.importlib.util.find_spec", lambda _: None)
    with pytest.raises(Mistake, match="not installed") as raised:
        check_board()
    assert "kitae[tensorboard]" in raised.value.hint


def test_where_nobody_wants_it_nothing_is_written() -> None:
    with board(None) as seen:
        assert seen is None


needs_it = pytest.mark.skipif(
    not importlib.util.find_spec(PACKAGE), reason=f"{PACKAGE} (extra `tensorboard`) is not installed"
)


def shown(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """What TensorBoard itself reads there."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(folder)).Reload()
    return {tag: [(each.step, each.value) for each in found.Scalars(tag)] for tag in found.Tags()["scalars"]}


@needs_it
@pytest.mark.filterwarnings("ignore")
def test_what_tensorboard_reads_are_the_figures_of_the_curve(tmp_path: Path) -> None:
    with board(tmp_path / "tuned") as seen:
        assert seen is not None
        for row in CURVE:
            seen(row)
    assert shown(tmp_path / "tuned") == {
        "loss/training": [(1, 3.25), (3, 3.0)],
        "loss/held out": [(0, 3.5), (3, 3.125)],
        "step/learning rate": [(1, 0.5), (3, 0.25)],
        "step/gradient norm": [(1, 2.0), (3, 1.0)],
    }


def again(folder: Path, *, tensorboard: bool) -> Project:
    """The walked project, to be tuned once more."""
    toml = folder / "kitae.toml"
    written = toml.read_text(encoding="utf-8").replace('tokens = "1.2k"', 'tokens = "1.3k"')
    said = f"\n[train]\ntensorboard = {str(tensorboard).lower()}\n"
    toml.write_text(written.replace("\n[train.pretrain]", f"{said}\n[train.pretrain]"), encoding="utf-8")
    return Project(folder)


@needs_it
@pytest.mark.filterwarnings("ignore")
def test_a_whole_run_writes_the_curve_of_each_course_that_it_makes(walked: Path) -> None:
    project = again(walked, tensorboard=True)
    _, road = make_all(project, until="train")
    tuned = road.tuned["tuned"]
    assert [each.name for each in (walked / "tensorboard").iterdir()] == [tuned.folder.name]
    found = shown(walked / "tensorboard" / tuned.folder.name)
    for title, rows in (
        ("loss/training", [(row.step, row.loss) for row in tuned.rows("curve", CurveRow)]),
        ("loss/held out", [(row.step, row.held_out_loss) for row in tuned.rows("curve", CurveRow)]),
    ):
        there = [(step, value) for step, value in rows if value is not None]
        assert [step for step, _ in found[title]] == [step for step, _ in there]
        assert [value for _, value in found[title]] == pytest.approx([value for _, value in there], rel=1e-6)


def test_a_whole_run_without_it_writes_none_and_makes_the_same_model(walked: Path) -> None:
    project = again(walked, tensorboard=False)
    _, road = make_all(project, until="train")
    assert not (walked / "tensorboard").exists()
    if importlib.util.find_spec(PACKAGE):
        project.store.remove(road.tuned["tuned"].folder)
        toml = walked / "kitae.toml"
        toml.write_text(toml.read_text(encoding="utf-8").replace("tensorboard = false", "tensorboard = true"))
        _, watched = make_all(Project(walked), until="train")
        assert watched.tuned["tuned"].content == road.tuned["tuned"].content


def test_a_whole_run_is_refused_where_it_is_not_installed(walked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kitae.train.board.importlib.util.find_spec", lambda _: None)
    with pytest.raises(Mistake, match="not installed") as raised:
        make_all(again(walked, tensorboard=True), until="train")
    assert raised.value.where == "`tensorboard` in [train]"
