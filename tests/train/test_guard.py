from __future__ import annotations

import pytest

from kitae.core.mistakes import Mistake
from kitae.core.quantity import parse_money
from kitae.train.guard import Guard, allowance
from kitae.train.recipe import Limits


def test_energy_that_the_gpus_counted_goes_before_what_the_place_draws() -> None:
    guard = Guard(allowance(Limits(kwh=2), watts=1000))
    assert not guard.reason(7100)
    assert guard.reason(7200) == "`kwh = 2` at 1,000 W is used up"
    assert not guard.reason(10**6, 7.1e6)
    assert guard.reason(1, 7.2e6) == "`kwh = 2` as the GPUs counted is used up"


def test_time_and_energy_are_limits_of_their_own() -> None:
    guard = Guard(allowance(Limits(kwh=2, hours=1, budget=parse_money("1万円")), watts=1, yen_per_hour=1))
    assert guard.reason(3600, 0.0) == "`hours = 1` is used up"
    assert guard.reason(60, 7.2e6).startswith("`kwh = 2`")


def test_energy_without_a_figure_of_the_place_is_a_mistake() -> None:
    with pytest.raises(Mistake, match="does not say its `watts`"):
        allowance(Limits(kwh=2))
