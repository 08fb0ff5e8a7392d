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


def rating_bar(mean: float, interval: Interval, scale: tuple[float, float]) -> Markup:
    """The same for a rating, on an axis of its whole scale with lines at its thirds: 1, 4, 7, 10."""
    low, high = scale

    def place(value: float) -> float:
        return 100 * (value - low) / (high - low)

    parts = [_grid((0, 100 / 3, 200 / 3, 100)), _whisker(*map(place, (interval.low, interval.high, mean)))]
    return _strip(parts, f"{mean:.2f} ({interval.low:.2f}–{interval.high:.2f})")


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


RADAR_WIDTH, RADAR_HEIGHT, RADAR_REACH, RADAR_FONT = 440, 330, 118, 13
"""Of a radar; the reach is that of an axis, the font that of style.css."""


def radar(
    axes: Sequence[Both],
    rows: Sequence[Sequence[float | None]],
    rings: Sequence[tuple[float, str]],
    *,
    shown: int,
) -> Markup:
    """A line around one centre for each row; a table beside it has to say the same, for who cannot see it.

    The page's script chooses which rows are seen, by their class.

    Args:
        axes: Their names, clockwise from the top; at least three.
        rows: Shares of the reach by axis; a line is broken where there is none.
        rings: What is marked on the first axis: share, and what it is called.
        shown: How many rows are seen at first.
    """

    def place(number: int, share: float) -> tuple[float, float]:
        angle = 2 * math.pi * number / len(axes)
        reach = RADAR_REACH * share
        return round(RADAR_WIDTH / 2 + reach * math.sin(angle), 1), round(RADAR_HEIGHT / 2 - reach * math.cos(angle), 1)

    def outline(share: float) -> str:
        return " ".join("{},{}".format(*place(number, share)) for number in range(len(axes)))

    parts = [Markup('<polygon class="grid" points="{}"/>').format(outline(share)) for share, _ in rings]
    for number, name in enumerate(axes):
        end = Markup('<line class="grid" x1="{}" y1="{}" x2="{}" y2="{}"/>')
        parts += [end.format(*place(number, 0), *place(number, 1)), name.inside_svg(_beyond(*place(number, 1.14)))]
    for share, told in rings:
        x, y = place(0, share)
        parts.append(Markup('<text class="tick" x="{}" y="{}">{}</text>').format(x + 4, y + 4, told))
    for number, row in enumerate(rows):
        places = [None if share is None else place(axis, share) for axis, share in enumerate(row)]
        slot = f"slot-{number + 1}" if number < shown else "off"
        parts.append(Markup('<g class="row {}">{}</g>').format(slot, _around(places)))
    aside = max(0.0, 1.14 * RADAR_REACH + _widest(axes) - RADAR_WIDTH / 2)
    return Markup('<svg class="radar" aria-hidden="true" viewBox="{:.0f} 0 {:.0f} {}">{}</svg>').format(
        -aside, RADAR_WIDTH + 2 * aside, RADAR_HEIGHT, Markup("").join(parts)
    )


def _widest(names: Sequence[Both]) -> float:
    """Of the names of a radar's axes, in either language."""
    return max((text_width(text, RADAR_FONT) for name in names for text in (name.ja, name.en)), default=0.0)


def _beyond(x: float, y: float) -> Markup:
    """Where the name of an axis stands, so that it leads away from the centre."""
    aside = x - RADAR_WIDTH / 2
    anchor = "middle" if abs(aside) < 1 else "start" if aside > 0 else "end"
    return Markup('text-anchor="{}" x="{}" y="{}"').format(anchor, x, y + 5)


def _around(places: Sequence[tuple[float, float] | None]) -> Markup:
    """A line from each place to the next, and from the last to the first; none from or to a place that is missing."""
    lines = [
        "M{},{}L{},{}".format(*one, *two)
        for one, two in zip(places, [*places[1:], *places[:1]], strict=True)
        if one is not None and two is not None
    ]
    dots = [Markup('<circle cx="{}" cy="{}" r="3"/>').format(*each) for each in places if each is not None]
    return Markup('<path d="{}"/>{}').format("".join(lines), Markup("").join(dots))


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
