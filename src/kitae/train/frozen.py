"""Parts of a model that stay as they are while the rest is trained."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence

from ..core.mistakes import Mistake
from .recipe import Course

SHOWN = 3
"""How many names an error shows."""


def frozen(course: Course, names: Sequence[str]) -> set[str]:
    """Those weights of a model that `freeze` names; under LoRA they get no adapter.

    Raises:
        Mistake: a pattern names none.
    """
    for pattern in course.freeze:
        if not fnmatch.filter(names, pattern):
            raise _mistake(f"`{pattern}` in `freeze` names no weight", course, names)
    return {name for name in names if course.freezes(name)}


def nothing_left(course: Course, names: Sequence[str]) -> Mistake:
    """Where all that would be trained is frozen."""
    return _mistake("`freeze` leaves nothing to train", course, names)


def of_these(course: Course, names: Sequence[str]) -> Course:
    """The course for a part of a model: without patterns that name none of its weights, or together all of them."""
    there = tuple(pattern for pattern in course.freeze if fnmatch.filter(names, pattern))
    left = course.model_copy(update={"freeze": there})
    return course.model_copy(update={"freeze": ()}) if all(map(left.freezes, names)) else left


def _mistake(what: str, course: Course, names: Sequence[str]) -> Mistake:
    some = [*names[:SHOWN], "…", names[-1]] if len(names) > SHOWN + 1 else names
    return Mistake(
        what,
        where=f"`freeze` in [train.{course.name}]",
        hint=f"weights are named {', '.join(some)}; `*` stands for anything",
    )
