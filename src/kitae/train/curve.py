"""The course of training, step by step, and when it has gone wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pydantic import ConfigDict

from ..core.noun import Noun

WINDOW: Final = 16
"""Steps that a sudden loss is held against; before there are so many, nothing is called sudden."""

SUDDEN: Final = 1.5
"""A loss is out of the ordinary above so many times the highest of the window …"""

LEAST: Final = 0.5
"""… and so many nats more. Rows differ, and what is learnt of a row by heart lowers the others' loss first."""


class CurveRow(Noun):
    """One step of the optimiser. Numbers are exact, so that two runs can be compared."""

    # A held-out loss that is not a number is a finding about the model, and a checkpoint with it can be gone on from.
    model_config = ConfigDict(allow_inf_nan=True)

    step: int
    """1 for the first; 0 for the row that says how the model was before."""
    tokens: int
    """Trained so far."""
    targets: int
    """Tokens of this step that the loss counts; pairs where preferences are learnt."""
    loss: float | None = None
    """Mean over the step's targets, before the step, in nats."""
    learning_rate: float = 0.0
    gradient_norm: float | None = None
    """Before it was cut."""
    held_out_loss: float | None = None
    general_loss: float | None = None
    """On general text, which shows what is forgotten."""
    skipped: bool = False
    """Left out because training went wrong there."""


def spiked(curve: Sequence[CurveRow]) -> bool:
    """Whether the last two steps' losses are far above all of the window before them.

    One alone may be an odd text; two mean that an earlier step has done damage.
    """
    losses = [row.loss for row in curve if row.loss is not None]
    if len(losses) < WINDOW + 2:
        return False
    *before, one, other = losses[-WINDOW - 2 :]
    return min(one, other) > SUDDEN * max(before) + LEAST
