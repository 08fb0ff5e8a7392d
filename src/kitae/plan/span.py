"""A figure that is not known exactly: its lower end, its middle and its upper end."""

from __future__ import annotations

import math
from typing import Self

from pydantic import model_validator

from ..core.noun import Noun


class Span(Noun):
    """An interval with the figure to reckon with."""

    low: float
    mid: float
    high: float

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        if not self.low <= self.mid <= self.high:
            raise ValueError(f"{self.low}, {self.mid}, {self.high} are not in order")
        return self

    @classmethod
    def between(cls, low: float, high: float) -> Self:
        """With the geometric middle: it is as many times the lower end as the upper end is of it."""
        # Rounding may put the root of two equal numbers beside them.
        return cls(low=low, mid=min(max(math.sqrt(low * high), low), high), high=high)

    @classmethod
    def exactly(cls, value: float) -> Self:
        return cls(low=value, mid=value, high=value)

    def __mul__(self, factor: float) -> Span:
        return Span(low=self.low * factor, mid=self.mid * factor, high=self.high * factor)

    def __add__(self, other: Span) -> Span:
        return Span(low=self.low + other.low, mid=self.mid + other.mid, high=self.high + other.high)

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    @property
    def width(self) -> float:
        """How many times the lower end the upper end is."""
        return self.high / self.low if self.low else 1.0
