"""When training has to stop because the plan says so: the project's budget, or the window's last checkpoint."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace

from ..core.mistakes import Mistake, Refused
from ..core.quantity import Money
from ..gate.policy import Place
from ..train.guard import HOUR, Allowance
from .price import Exchange
from .schedule import Amounts, last_checkpoint
from .window import PlannedRun, Window


def check_signed(model: str, runs: Sequence[PlannedRun], window: Window | None, place: Place | None) -> None:
    """A model of which no run in the rented window was signed is not trained there.

    Raises:
        Refused: the team planned runs of it, and nobody signed one.
    """
    if window is None or place is None or place.name != window.place:
        return
    planned = [run for run in runs if run.model == model]
    if planned and not any(run.signed_by for run in planned):
        raise Refused(
            f"nobody has signed the run `{planned[0].name}`, which trains model/{model}",
            where="[[runs]] in kitae.toml",
            hint="write who agreed into `signed_by`; `kitae plan schedule` shows what is planned",
        )


def within_budget(
    allowed: Allowance, budget: Money | None, spent_yen: float, place: Place | None, rate: Exchange
) -> Allowance:
    """The allowance, cut to what earlier courses left of the project's budget. Where nothing costs, nothing is cut.

    Args:
        rate: For a budget in dollars.

    Raises:
        Mistake: nothing is left.
    """
    if budget is None or place is None or not place.yen_per_hour:
        return allowed
    left = rate.in_yen(budget) - spent_yen
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
