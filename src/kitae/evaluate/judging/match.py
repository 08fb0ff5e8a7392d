"""Which of several judgments of the same thing are held against each other."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

from .alike import Conditions

T = TypeVar("T")


def matched(
    first: Sequence[T],
    second: Sequence[T],
    key: Callable[[T], Hashable],
    conditions: Callable[[T], Conditions],
) -> tuple[list[T], list[T]]:
    """One row of each model for each key: the latest two under the same conditions, else the latest.

    A question that was worded anew, or a judge's prompt that was, leaves rows of the old one beside the new.

    Returns:
        Of the first and of the second; keys that only one has are kept.
    """
    one, two = _by_key(first, key), _by_key(second, key)
    found: tuple[list[T], list[T]] = ([], [])
    for each in dict.fromkeys([*one, *two]):
        own, other = one.get(each, []), two.get(each, [])
        pairs = ((mine, theirs) for mine in own for theirs in other if conditions(mine) == conditions(theirs))
        mine, theirs = next(pairs, (own[0] if own else None, other[0] if other else None))
        found[0].extend([mine] if mine is not None else [])
        found[1].extend([theirs] if theirs is not None else [])
    return found


def _by_key(rows: Sequence[T], key: Callable[[T], Hashable]) -> dict[Hashable, list[T]]:
    found: dict[Hashable, list[T]] = {}
    for row in reversed(rows):
        found.setdefault(key(row), []).append(row)
    return found
