"""Courses of training: the loss as it fell, and what they took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from ..core.artifact import Artifact
from .bilingual import Both
from .drawing import Series, line_chart
from .story import Story

CURVE = "curve"
MANNER = ("method", "number_format", "device")


@dataclass(frozen=True)
class ShownCourse:
    """One course: a model that came out of it, its curve, and its figures."""

    model: Artifact
    chart: Markup
    steps: int
    tokens: int
    targets: int
    """Tokens that the loss counted."""
    held_out_before: float | None
    held_out_after: float | None
    seconds: float | None
    """Of the steps alone, as the stage measured it; so is the speed."""
    tokens_per_second: float | None
    manner: tuple[str, ...]
    """Method, number format and device."""


def courses(story: Story) -> list[ShownCourse]:
    """Every model of the story that has a curve, in the order of their making."""
    return [_course(model, list(model.raw(CURVE))) for model in story.of("model") if model.has(CURVE)]


def _course(model: Artifact, rows: list[dict[str, Any]]) -> ShownCourse:
    train = tuple((float(row["tokens"]), row["loss"]) for row in rows if row.get("loss") is not None)
    held_out = tuple(
        (float(row["tokens"]), row["held_out_loss"]) for row in rows if row.get("held_out_loss") is not None
    )
    return ShownCourse(
        model=model,
        chart=line_chart(
            (
                Series(Both("訓練", "training"), "training", train),
                Series(Both("検証", "held out"), "held-out", held_out),
            ),
            x_label=Both("訓練したトークン数", "tokens trained"),
            y_label=Both("損失（nat／トークン）", "loss (nats per token)"),
        ),
        steps=max((row["step"] for row in rows), default=0),
        tokens=max((row["tokens"] for row in rows), default=0),
        targets=sum(row["targets"] for row in rows),
        held_out_before=held_out[0][1] if len(held_out) > 1 else None,
        held_out_after=held_out[-1][1] if held_out else None,
        seconds=model.measured.get("training_seconds"),
        tokens_per_second=model.measured.get("tokens_per_second"),
        manner=tuple(str(model.facts[name]) for name in MANNER if name in model.facts),
    )
