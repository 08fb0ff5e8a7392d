"""Curves for TensorBoard, while a course runs. What a model is stands in `curve.jsonl`; this is for looking on."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ..core.mistakes import Mistake
from .curve import CurveRow

PACKAGE: Final = "tensorboard"

SCALARS: Final = {
    "loss": "loss/training",
    "held_out_loss": "loss/held out",
    "general_loss": "loss/general",
    "learning_rate": "step/learning rate",
    "gradient_norm": "step/gradient norm",
}
"""Figures of a step, and what TensorBoard calls them."""

MEASURED: Final = ("held_out_loss", "general_loss")
"""Figures of the model as it is, whatever the step was."""


def check_board() -> None:
    """
    Raises:
        Mistake: TensorBoard is not installed.
    """
    if importlib.util.find_spec(PACKAGE) is None:
        raise Mistake(
            "curves for TensorBoard need its package, which is not installed",
            where="`tensorboard` in [train]",
            hint="pip install 'kitae[tensorboard]', or set `tensorboard = false`",
        )


@contextmanager
def board(folder: Path | None) -> Iterator[Callable[[CurveRow], None] | None]:
    """What writes each step of a course below `folder`; `None` where there is none."""
    if folder is None:
        yield None
        return
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(folder)) as writer:

        def write(row: CurveRow) -> None:
            for name, title in SCALARS.items():
                if (value := getattr(row, name)) is not None and (name in MEASURED or _is_step(row)):
                    writer.add_scalar(title, value, row.step)

        yield write


def _is_step(row: CurveRow) -> bool:
    """Whether it was trained: neither the row of before, nor one that was left out."""
    return row.step > 0 and not row.skipped
