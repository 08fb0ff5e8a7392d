from __future__ import annotations

import datetime
import math
import time

import pytest

from kitae.core.mistakes import Mistake, Refused
from kitae.core.quantity import parse_money
from kitae.gate.policy import Place
from kitae.plan.price import exchange
from kitae.plan.schedule import Amounts
from kitae.plan.stop import check_signed, within_budget, within_window
from kitae.plan.window import PlannedRun, Window
from kitae.train.guard import Allowance, Guard

START = datetime.datetime(2026, 12, 7, 9, tzinfo=datetime.timezone(datetime.timedelta(hours=9)))
HOUR = datetime.timedelta(hours=1)
PLACE = Place.model_validate({"name": "rented", "may_hold": "internal", "yen_per_hour": 1000})
WINDOW = Window(place="rented", start=START, hours=24, billing="block", megabits=80)
AN_HOUR = Amounts(down=36 * 10**9)
"""That is sent in an hour."""


def test_what_earlier_courses_left_of_the_budget_is_all_that_may_be_used() -> None:
    found = within_budget(Allowance(), parse_money("1万円"), 7000, PLACE, exchange())
    assert found.seconds == 3 * 3600
    assert "¥3,000" in Guard(found).reason(3 * 3600)
    assert not Guard(found).reason(3 * 3600 - 1)


def test_a_limit_that_is_reached_earlier_stays() -> None:
    earlier = Allowance(60, "`hours`", check_from=5)
    assert within_budget(earlier, parse_money("1万円"), 7000, PLACE, exchange()) == earlier
    assert within_budget(earlier, None, 7000, PLACE, exchange()) == earlier
    assert (
        within_budget(earlier, parse_money("$5"), 0, PLACE.model_copy(update={"yen_per_hour": 0}), exchange())
        == earlier
    )


def test_a_budget_in_dollars_counts_at_the_plan_s_rate() -> None:
    rate = exchange().model_copy(update={"yen": 200.0})
    assert within_budget(Allowance(), parse_money("$50"), 7000, PLACE, rate).seconds == 3 * 3600


def test_a_budget_that_is_used_up_is_a_mistake() -> None:
    with pytest.raises(Mistake, match="budget") as caught:
        within_budget(Allowance(), parse_money("1万円"), 10_000, PLACE, exchange())
    assert caught.value.hint


def test_a_run_that_nobody_signed_does_not_start_in_the_window() -> None:
    run = PlannedRun(name="first", hypothesis="h", owner="o", stop="s", hours=3)
    with pytest.raises(Refused, match="nobody has signed the run `first`"):
        check_signed("tuned", [run], WINDOW, PLACE)
    check_signed("tuned", [run.model_copy(update={"signed_by": "Sato"})], WINDOW, PLACE)
    check_signed("tuned-small", [run], WINDOW, PLACE)
    check_signed("tuned", [run], WINDOW, PLACE.model_copy(update={"name": "elsewhere"}))
    check_signed("tuned", [run], None, PLACE)


def test_in_the_window_training_stops_for_the_last_checkpoint() -> None:
    found = within_window(Allowance(), WINDOW, AN_HOUR, PLACE, START + HOUR)
    assert found.until == (START + 24 * HOUR - HOUR / 2 - HOUR / 4 - HOUR).timestamp()
    assert found.seconds == math.inf


@pytest.mark.parametrize("now", [START - HOUR, START + 24 * HOUR])
def test_outside_of_it_or_elsewhere_nothing_is_cut(now: datetime.datetime) -> None:
    assert within_window(Allowance(), WINDOW, AN_HOUR, PLACE, now) == Allowance()
    other = PLACE.model_copy(update={"name": "office"})
    assert within_window(Allowance(), WINDOW, AN_HOUR, other, START + HOUR) == Allowance()


def test_after_the_last_checkpoint_nothing_begins() -> None:
    with pytest.raises(Mistake, match="07:15"):
        within_window(Allowance(), WINDOW, AN_HOUR, PLACE, START + 23 * HOUR)


def test_a_moment_stops_a_course_however_little_it_took() -> None:
    guard = Guard(Allowance(until=time.time() - 1, until_of="the time to the last checkpoint"))
    assert guard.reason(0) == "the time to the last checkpoint is used up"
    assert not Guard(Allowance(until=time.time() + 60)).reason(10**9)
