from __future__ import annotations

import datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitae.core.mistakes import Mistake
from kitae.plan.schedule import Amounts, Schedule, last_checkpoint, schedule
from kitae.plan.window import PlannedRun, Window

START = datetime.datetime(2026, 12, 7, 9, tzinfo=datetime.timezone(datetime.timedelta(hours=9)))
HOUR = datetime.timedelta(hours=1)


def window(**changes: object) -> Window:
    return Window.model_validate({"place": "rented", "start": START, "hours": 72, "billing": "block"} | changes)


def run(name: str = "a", hours: float = 10, **changes: object) -> PlannedRun:
    given = {"name": name, "hypothesis": "h", "owner": "o", "stop": "s", "hours": hours}
    return PlannedRun.model_validate(given | changes)


RUNS = st.lists(st.tuples(st.floats(0.5, 40), st.integers(0, 8)), max_size=8).map(
    lambda found: [run(f"r{place}", hours, gpus=gpus) for place, (hours, gpus) in enumerate(found)]
)


@given(RUNS, st.sampled_from(["block", "reservation", "on-demand"]), st.floats(1, 100), st.integers(0, 10**12))
def test_no_gpu_has_two_runs_and_all_end_before_the_last_checkpoint(
    runs: list[PlannedRun], billing: str, megabits: float, down: int
) -> None:
    rented = window(billing=billing, megabits=megabits)
    try:
        found = schedule(rented, runs, gpus=8, amounts=Amounts(down=down))
    except Mistake:
        assert down * 8 / megabits / 1e6 > 70 * 3600
        return
    for lane in range(8):
        slots = sorted((slot for slot in found.slots if lane in slot.lanes), key=lambda slot: slot.start)
        assert all(later.start - earlier.end >= datetime.timedelta(minutes=10) for earlier, later in pairwise(slots))
    assert all(slot.end <= found.last_checkpoint for slot in found.slots)
    assert {slot.run.name for slot in found.slots} | {each.name for each in found.left_out} == {r.name for r in runs}
    assert found.used + found.idle == pytest.approx(found.reserved)
    assert found.idle > 0, "setting up and leaving early are paid for as well"


def test_after_the_last_checkpoint_there_is_time_to_bring_it_back_to_verify_and_to_wipe() -> None:
    found = schedule(window(megabits=100), [run()], gpus=8, amounts=Amounts(down=45 * 10**9))
    told = moments(found)
    assert told["gone"] == START + 72 * HOUR - HOUR / 2
    assert told["wipe"] == told["gone"] - HOUR / 4
    assert told["pull"] == told["last-checkpoint"] == found.last_checkpoint == told["wipe"] - HOUR
    assert last_checkpoint(window(wipe_minutes=60), Amounts()) == told["gone"] - HOUR
    assert found.last_checkpoint == last_checkpoint(window(megabits=100), Amounts(down=45 * 10**9))


def test_small_runs_stand_beside_each_other() -> None:
    found = schedule(window(), [run("a", 20, gpus=4), run("b", 30, gpus=4), run("c", 10, gpus=4)], gpus=8)
    a, b, c = found.slots
    assert a.start == b.start
    assert not set(a.lanes) & set(b.lanes)
    assert c.lanes == a.lanes
    assert c.start == a.end + datetime.timedelta(minutes=10)


def test_what_does_not_fit_is_left_out_and_said_and_a_later_one_may_still_fit() -> None:
    found = schedule(window(), [run("a", 60), run("b", 20), run("c", 5)], gpus=8)
    assert [slot.run.name for slot in found.slots] == ["a", "c"]
    assert [each.name for each in found.left_out] == ["b"]


def moments(found: Schedule) -> dict[str, datetime.datetime | None]:
    return {due.what: due.at for due in (*found.before, *found.during)}


def test_what_comes_before_is_counted_backwards_from_the_start() -> None:
    told = moments(
        schedule(window(approval_days=5, quota_days=10, megabits=100), [], gpus=8, amounts=Amounts(up=45 * 10**9))
    )
    day = datetime.timedelta(days=1)
    assert told["rehearse"] == START - day
    assert told["upload"] == START - day - HOUR
    assert told["quota"] == START - 11 * day
    assert told["approval"] == told["sign"] == START - 16 * day


def test_a_lead_time_that_nobody_said_is_left_open() -> None:
    told = moments(schedule(window(), [], gpus=8))
    assert told["quota"] is told["approval"] is told["upload"] is None


@pytest.mark.parametrize(
    ("changes", "runs"),
    [({"hours": 0.5, "billing": "reservation"}, []), ({}, [run(gpus=9)]), ({}, [run("a"), run("a")])],
)
def test_what_cannot_be_is_refused(changes: dict[str, object], runs: list[PlannedRun]) -> None:
    with pytest.raises(Mistake) as caught:
        schedule(window(**changes), runs, gpus=8)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"hours": 60}, "no block of 60 hours is sold; the next is `hours = 72`"),
        ({"hours": 15 * 24}, "the next is `hours = 504`"),
        ({"hours": 24 * 200}, "longer than a block is sold for"),
        ({"billing": "spot"}, "spot machines cannot be reserved"),
    ],
)
def test_a_window_that_is_not_for_sale_is_refused(changes: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        window(**changes)
    assert window(hours=60, billing="reservation").hours == 60


def test_a_block_is_on_sale_eight_weeks_before() -> None:
    assert moments(schedule(window(), [], gpus=8))["on-sale"] == START - datetime.timedelta(weeks=8)
    assert "on-sale" not in moments(schedule(window(billing="reservation"), [], gpus=8))


def test_a_run_that_nobody_signed_is_named() -> None:
    found = schedule(window(), [run("a", signed_by="佐藤"), run("b")], gpus=8)
    assert [each.name for each in found.unsigned] == ["b"]
