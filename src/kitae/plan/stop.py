"""When training has to stop because the plan says so: the project's budget, or the window's last checkpoint."""

from __future__ import annotations

import datetime
from dataclasses import replace

from ..core.mistakes import Mistake
from ..core.quantity import Money
from ..gate.policy import Place
from ..train.guard import HOUR, Allowance
from .schedule import Amounts, last_checkpoint
from .window import Window


def within_budget(allowed: Allowance, budget: Money | None, spent_yen: float, place: Place | None) -> Allowance:
    """The allowance, cut to what earlier courses left of the project's budget. Where nothing costs, nothing is cut.

    Raises:
        Mistake: nothing is left, or the budget is not in yen as the place's price is.
    """
    if budget is None or place is None or not place.yen_per_hour:
        return allowed
    if budget.currency != "JPY":
        raise Mistake(
            "the budget is not in yen, and the place's price is",
            where="[goal] budget in kitae.toml",
            hint="write the budget in yen",
        )
    left = float(budget.amount) - spent_yen
    if left <= 0:
        raise Mistake(
            f"the budget of {budget} is used up: training took ¥{spent_yen:,.0f} so far",
            where="[goal] budget in kitae.toml",
            hint="raise it, or stay with what was trained; `kitae report` shows what was planned and what it took",
        )
    seconds = left / place.yen_per_hour * HOUR
    of = f"what was left of the budget of {budget} (¥{left:,.0f} at ¥{place.yen_per_hour:,.0f} an hour)"
    return replace(allowed, seconds=seconds, of=of) if seconds < allowed.seconds else allowed


def within_window(
    allowed: Allowance, window: Window | None, amounts: Amounts, place: Place | None, now: datetime.datetime
) -> Allowance:
    """The same, that stops in time for the last checkpoint to leave the machine, if this is the rented place now.

    Raises:
        Mistake: it is too late for that.
    """
    if window is None or place is None or place.name != window.place or not window.start <= now < window.end:
        return allowed
    last = last_checkpoint(window, amounts)
    if now >= last:
        raise Mistake(
            f"the last checkpoint of this window was due at {last:%H:%M}",
            where="[schedule] in kitae.toml",
            hint="bring back what there is: `kitae pull`",
        )
    return replace(allowed, until=last.timestamp(), until_of=f"the time to the last checkpoint, {last:%Y-%m-%d %H:%M},")
