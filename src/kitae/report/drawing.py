"""Small pictures as SVG: real text, colours from the page's style sheet, every text escaped.

Drawn by hand and not by a chart library, because the page's themes and its two languages reach into the pictures.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ..evaluate.statistics import Interval
from .bilingual import Both

QUARTERS = (0, 25, 50, 75, 100)


def share_bar(mean: float, interval: Interval, *, goal: float | None = None) -> Markup:
    """A dot on its interval, on an axis of 0 to 100 % that is as wide as its cell. The goal is a dashed line."""
    parts = [_grid(QUARTERS)]
    if goal is not None:
        parts.append(_vertical(100 * goal, "goal"))
    parts.append(_whisker(100 * interval.low, 100 * interval.high, 100 * mean))
    return _strip(parts, f"{100 * mean:.0f}% ({100 * interval.low:.0f}–{100 * interval.high:.0f}%)")


def difference_bar(mean: float, interval: Interval, reach: float) -> Markup:
    """The same for a difference, on an axis from -`reach` to +`reach`, with a line at 0."""

    def place(value: float) -> float:
        return 50 + 50 * max(-1.0, min(1.0, value / reach))

    parts = [_grid((0, 100)), _vertical(50, "zero"), _whisker(*map(place, (interval.low, interval.high, mean)))]
    return _strip(parts, f"{100 * mean:+.0f} ({100 * interval.low:+.0f} … {100 * interval.high:+.0f})")


def _strip(parts: Sequence[Markup], told: str) -> Markup:
    return Markup('<svg class="strip" role="img" aria-label="{}">{}</svg>').format(told, Markup("").join(parts))


def _grid(places: Sequence[float]) -> Markup:
    return Markup("").join(_vertical(place, "grid") for place in places)


def _vertical(place: float, kind: str) -> Markup:
    return Markup('<line class="{1}" x1="{0:.1f}%" x2="{0:.1f}%" y1="0" y2="100%"/>').format(place, kind)


def _whisker(low: float, high: float, mean: float) -> Markup:
    return Markup(
        '<line class="whisker" x1="{:.1f}%" x2="{:.1f}%" y1="50%" y2="50%"/><circle cx="{:.1f}%" cy="50%" r="5"/>'
    ).format(low, high, mean)


@dataclass(frozen=True)
class Series:
    """A line of a chart."""

    name: Both
    kind: str
    """Its class in the style sheet."""
    points: tuple[tuple[float, float], ...]


CHART_WIDTH, CHART_HEIGHT = 340, 220
PLAIN = 100_000
"""Below this a number on an axis is written out."""

LEFT, RIGHT, TOP, BOTTOM = 40, 22, 24, 42


SMALL_WIDTH, SMALL_HEIGHT = 165, 140
"""Of a chart that stands beside another one."""


def line_chart(series: Sequence[Series], *, x_label: Both, y_label: Both, small: bool = False) -> Markup:
    """Lines over common axes. A series of few points shows them as dots as well."""
    whole_width, whole_height = (SMALL_WIDTH, SMALL_HEIGHT) if small else (CHART_WIDTH, CHART_HEIGHT)
    every = [point for each in series for point in each.points]
    if not every:
        return Markup()
    x_low, x_high = 0.0, max(x for x, _ in every) or 1.0
    y_ticks = ticks(min(y for _, y in every), max(y for _, y in every), 4 if small else 5)
    y_low, y_high = y_ticks[0], y_ticks[-1]
    width, height = whole_width - LEFT - RIGHT, whole_height - TOP - BOTTOM

    def place(x: float, y: float) -> tuple[float, float]:
        across = (x - x_low) / (x_high - x_low)
        up = (y - y_low) / (y_high - y_low)
        return round(LEFT + width * across, 1), round(TOP + height * (1 - up), 1)

    parts = [_y_tick(tick, place(x_low, tick)[1], whole_width - RIGHT) for tick in y_ticks]
    parts += [
        amount(tick).inside_svg(
            Markup('text-anchor="middle" x="{}" y="{}"').format(place(tick, y_low)[0], whole_height - BOTTOM + 15)
        )
        for tick in ticks(x_low, x_high, 3 if small else 5)
        if tick <= x_high
    ]
    parts += [_line(each, [place(x, y) for x, y in each.points]) for each in series if each.points]
    below = Markup('text-anchor="middle" x="{}" y="{}"').format(LEFT + width / 2, whole_height - 6)
    above = Markup('x="0" y="11"')
    parts.append(Markup('<g class="label">{}{}</g>').format(x_label.inside_svg(below), y_label.inside_svg(above)))
    return Markup('<svg class="chart{}" role="img" viewBox="0 0 {} {}">{}</svg>').format(
        " small" if small else "", whole_width, whole_height, Markup("").join(parts)
    )


def _y_tick(tick: float, y: float, right: float) -> Markup:
    return Markup(
        '<line class="grid" x1="{}" x2="{}" y1="{y}" y2="{y}"/>'
        '<text class="tick" text-anchor="end" x="{}" y="{}">{}</text>'
    ).format(LEFT, right, LEFT - 6, y + 4, f"{tick:g}", y=y)


def _line(series: Series, places: Sequence[tuple[float, float]]) -> Markup:
    path = " ".join(f"{x},{y}" for x, y in places)
    dots = places if len(places) <= 30 else ()
    return Markup('<g class="series {}"><polyline points="{}"/>{}</g>').format(
        series.kind, path, Markup("").join(Markup('<circle cx="{}" cy="{}" r="2.6"/>').format(x, y) for x, y in dots)
    )


def amount(value: float) -> Both:
    """A round number on an axis as each language shortens it: `2,000`, `20万` and `200k`, `1.5億` and `150M`."""
    return Both(
        _short(value, ((10**8, "億"), (10**4, "万"))), _short(value, ((10**9, "B"), (10**6, "M"), (10**3, "k")))
    )


def _short(value: float, units: Sequence[tuple[int, str]]) -> str:
    if value < PLAIN:
        return f"{value:,.0f}"
    return next(f"{value / one:,g}{unit}" for one, unit in units if value >= one)


def ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round numbers from at or below `low` to at or above `high`, about `wanted` of them."""
    spread = high - low
    if spread < 1e-9 * max(abs(high), 1.0):  # one value, as far as a chart can show
        spread = abs(high) if abs(high) > 1e-9 else 1.0
    rough = spread / (wanted - 1)
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)
    first = math.floor(low / step + 1e-9)
    last = max(math.ceil(high / step - 1e-9), first + 1)
    return [round(number * step, 10) for number in range(first, last + 1)]


def text_width(text: str, size: float) -> float:
    """About how wide a text is drawn, in the unit of `size`: wide characters are square, others a bit over half."""
    return size * sum(1.0 if unicodedata.east_asian_width(each) in "WFA" else 0.58 for each in text)
