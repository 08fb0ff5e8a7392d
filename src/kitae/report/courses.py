"""Courses of training: the losses as they fell, how the steps went, and what they took."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from ..core.artifact import Artifact
from .bilingual import Both
from .drawing import Series, line_chart
from .story import Story

CURVE = "curve"
MANNER = ("method", "number_format", "device")

POINTS = 200
"""At most so many are drawn of a line. Of a longer course each is the mean of some steps, one after another."""

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

_TOKENS = Both("訓練したトークン数", "tokens trained")
_TOKENS_SHORT = Both("トークン", "tokens")

Point = tuple[float, float]


@dataclass(frozen=True)
class ShownCourse:
    """One course: a model that came out of it, its curves, and its figures."""

    model: Artifact
    chart: Markup
    """The losses."""
    rate: Markup
    """The learning rate."""
    norm: Markup
    """The gradient's norm, before it was cut."""
    together: int
    """Steps that a point of the lines stands for; 1 where each has its own."""
    steps: int
    tokens: int
    targets: int
    """Tokens that the loss counted."""
    held_out_before: float | None
    held_out_after: float | None
    general_before: float | None
    general_after: float | None
    """On general text, where it was measured: what was forgotten."""
    seconds: float | None
    """Of the steps alone, as the stage measured it; so is the speed."""
    tokens_per_second: float | None
    mfu: float | None
    """Share of what the cards could compute that the model needed; of cards whose peak is known."""
    manner: tuple[str, ...]
    """Method, number format and device."""


def courses(story: Story) -> list[ShownCourse]:
    """Every model of the story that has a curve, in the order of their making."""
    return [_course(model, list(model.raw(CURVE))) for model in story.of("model") if model.has(CURVE)]


def _course(model: Artifact, rows: list[dict[str, Any]]) -> ShownCourse:
    # The first says how the model was before; one that was left out has only what was measured after it.
    steps = [row for row in rows[1:] if not row.get("skipped")]
    together = -(-len(steps) // POINTS)
    held_out, general = (_points(rows, name) for name in ("held_out_loss", "general_loss"))
    training = Series(Both("訓練", "training"), "training", _means(_points(steps, "loss"), together))
    return ShownCourse(
        model=model,
        chart=line_chart(
            (
                training,
                Series(Both("検証", "held out"), "held-out", held_out),
                Series(Both("一般", "general"), "general", general),
            ),
            x_label=_TOKENS,
            y_label=Both("損失（nat／トークン）", "loss (nats per token)"),
        ),
        rate=_small(steps, "learning_rate", Both("学習率", "learning rate"), together),
        norm=_small(steps, "gradient_norm", Both("勾配のノルム", "gradient norm"), together),
        together=max(1, together),
        steps=max((row["step"] for row in rows), default=0),
        tokens=max((row["tokens"] for row in rows), default=0),
        targets=sum(row["targets"] for row in rows),
        held_out_before=held_out[0][1] if len(held_out) > 1 else None,
        held_out_after=held_out[-1][1] if held_out else None,
        general_before=general[0][1] if len(general) > 1 else None,
        general_after=general[-1][1] if general else None,
        seconds=model.measured.get("training_seconds"),
        tokens_per_second=model.measured.get("tokens_per_second"),
        mfu=model.measured.get("mfu"),
        manner=tuple(str(model.facts[name]) for name in MANNER if name in model.facts),
    )


def _small(rows: Sequence[dict[str, Any]], name: str, words: Both, together: int) -> Markup:
    """The chart of one figure of the steps; nothing where none has it."""
    points = _means(_points(rows, name), together)
    power = _power(max((y for _, y in points), default=1.0))
    scaled = tuple((x, y / 10**power) for x, y in points)
    label = Both(f"{words.ja}{_times(power)}", f"{words.en}{_times(power)}")
    return line_chart((Series(words, "training", scaled),), x_label=_TOKENS_SHORT, y_label=label, small=True)


def _power(highest: float) -> int:
    """Of ten, that figures on an axis are written in: small ones would not fit beside it."""
    return math.floor(math.log10(1.1 * highest)) if 0 < highest < 0.1 else 0


def _times(power: int) -> str:
    return f" ×10{str(power).translate(SUPERSCRIPT)}" if power else ""


def _points(rows: Sequence[dict[str, Any]], name: str) -> tuple[Point, ...]:
    """By tokens trained."""
    return tuple((float(row["tokens"]), row[name]) for row in rows if row.get(name) is not None)


def _means(points: Sequence[Point], together: int) -> tuple[Point, ...]:
    """So many points, one after another, as one: their mean, where the last of them stands."""
    if together <= 1:
        return tuple(points)
    groups = (points[start : start + together] for start in range(0, len(points), together))
    return tuple((group[-1][0], sum(y for _, y in group) / len(group)) for group in groups)
