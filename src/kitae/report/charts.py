"""Bars for plans: what each part costs, and options beside each other. As wide as the cell that they stand in."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

HEIGHT = 18
"""Pixels of a bar."""

Segment = tuple[str, float]
"""Class in the style sheet, and share of the whole width."""


def bar(segments: Sequence[Segment], *, told: str, interval: tuple[float, float] | None = None) -> Markup:
    """One bar of one or more segments, with a whisker over it where its end is not known exactly.

    Args:
        told: The same in words, for those who do not see it.
        interval: Of the end of the bar, in shares of the whole width.
    """
    parts, left = [], 0.0
    for kind, share in segments:
        parts.append(
            Markup('<rect class="{}" x="{:.2f}%" y="3" width="{:.2f}%" height="{}"/>').format(
                kind, 100 * left, 100 * share, HEIGHT - 6
            )
        )
        left += share
    if interval is not None:
        low, high = (100 * min(1.0, each) for each in interval)
        parts.append(Markup('<line class="whisker" x1="{:.2f}%" x2="{:.2f}%" y1="50%" y2="50%"/>').format(low, high))
    return Markup('<svg class="cost" role="img" aria-label="{}">{}</svg>').format(told, Markup("").join(parts))


def by_part(parts: Sequence[tuple[str, float, str]]) -> list[Markup]:
    """A bar for each part of a cost, on one scale.

    Args:
        parts: Class in the style sheet, amount, and the amount in words.
    """
    most = max((amount for _, amount, _ in parts), default=0.0)
    return [bar([(kind, amount / most if most else 0.0)], told=told) for kind, amount, told in parts]


def compared(options: Sequence[tuple[Sequence[Segment], tuple[float, float], str]]) -> list[Markup]:
    """A bar for each option, its parts one after another, with the interval of its total.

    Args:
        options: Class and amount of each part, low and high of the sum, and the option in words.
    """
    most = max((max(high, sum(amount for _, amount in parts)) for parts, (_, high), _ in options), default=0.0) or 1.0
    return [
        bar([(kind, amount / most) for kind, amount in parts], told=told, interval=(low / most, high / most))
        for parts, (low, high), told in options
    ]
