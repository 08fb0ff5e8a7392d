"""Errors that the user can mend."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class Mistake(Exception):
    """An expected error: what is wrong, where, and what to do. Printed without a traceback; exit code 2."""

    exit_code = 2

    def __init__(self, what: str, *, where: str = "", hint: str = "", readings: tuple[str, ...] = ()) -> None:
        """
        Args:
            readings: What was written could mean each of these.
        """
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint
        self.readings = readings

    def __str__(self) -> str:
        lines = [self.what]
        if self.where:
            lines.append(f"  where: {self.where}")
        if self.hint:
            lines.append(f"  do:    {self.hint}")
        return "\n".join(lines)


class Refused(Mistake):
    """A gate that says no, in the sense of a check that a script waits for; exit code 3."""

    exit_code = 3


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint that names the known word most like `word`, or all of them when none is like it."""
    known = sorted(known)
    close = difflib.get_close_matches(word, known, n=1)
    return f"did you mean `{close[0]}`?" if close else f"known are: {', '.join(known) or 'none'}"
