"""Where a training could be done, and why others fell out."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitae.plan.architecture import typical
from kitae.plan.options import Option, Wish, options
from kitae.plan.price import offers
from kitae.plan.recipe import Owned, PlanRecipe
from kitae.plan.span import Span
from kitae.plan.time import Work

TODAY = datetime.date(2026, 11, 26)
WISH = Wish(TODAY)
MODEL = typical(7.96e9)
WORK = Work(tokens=7e9)


def why(out: list[Option], name: str) -> str:
    return next(each.why_out for each in out if each.name == name)


def test_the_cheapest_that_fits_comes_first_and_every_other_has_a_reason() -> None:
    fitting, out = options(MODEL, [WORK], PlanRecipe(), WISH)
    assert [each.whole.mid for each in fitting] == sorted(each.whole.mid for each in fitting)
    assert all(each.why_out for each in out)
    current = {key for key, each in offers().items() if not each.superseded}
    assert {each.name for each in (*fitting, *out)} == current


def test_eighty_gigabytes_fall_out_where_forty_do_for_less() -> None:
    _, out = options(MODEL, [WORK], PlanRecipe(machines=2), WISH)
    told = why(out, "aws:p4de.24xlarge:us-east-1")
    assert told.startswith("not needed: 40 GB fits with ")
    assert told.endswith("activation checkpointing, 20% less at these prices")


def test_what_does_not_fit_on_any_number_of_machines_says_how_much_it_needs() -> None:
    _, out = options(typical(405e9), [WORK], PlanRecipe(machines=1, only=("aws:p4d",)), WISH)
    assert "too little memory" in why(out, "aws:p4d.24xlarge:us-east-1")


def test_more_machines_are_taken_when_one_is_not_in_time() -> None:
    recipe = PlanRecipe(only=("aws:p4d.24xlarge:us-east-1",))
    slow, _ = options(MODEL, [WORK], recipe, WISH)
    fast, _ = options(MODEL, [WORK], recipe, Wish(TODAY, by=TODAY + datetime.timedelta(days=2)))
    assert slow[0].estimate and fast[0].estimate
    assert fast[0].estimate.gpus > slow[0].estimate.gpus


def test_lead_time_counts_against_the_day() -> None:
    wish = Wish(TODAY, by=TODAY + datetime.timedelta(days=10))
    assert options(MODEL, [WORK], PlanRecipe(), wish)[0]
    fitting, out = options(MODEL, [WORK], PlanRecipe(lead_days=14), wish)
    assert not fitting
    assert "not ready by 2026-12-06" in why(out, "aws:p4d.24xlarge:us-east-1")


def test_a_budget_leaves_out_what_goes_over_it_with_its_experiments() -> None:
    fitting, out = options(MODEL, [WORK], PlanRecipe(), Wish(TODAY, budget_yen=1e6))
    assert all(each.whole.mid <= 1e6 for each in fitting)
    assert any(each.why_out.startswith("over the budget by ¥") for each in out)


def test_what_takes_years_is_no_plan() -> None:
    laptop = Option("office", "no GPU", Span.exactly(1e6), *(Span.exactly(0.0),) * 2, 0.0, None, None, "")
    _, out = options(MODEL, [WORK], PlanRecipe(), WISH, places=[laptop])
    assert why(out, "office") == "takes 114 years"


def test_a_card_without_bfloat16_falls_out() -> None:
    _, out = options(typical(1e9), [WORK], PlanRecipe(only=("aws:p3",)), WISH)
    assert "no bfloat16" in why(out, "aws:p3.8xlarge:us")


def test_bought_machines_are_written_off_over_the_hours_in_which_they_compute() -> None:
    own = Owned(
        name="rack",
        gpu="a100-80x8",
        yen=30e6,
        years=4,
        hours_per_year=3000,
        watts=5000,
        yen_per_kwh=30,
        staff_yen_per_year=1.5e6,
        as_of="2026-10",
    )
    assert own.yen_per_hour == pytest.approx(30e6 / 12000 + 500 + 150)
    fitting, _ = options(MODEL, [WORK], PlanRecipe(hardware=(own,), only=("own:",)), WISH)
    assert fitting[0].yen.mid == pytest.approx(own.yen_per_hour * fitting[0].hours.mid)


def test_a_price_of_the_project_goes_before_the_catalogue() -> None:
    key = "aws:p4d.24xlarge:us-east-1"
    own = offers()[key].model_copy(update={"usd": 1.0, "as_of": "2026-11-20"})
    fitting, _ = options(MODEL, [WORK], PlanRecipe(offers=(own,)), WISH)
    assert fitting[0].name == key
    assert fitting[0].estimate and not any("days old" in told for told in fitting[0].estimate.warnings)


@settings(max_examples=15, deadline=None)
@given(st.tuples(st.floats(0.1, 60), st.floats(0.1, 60)).map(sorted))
def test_a_cheaper_price_never_raises_the_plan(cheap_dear: list[float]) -> None:
    key = "aws:p4d.24xlarge:us-east-1"
    recipes = [PlanRecipe(offers=(offers()[key].model_copy(update={"usd": each}),)) for each in cheap_dear]
    cheap, dear = (options(MODEL, [WORK], recipe, WISH)[0][0].whole.mid for recipe in recipes)
    assert cheap <= dear
