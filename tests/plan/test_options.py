"""Where a training could be done, and why others fell out."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitae.plan.architecture import typical
from kitae.plan.options import Kind, Option, Wish, options
from kitae.plan.price import grid_of, offers
from kitae.plan.recipe import Owned, PlanRecipe
from kitae.plan.span import Span
from kitae.plan.time import Work

TODAY = datetime.date(2026, 11, 26)
WISH = Wish(TODAY)
MODEL = typical(7.96e9)
WORK = Work(tokens=7e9)


def why(out: list[Option], name: str) -> str:
    return next(str(each.why_out) for each in out if each.name == name)


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
    over = [str(each.why_out) for each in out if str(each.why_out).startswith("over the budget by ¥")]
    assert over and all(each.endswith("万円)") for each in over)


def test_what_is_over_the_budget_is_shown_on_the_fewest_machines() -> None:
    _, out = options(typical(1e9), [WORK], PlanRecipe(only=("aws:p4d.24xlarge:us-east-1",)), Wish(TODAY, budget_yen=1))
    assert out[0].what == "8 × A100 40 GB"


def test_what_is_over_the_budget_at_its_upper_end_alone_says_so() -> None:
    free = options(MODEL, [WORK], PlanRecipe(), WISH)[0][0]
    assert free.at_worst is None
    first = options(MODEL, [WORK], PlanRecipe(), Wish(TODAY, budget_yen=free.whole.mid))[0][0]
    assert str(first.at_worst).startswith("over the budget at worst: by ¥")
    assert options(MODEL, [WORK], PlanRecipe(), Wish(TODAY, budget_yen=free.whole.high))[0][0].at_worst is None


def test_more_machines_that_are_faster_and_about_as_dear_are_told() -> None:
    first = options(MODEL, [WORK], PlanRecipe(only=("aws:p4d.24xlarge:us-east-1",)), WISH)[0][0]
    assert first.faster
    assert first.faster.hours.mid < first.hours.mid / 2
    assert first.yen.mid < first.faster.yen.mid <= 1.1 * first.yen.mid
    small = options(typical(1e8), [Work(tokens=1e7)], PlanRecipe(only=("aws:p4d.24xlarge:us-east-1",)), WISH)[0][0]
    assert small.faster is None, "setting up is most of it"


def test_a_declared_place_with_a_price_is_there() -> None:
    offer = offers()["aws:p4d.24xlarge:us-east-1"].model_copy(update={"key": "place:lab:"})
    first = options(MODEL, [WORK], PlanRecipe(only=("place:",)), WISH, own=[Kind(offer, 2, whole=True)])[0][0]
    assert first.risk == "declared in [[places]]; others may need it too"


def test_what_takes_years_is_no_plan() -> None:
    laptop = Option("office", "no GPU", Span.exactly(1e6), *(Span.exactly(0.0),) * 2, {}, None, None, "")
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


def test_the_parts_of_an_option_add_up_to_all_of_it() -> None:
    said = {
        "storage_gb": 500,
        "storage_usd": 0.1,
        "egress_gb": 60,
        "egress_usd": 0.09,
        "people": {"days": 20, "yen_per_day": 40_000},
        "teacher": {"number": "10万", "tokens_in": 1500, "tokens_out": 500, "usd_in": 0.3, "usd_out": 1.2},
    }
    fitting, _ = options(MODEL, [WORK], PlanRecipe.model_validate(said), WISH)
    for each in fitting:
        assert sum(part or 0.0 for part in each.parts.values()) == pytest.approx(each.whole.mid)
        assert each.parts["storage"] and each.parts["egress"] and each.parts["teacher"]
        assert each.idle_yen == each.parts["paid but idle"]


def test_what_was_bought_is_no_window_and_pays_no_egress() -> None:
    own = Owned(name="rack", gpu="a100-80x8", yen=30e6, years=4, hours_per_year=3000, as_of="2026-10")
    recipe = PlanRecipe(hardware=(own,), only=("own:",), hours_reserved=600, egress_gb=60, egress_usd=0.09)
    found = options(MODEL, [WORK], recipe, WISH)[0][0].estimate
    assert found and found.cost
    assert found.cost.billed_hours == pytest.approx(found.wall_hours.mid)
    assert found.cost.egress_usd is None
    assert not any("no price here" in told for told in found.warnings)


def test_a_place_is_reckoned_as_it_was_learnt_and_with_its_own_power() -> None:
    offer = offers()["aws:p4d.24xlarge:us-east-1"].model_copy(update={"key": "place:lab:", "as_of": "2026-11-20"})
    grid = grid_of("osaka")
    plain = options(MODEL, [WORK], PlanRecipe(only=("place:",)), WISH, own=[Kind(offer, 2)])[0][0]
    slower = [WORK.model_copy(update={"factor": 2.0})]
    own = Kind(offer, 2, works=slower, whole=True, watts=4500.0, grid=grid)
    known = options(MODEL, [WORK], PlanRecipe(only=("place:",)), WISH, own=[own])[0][0]
    assert known.estimate and plain.estimate
    assert known.estimate.gpu_hours.mid == pytest.approx(2 * plain.estimate.gpu_hours.mid)
    assert plain.estimate.gpus == 8 and known.estimate.gpus == 16
    assert known.kg and known.kwh
    idle = 16 * PlanRecipe().setup_minutes / 60
    assert known.kwh == pytest.approx(9 * (known.estimate.gpu_hours.mid + 0.15 * idle) / 16)
    assert known.kg == pytest.approx(known.kwh * grid.kg_per_kwh)


def test_every_reason_is_told_in_japanese_too() -> None:
    wish = Wish(TODAY, by=TODAY + datetime.timedelta(days=1), budget_yen=1.0)
    for recipe in (PlanRecipe(), PlanRecipe(hours_reserved=1), PlanRecipe(machines=1)):
        for size in (1e9, 405e9):
            _, out = options(typical(size), [WORK], recipe, wish)
            for each in out:
                assert each.why_out is not None
                assert any("ぁ" <= letter <= "龥" for letter in each.why_out.ja)
