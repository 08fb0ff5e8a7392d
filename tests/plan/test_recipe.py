"""What a person may say about a plan, and what has to be said together."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from pydantic import ValidationError

from kitae.core.mistakes import Mistake
from kitae.plan.price import Offer, grid_of
from kitae.plan.recipe import EnergyRecipe, PlanRecipe

TODAY = datetime.date(2026, 11, 26)
OFFER: dict[str, Any] = {"key": "ours:node:tokyo", "gpu": "a100-40x8", "as_of": "2026-11-20", "source": "a quotation"}

RACK: dict[str, Any] = {
    "name": "rack", "gpu": "a100-40x8", "yen": 1, "years": 1, "hours_per_year": 1, "as_of": "2026-10"
}  # fmt: skip


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"storage_usd": 0.1}, "storage_gb"),
        ({"egress_usd": 0.1}, "egress_gb"),
        ({"active": "3B"}, "parameters"),
        ({"parameters": "7B", "active": "8B"}, "no more than"),
        ({"as_of": "yesterday"}, "is no date"),
        ({"as_of": "2026-11-26-99-abc"}, "is no date"),
        ({"as_of": "2026-11-26-1"}, "is no date"),
        ({"as_of": "2062-11-26"}, "still to come"),
        ({"yen_per_dollar": 150, "rate_on": "2062-11-26"}, "still to come"),
        ({"offers": [OFFER | {"usd": 1.0, "as_of": "2062"}]}, "still to come"),
        ({"offers": [OFFER | {"usd": 1.0}, OFFER | {"usd": 2.0}]}, "twice"),
        ({"hardware": [RACK | {"as_of": "2062-01"}]}, "still to come"),
        ({"hardware": [RACK, RACK]}, "twice"),
        ({"yen_per_dollar": float("inf"), "rate_on": "2026-11-20"}, "finite"),
        ({"lead_days": 1e12}, "3650"),
        ({"energy": {"market": True}}, "kg_per_kwh"),
        ({"energy": {"hours": "9 to 17"}}, "kg_per_kwh"),
        ({"offers": [OFFER]}, "`usd` or `yen`"),
        ({"offers": [OFFER | {"usd": 1.0, "yen": 150}]}, "`usd` or `yen`"),
        ({"offers": [OFFER | {"usd": 1.0, "usd_low": 2.0}]}, "no more than"),
        ({"offers": [OFFER | {"key": "ours:node:tokyo:spott", "usd": 1.0}]}, "spot"),
    ],
)
def test_what_says_too_little_or_two_things_is_refused(said: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        PlanRecipe.model_validate(said)


def test_a_beginning_of_no_key_names_the_nearest() -> None:
    ours = {"hardware": [RACK]}
    PlanRecipe.model_validate(ours | {"only": ["aws:p4d", "own:rack", "place:lab"]}).check_only(["lab"])
    for wrong, right in (("asw:p4d", "aws:p4d"), ("own:rakc", "own:rack"), ("place:lib", "place:lab")):
        with pytest.raises(Mistake, match=wrong) as caught:
            PlanRecipe.model_validate(ours | {"only": [wrong]}).check_only(["lab"])
        assert right in caught.value.hint


def test_the_end_of_a_key_says_how_it_is_rented() -> None:
    terms = {"": "on-demand", ":spot": "spot", ":block": "block", ":reserved": "reservation"}
    for end, term in terms.items():
        assert Offer.model_validate(OFFER | {"key": f"ours:node:tokyo{end}", "usd": 1.0}).term == term


def test_making_the_machines_counts_on_any_grid() -> None:
    region = grid_of("ap-northeast-1")
    found = EnergyRecipe(embodied=0.01).over(region)
    assert (found.kg_per_kwh, found.embodied) == (region.kg_per_kwh, 0.01)
    own = EnergyRecipe(
        kg_per_kwh=0.2, market=True, power_source="hydro", hours="9 to 17", source="our supplier", year=2025
    )
    assert str(own.over(region)) == "0.2 kg/kWh, market-based, hydro, 9 to 17: our supplier (2025)"


def test_prices_without_a_day_of_their_own_say_so_and_old_ones_too() -> None:
    api = {"serving": {"api_usd_in": 3.0, "api_usd_out": 15.0}, "egress_usd": 0.1, "egress_gb": 1}
    assert PlanRecipe().warnings(TODAY) == []
    undated = PlanRecipe.model_validate(api).warnings(TODAY)
    assert undated == ["of which day the prices of egress, the API are is not said: write as_of in [plan]"]
    assert PlanRecipe.model_validate(api | {"as_of": "2026-11-20"}).warnings(TODAY) == []
    (old,) = PlanRecipe.model_validate(api | {"as_of": "2026-08-01"}).warnings(TODAY)
    assert "of 2026-08-01, up to 117 days old" in old


def test_a_rate_that_is_old_says_so() -> None:
    new = PlanRecipe.model_validate({"yen_per_dollar": 150, "rate_on": "2026-11-20"}).exchange
    old = PlanRecipe.model_validate({"yen_per_dollar": 150, "rate_on": "2026-08-20"}).exchange
    assert new.warning(TODAY) == ""
    assert "98 days old" in old.warning(TODAY)
