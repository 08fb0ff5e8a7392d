"""What is billed for a rented machine: the provider's rules as code. The window costs, not the hours that were used.

Sources: AWS and Google Cloud documentation of 2026; what the rules do not say is said to be not known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

from ..core.mistakes import Mistake

Term = Literal["on-demand", "spot", "reservation", "block"]

DAY: Final = 24.0

BLOCK_DAYS: Final = (*range(1, 15), *range(21, 183, 7))
"""That a Capacity Block of AWS may last: single days up to 14, weeks up to 182 days."""

BLOCK_AHEAD: Final = 56
"""Days: a block starts at most 8 weeks after it is bought."""

BLOCK_ENDS_EARLY: Final = 0.5
"""Hours before its end at which the machines begin to be taken away."""


@dataclass(frozen=True)
class Rule:
    """How a way of renting is paid for."""

    cancellation: str
    risk: str
    prepaid: bool = False
    """Whether all of it is charged at once, before."""
    billed_unused: bool = False
    """Whether it costs while nothing runs."""
    steps: tuple[int, ...] = ()
    """Days that it may last; empty where it goes by the second."""
    ends_early: float = 0.0
    """Hours of the end that cannot be used."""
    ahead: int | None = None
    """Days before its start from which it is sold; `None` where the rules name none."""


GIVEN_BACK: Final = "nothing is due after the machine is given back"

RULES: Final[dict[Term, Rule]] = {
    "on-demand": Rule(
        cancellation=GIVEN_BACK,
        risk="there may be no machine on the day",
    ),
    "spot": Rule(
        cancellation=GIVEN_BACK,
        risk="taken away at two minutes' notice; the price moves",
    ),
    "reservation": Rule(
        billed_unused=True,
        cancellation="billed until cancelled; one for a later date has a charge within 8 weeks of its start",
        risk="billed from its start, used or not",
    ),
    "block": Rule(
        prepaid=True,
        billed_unused=True,
        steps=BLOCK_DAYS,
        ends_early=BLOCK_ENDS_EARLY,
        ahead=BLOCK_AHEAD,
        cancellation="it can be neither changed nor cancelled: all of it is due",
        risk="paid before, whole days, no cancellation, ends 30 minutes early",
    ),
}


@dataclass(frozen=True)
class Bill:
    """Hours of one machine."""

    term: Term
    billed: float
    usable: float
    """In which something can run."""
    used: float
    """Of these; more than usable where the window is too short."""

    @property
    def idle(self) -> float:
        """Paid for, and nothing runs."""
        return max(0.0, self.billed - self.used)

    @property
    def enough(self) -> bool:
        return self.used <= self.usable


def bill(term: Term, used: float, *, reserved: float | None = None) -> Bill:
    """
    Args:
        used: Hours that the work takes, with what comes before its first step.
        reserved: Hours of the window. Left out, as short a one as the work fits into; on demand and on spot machines
            there is none, and naming one makes it a reservation.

    Raises:
        Mistake: a block is not sold for so long.
    """
    if term in ("on-demand", "spot"):
        if reserved is None:
            return Bill(term, billed=used, usable=used, used=used)
        if term == "spot":
            raise Mistake(
                "spot machines cannot be reserved",
                where="hours reserved",
                hint="leave the hours out, or rent in another way",
            )
        term = "reservation"
    rule = RULES[term]
    window = used + rule.ends_early if reserved is None else reserved
    billed = DAY * _days(window / DAY, rule.steps) if rule.steps else window
    return Bill(term, billed=billed, usable=max(0.0, billed - rule.ends_early), used=used)


def due_after_cancelling(term: Term, bill_: Bill, *, hours_run: float) -> float | None:
    """Hours that are still charged when it is cancelled after so many; `None` where the rules name no figure.

    Args:
        hours_run: From the start; negative before it.
    """
    if RULES[term].prepaid:
        return bill_.billed
    if term == "reservation" and hours_run < 0:
        return None  # within eight weeks of the start there is a charge, of which no amount is published
    return min(bill_.billed, max(0.0, hours_run))


def _days(wanted: float, steps: tuple[int, ...]) -> int:
    # A hair over a day, from adding up floats, is no further day.
    found = next((days for days in steps if days >= math.floor(wanted * 1e9) / 1e9), None)
    if found is None:
        raise Mistake(
            f"{wanted:,.0f} days are longer than a block is sold for ({steps[-1]} days)",
            where="hours reserved",
            hint="take more machines, several blocks, or a reservation",
        )
    return found
