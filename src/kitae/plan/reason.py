"""Why something is so, in both languages: commands print the English, pages show either."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """The same words twice."""

    ja: str
    en: str

    def __str__(self) -> str:
        return self.en
