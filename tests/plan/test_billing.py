"""The billing rules, as the providers' pages have them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitae.core.mistakes import Mistake
from kitae.plan.billing import RULES, bill, due_after_cancelling


@pytest.mark.parametrize(
    ("hours", "days"),
    [(1, 1), (24, 1), (24.1, 2), (60, 3), (14 * 24, 14), (14 * 24 + 1, 21), (22 * 24, 28), (182 * 24, 182)],
)
def test_a_block_is_billed_in_days_up_to_two_weeks_and_in_weeks_after(hours: float, days: int) -> None:
    assert bill("block", 1.0, reserved=hours).billed == 24 * days


def test_a_block_of_more_than_182_days_is_not_sold() -> None:
    with pytest.raises(Mistake, match="182 days"):
        bill("block", 1.0, reserved=183 * 24)


def test_work_of_a_whole_day_needs_a_second_one_since_a_block_ends_early() -> None:
    assert bill("block", 23.5).billed == 24
    assert bill("block", 23.6).billed == 48


def test_on_demand_costs_the_hours_and_a_window_costs_all_of_it() -> None:
    assert bill("on-demand", 10.0).idle == 0
    assert bill("on-demand", 10.0, reserved=60).idle == 50
    assert bill("on-demand", 10.0, reserved=60).term == "reservation"
    assert not bill("on-demand", 61.0, reserved=60).enough


def test_only_a_block_is_prepaid_and_all_of_it_is_due_after_cancelling() -> None:
    assert [term for term, rule in RULES.items() if rule.prepaid] == ["block"]
    assert due_after_cancelling("block", bill("block", 10.0), hours_run=-48) == 24
    assert due_after_cancelling("on-demand", bill("on-demand", 10.0), hours_run=4) == 4
    assert due_after_cancelling("reservation", bill("reservation", 10.0, reserved=60), hours_run=20) == 20
    assert due_after_cancelling("reservation", bill("reservation", 10.0, reserved=60), hours_run=-1) is None


@given(st.sampled_from(["on-demand", "spot", "block", "reservation"]), st.floats(0.01, 4000))
def test_the_shortest_window_holds_the_work(term: str, used: float) -> None:
    found = bill(term, used)  # type: ignore[arg-type]
    assert found.enough or found.used - found.usable < 1e-6
    assert found.billed >= used - 1e-6
