"""Non-inferiority: what is shown to be at most a margin worse passes, by the interval and not by the mean.

Each margin is on the score's own scale: points of a judge's, shares of a program's. The whole and every category that
has a margin have to pass, so no correction for several of them is due: that each is tested alone makes it stricter.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..core.mistakes import Mistake, nearest
from .contrast import Contrast
from .recipe import GateRecipe
from .statistics import Interval


@dataclass(frozen=True)
class Margins:
    """How much worse may pass."""

    whole: float | None = None
    """`None`: not said; then nothing worse passes."""
    categories: Mapping[str, float] = field(default_factory=dict)
    """Of those that are looked at by themselves."""

    def over(self, written: GateRecipe | None) -> Margins:
        """These, and what the project's file says where these say nothing."""
        if written is None:
            return self
        whole = written.margin if self.whole is None else self.whole
        return Margins(whole, {**written.categories, **self.categories})


def read_margins(written: Iterable[str]) -> Margins:
    """`0.02` for the whole, `math=0.05` for a category.

    Raises:
        Mistake: something else, or one said twice.
    """
    found: dict[str, float] = {}
    for each in written:
        category, _, number = each.rpartition("=")
        if category in found:
            what = f"two margins of {category}" if category else "two margins of the whole"
            raise Mistake(what, where="--margin", hint="name each once")
        found[category.strip()] = _number(number, each)
    return Margins(found.pop("", None), found)


def _number(written: str, whole: str) -> float:
    try:
        number = float(written)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise Mistake(f"`{whole}` is no margin", where="--margin", hint="write `0.02`, or `math=0.05` for a category")
    return number


def check_categories(names: Iterable[str], known: Iterable[str], where: str) -> None:
    """
    Raises:
        Mistake: a category that there is not.
    """
    known = sorted(known)
    for name in names:
        if name not in known:
            hint = nearest(name, known) if known else "what is compared here has no categories: leave it out"
            raise Mistake(f"no category `{name}` was compared", where=where, hint=hint)


def behind(found: Contrast, margins: Margins) -> list[str]:
    """Where the first model is not shown to be at most its margin worse, each with the interval."""
    looked_at = [each for each in found.per_category if each.name in margins.categories]
    told = {
        "": short_of(found.difference.interval, margins.whole or 0.0),
        **{each.name: short_of(each.interval, margins.categories[each.name]) for each in looked_at},
    }
    return [f"{name}: {why}" if name else why for name, why in told.items() if why]


def short_of(interval: Interval | None, margin: float) -> str:
    """Why a difference does not pass; empty where it does."""
    if interval is None:
        return "there is nothing to compare it with"
    return f"{interval.low:+.2f} to {interval.high:+.2f}, margin {margin:g}" if interval.low < -margin else ""
