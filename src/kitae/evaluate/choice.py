"""Which of several candidates: by intervals, not by means, and only among those that may be compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ..core.noun import Noun
from .clusters import paired_spread, questions_needed
from .statistics import Difference, Interval, paired_difference

ALIKE = 0.1
"""Share by which costs or sizes have to differ before they are a reason: their figures are no more exact."""


@dataclass(frozen=True)
class Standing:
    """What a candidate has come to."""

    name: str
    mean: float | None
    """On the suite that decides; `None` where it has no score that means anything."""
    interval: Interval | None
    computed: str
    """Engine and number format, and of a judge what served it: scores of different ones are not compared."""
    barred: str = ""
    """Why it may not be taken, whatever its score; empty where it may."""
    doubt: str = ""
    """What has to be settled before it is used."""
    yen: float | None = None
    """For 1,000 answers."""
    gib: float | None = None
    """To serve it."""
    tokens: float | None = None
    """Of 1,000 characters of the project's text."""


class Pair(Noun):
    """Two candidates on the questions that both answered: the first minus the second."""

    first: str
    second: str
    difference: Difference
    questions: int
    needed: int | None
    """Questions in all that would tell them apart in four of five trials, if they differ by so much; `None` where they
    do already, or there is nothing to reckon from."""

    @property
    def told_apart(self) -> bool:
        """Whether the interval leaves out 0."""
        interval = self.difference.interval
        return interval is not None and not interval.low <= 0 <= interval.high


Compare = Callable[[str, str], Pair]


@dataclass(frozen=True)
class Choice:
    """The candidate to take, and why."""

    recommended: str | None
    equals: tuple[str, ...]
    """The best and those that cannot be told from it, of all that may be compared; empty where nothing can be taken."""
    pairs: tuple[Pair, ...]
    reasons: tuple[str, ...]


def pair_of(first: str, second: str, one: Mapping[str, float], other: Mapping[str, float]) -> Pair:
    """
    Args:
        one: What each question counts for the first.
        other: The same of the second.
    """
    shared = [question for question in one if question in other]
    difference = paired_difference([one[each] for each in shared], [other[each] for each in shared])
    spread = paired_spread({(each, 0): one[each] for each in shared}, {(each, 0): other[each] for each in shared})
    needed = questions_needed(spread) if spread else None
    return as_pair(first, second, difference, len(shared), needed)


def as_pair(first: str, second: str, difference: Difference, questions: int, needed: int | None) -> Pair:
    """A pair that does not name as needed what was not enough, or is not needed."""
    found = Pair(first=first, second=second, difference=difference, questions=questions, needed=None)
    more = needed is not None and needed > questions and not found.told_apart
    return found.model_copy(update={"needed": needed}) if more else found


def choose(standings: Sequence[Standing], compare: Compare) -> Choice:
    """The best of those that may be taken; of equals one in no doubt, then the cheapest, the smallest, the tersest.

    Where candidates were computed by several engines or in several number formats, there is a best of each and none of
    all.
    """
    open_ = [each for each in standings if each.mean is not None and not each.barred]
    groups: dict[str, list[Standing]] = {}
    for each in open_:
        groups.setdefault(each.computed, []).append(each)
    found = [_among(group, compare) for group in groups.values()]
    reasons = [reason for each in found for reason in each.reasons] + [_left_out(each) for each in standings]
    pairs = tuple(pair for each in found for pair in each.pairs)
    if len(found) != 1:
        taken = [each.recommended for each in found if each.recommended]
        why = _apart(groups, taken) if groups else "nothing is recommended: no candidate is left"
        return Choice(None, (), pairs, tuple(filter(None, [*reasons, why])))
    return Choice(found[0].recommended, found[0].equals, pairs, tuple(filter(None, reasons)))


def _among(group: Sequence[Standing], compare: Compare) -> Choice:
    """Of candidates that may be compared."""
    best = max(group, key=lambda each: each.mean or 0.0)
    pairs = [compare(each.name, best.name) for each in group if each is not best]
    alike = {pair.first for pair in pairs if not pair.told_apart}
    equals = [each for each in group if each is best or each.name in alike]
    taken, why = _taken(equals)
    reasons = [_highest(best, alone=not pairs), *map(_told, pairs), *why]
    if taken.doubt:
        reasons.append(f"before `{taken.name}` is used: {taken.doubt}")
    return Choice(taken.name, tuple(each.name for each in equals), tuple(pairs), tuple(reasons))


