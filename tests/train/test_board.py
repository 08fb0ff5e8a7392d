from __future__ import annotations

import importlib.util
import warnings
from pathlib import Path

import pytest

from kitae.core.mistakes import Mistake
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


@pytest.mark.skipif(not importlib.util.find_spec(PACKAGE), reason=f"{PACKAGE} (extra `tensorboard`) is not installed")
def test_what_tensorboard_reads_are_the_figures_of_the_curve(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

        with board(tmp_path / "tuned") as seen:
            assert seen is not None
            for row in CURVE:
                seen(row)
        found = EventAccumulator(str(tmp_path / "tuned")).Reload()
    told = {tag: [(each.step, each.value) for each in found.Scalars(tag)] for tag in found.Tags()["scalars"]}
    assert told == {
        "loss/training": [(1, 3.25), (3, 3.0)],
        "loss/held out": [(0, 3.5), (3, 3.125)],
        "step/learning rate": [(1, 0.5), (3, 0.25)],
        "step/gradient norm": [(1, 2.0), (3, 1.0)],
    }