def _highest(best: Standing, *, alone: bool) -> str:
    ends = f" ({best.interval.low:.2f}..{best.interval.high:.2f})" if best.interval else ""
    score = f"{best.mean or 0.0:.2f}{ends}"
    if alone:
        return f"`{best.name}` has {score}, and nothing to be compared with"
    if not best.mean:
        return f"nobody is right on anything, {score}: these questions tell nothing"
    return f"`{best.name}` has the highest score, {score}"


def _told(pair: Pair) -> str:
    found = pair.difference
    if found.mean is None or found.interval is None:
        return f"`{pair.first}` cannot be told from `{pair.second}`: {pair.questions} questions are too few"
    ends = f"{found.mean:+.2f} ({found.interval.low:+.2f}..{found.interval.high:+.2f})"
    if pair.told_apart:
        better = "better" if found.mean > 0 else "worse"
        return f"`{pair.first}` is {better} than `{pair.second}`: {ends} on {pair.questions} questions"
    return f"`{pair.first}` cannot be told from `{pair.second}`: {ends} on {pair.questions} questions; {_needed(pair)}"


def _needed(pair: Pair) -> str:
    if not pair.difference.mean:
        return "there is no difference to reckon from how many would do"
    if pair.needed is None:
        return "too few of them differ to say how many would do"
    return f"about {pair.needed:,} would do, {pair.needed - pair.questions:,} more, if they differ by so much"


def _taken(equals: Sequence[Standing]) -> tuple[Standing, list[str]]:
    """One of them, and what decided."""
    left, why = list(equals), []
    for narrow in (_undoubted, _cheapest, _smallest, _densest):
        kept, reason = narrow(left)
        if len(kept) < len(left):
            why.append(reason)
        left = kept
    if len(left) > 1:
        why.append(f"nothing tells {_names(left)} apart: the first is taken")
    return left[0], why


def _undoubted(equals: list[Standing]) -> tuple[list[Standing], str]:
    sure = [each for each in equals if not each.doubt]
    doubts = "; ".join(f"`{each.name}`: {each.doubt}" for each in equals if each.doubt)
    return (sure, f"among equals what is in no doubt goes first; there is one about {doubts}") if sure else (equals, "")


def _cheapest(equals: list[Standing]) -> tuple[list[Standing], str]:
    return _least(equals, lambda each: each.yen, lambda yen: f"¥{yen:,.3g}", "what 1,000 answers cost")


def _smallest(equals: list[Standing]) -> tuple[list[Standing], str]:
    return _least(equals, lambda each: each.gib, lambda gib: f"{gib:,.1f} GiB", "memory to serve")


def _densest(equals: list[Standing]) -> tuple[list[Standing], str]:
    what = "tokens for 1,000 characters of the project's text"
    return _least(equals, lambda each: each.tokens, lambda tokens: f"{tokens:,.0f}", what)


def _least(
    equals: list[Standing],
    read: Callable[[Standing], float | None],
    write: Callable[[float], str],
    what: str,
) -> tuple[list[Standing], str]:
    """Those that take the least of something, and those that take hardly more; all where it is not known of each."""
    known = {each.name: value for each in equals if (value := read(each)) is not None}
    if len(known) < len(equals):
        return equals, ""
    least = min(known.values())
    kept = [each for each in equals if known[each.name] <= least * (1 + ALIKE)]
    told = ", ".join(f"`{name}` {write(value)}" for name, value in known.items())
    return kept, f"among equals the least is taken; {what}: {told}"


def _left_out(standing: Standing) -> str:
    if standing.barred:
        return f"`{standing.name}` is left out: {standing.barred}"
    return f"`{standing.name}` is left out: its score means nothing" if standing.mean is None else ""


def _apart(groups: Mapping[str, Sequence[Standing]], taken: Sequence[str]) -> str:
    told = "; ".join(f"{_names(group)} by {computed}" for computed, group in groups.items())
    between = " and ".join(f"`{name}`" for name in taken)
    return f"nothing is recommended between {between}: engine or number format, or the judge's server, differs ({told})"


def _names(standings: Sequence[Standing]) -> str:
    return ", ".join(f"`{each.name}`" for each in standings)
