"""Memory, time, price and energy of one training, against the worked example and against what must always hold."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitae.core.mistakes import Mistake
from kitae.gate.policy import Gpu
from kitae.plan.architecture import typical
from kitae.plan.estimate import Ask, Cost, Estimate, estimate
from kitae.plan.price import Extras, Offer, exchange, grid_of, offer
from kitae.plan.time import Work

TODAY = datetime.date(2026, 11, 26)
A100 = Gpu(card="a100", gib=40, count=8)


def asked(
    key: str, *, tokens: float = 7e9, reserved: float | None = 60, usd: float | None = None, **more: object
) -> Estimate:
    found = offer(key) if usd is None else offer(key).model_copy(update={"usd": usd})
    ask = Ask(
        model=typical(7.96e9),
        works=(Work(tokens=tokens),),
        gpu=found.gpus,
        gpus=16,
        offer=found,
        hours_reserved=reserved,
    )
    return estimate(ask.model_copy(update=more), today=TODAY)


@pytest.mark.parametrize(
    ("key", "usd"),
    [
        ("aws:p4d.24xlarge:us-east-1", 2635),
        ("aws:p4d.24xlarge:ap-northeast-1", 3612),
        ("aws:p4d.24xlarge:us-east-1:2023", 3933),
        ("aws:p4d.24xlarge::block", 2124),
        ("gcp:a2-megagpu-16g:us-central1", 3344),
        ("gcp:a2-highgpu-8g:us-central1", 3526),
    ],
)
def test_sixteen_a100_for_sixty_hours_cost_what_the_worked_example_says(key: str, usd: int) -> None:
    cost = asked(key).cost
    assert cost is not None
    assert round(cost.usd) == usd
    assert cost.jpy == pytest.approx(cost.usd * 150)
    assert cost.tax_jpy == pytest.approx(cost.jpy / 10)


def test_a_block_is_of_whole_days_and_cannot_be_cancelled() -> None:
    found = asked("aws:p4d.24xlarge::block")
    assert found.cost is not None
    assert found.cost.billed_hours == 72
    assert any("neither changed nor cancelled" in told for told in found.warnings)


def test_a_small_model_in_the_worked_window_is_mostly_idle_and_says_so() -> None:
    found = asked("aws:p4d.24xlarge:us-east-1", tokens=1e9)
    assert found.cost is not None
    assert found.cost.idle_usd > 0.8 * found.cost.usd


def test_a_window_that_is_too_short_says_so() -> None:
    found = asked("aws:p4d.24xlarge:us-east-1", reserved=12)
    assert found.cost is not None
    assert not found.cost.enough
    assert "the window of 12 hours is shorter than the work" in found.warnings


def test_an_old_price_says_so_wherever_it_is_used() -> None:
    old = offer("aws:p4d.24xlarge::block")
    assert "of 2024" in old.warning(TODAY)
    assert old.warning(TODAY) in asked(old.key).warnings
    new = Offer(key="own:node:tokyo", gpu="a100-40x8", usd=20, as_of="2026-11-01", source="a quotation")
    assert new.warning(TODAY) == ""
    assert new.warning(TODAY + datetime.timedelta(days=91)) != ""


def test_what_has_no_price_is_not_in_the_sum_and_said_to_be_missing() -> None:
    without = asked("aws:p4d.24xlarge:us-east-1")
    extras = Extras(storage_gb=730, storage_usd=0.5, egress_gb=100, egress_usd=0.1)
    with_prices = asked("aws:p4d.24xlarge:us-east-1", extras=extras)
    assert without.cost is not None and with_prices.cost is not None
    assert without.cost.storage_usd is None
    assert any("storage and egress" in told for told in without.warnings)
    assert not any("storage and egress" in told for told in with_prices.warnings)
    assert with_prices.cost.usd - without.cost.usd == pytest.approx(730 * 0.5 * 60 / 730 + 10)


def test_yen_have_a_band_around_a_dated_rate() -> None:
    cost = asked("aws:p4d.24xlarge:us-east-1").cost
    assert cost is not None
    assert cost.jpy_low == pytest.approx(cost.jpy * (1 - exchange().band))
    assert cost.jpy_high == pytest.approx(cost.jpy * (1 + exchange().band))


def test_a_spot_machine_cannot_be_reserved() -> None:
    with pytest.raises(Mistake, match="spot"):
        asked("aws:p4d.24xlarge:us-east-1:spot")


def test_the_price_of_a_key_that_is_not_there_is_a_mistake_that_names_the_nearest() -> None:
    with pytest.raises(Mistake) as mistake:
        offer("aws:p4d.24xlarge:us-east1")
    assert "aws:p4d.24xlarge:us-east-1" in mistake.value.hint


tokens = st.floats(1e6, 1e13)
terms = st.sampled_from(
    ["aws:p4d.24xlarge:us-east-1", "aws:p4d.24xlarge:us-east-1:spot", "gcp:a2-megagpu-16g:us-central1"]
)


@settings(max_examples=60, deadline=None)
@given(st.tuples(tokens, tokens).map(sorted), terms)
def test_more_tokens_never_cost_less(few_many: list[float], key: str) -> None:
    few, many = (asked(key, tokens=each, reserved=None).cost for each in few_many)
    assert few is not None and many is not None
    assert few.usd <= many.usd and few.usd_high <= many.usd_high


@settings(max_examples=60, deadline=None)
@given(st.tuples(st.floats(0.01, 200), st.floats(0.01, 200)).map(sorted), st.sampled_from([None, 1.0, 60.0, 300.0]))
def test_a_cheaper_price_never_raises_a_plan(cheap_dear: list[float], reserved: float | None) -> None:
    cheap, dear = (asked("aws:p4d.24xlarge:us-east-1", reserved=reserved, usd=each).cost for each in cheap_dear)
    assert cheap is not None and dear is not None
    assert cheap.usd <= dear.usd and cheap.idle_usd <= dear.idle_usd


@settings(max_examples=60, deadline=None)
@given(
    st.floats(1e7, 1e10),
    st.floats(1.001, 20),
    st.sampled_from(["aws:p4d.24xlarge:us-east-1", "aws:p4d.24xlarge::block"]),
)
def test_a_reservation_longer_than_its_use_is_idle_for_the_rest(tokens: float, times: float, key: str) -> None:
    used = asked("aws:p4d.24xlarge:us-east-1", tokens=tokens, reserved=None).wall_hours.mid
    found = asked(key, tokens=tokens, reserved=used * times)
    assert found.cost is not None
    assert found.cost.idle_usd > 0
    assert found.cost.idle_usd == pytest.approx(
        (found.cost.billed_hours - used) / found.cost.billed_hours * found.cost.usd
    )


def own_price(**price: object) -> Offer:
    return Offer.model_validate(
        {"key": "ours:node:tokyo", "gpu": "a100-40x8", "as_of": "2026-11-20", "source": "a quotation", **price}
    )


def paid(found: Offer, **more: Any) -> Cost:
    cost = asked("aws:p4d.24xlarge:us-east-1", offer=found, **more).cost
    assert cost is not None
    return cost


def test_a_price_in_yen_has_no_band_and_is_quoted_in_yen() -> None:
    cost = paid(own_price(yen=3000))
    assert (cost.jpy_low, cost.jpy, cost.jpy_high) == (360_000, 360_000, 360_000)
    assert cost.usd == pytest.approx(360_000 / exchange().yen)
    assert asked("aws:p4d.24xlarge:us-east-1", offer=own_price(yen=3000)).known["cost.jpy"] == "quoted"
    assert asked("aws:p4d.24xlarge:us-east-1").known["cost.jpy"] == "estimated"


def test_tax_is_added_where_it_is_not_in_the_price() -> None:
    assert paid(own_price(yen=3000)).paid_jpy.mid == pytest.approx(396_000)
    assert paid(own_price(yen=3000, with_tax=True)).paid_jpy.mid == pytest.approx(360_000)
    extras = Extras(egress_gb=100, egress_usd=0.1)
    both = paid(own_price(yen=3000, with_tax=True), extras=extras)
    assert both.paid_jpy.mid == pytest.approx(360_000 + 10 * exchange().yen * 1.1)


def test_a_price_that_moves_is_reckoned_at_its_upper_end_and_its_lower_one_is_shown() -> None:
    cost = paid(own_price(usd=8.0, usd_low=2.0))
    assert cost.usd_low == pytest.approx(cost.usd / 4)
    assert cost.jpy_low == pytest.approx(cost.jpy / 4 * (1 - exchange().band))


def test_parts_add_up_to_what_is_paid() -> None:
    extras = Extras(storage_gb=730, storage_usd=0.5, egress_gb=100, egress_usd=0.1)
    cost = paid(own_price(usd=20.0), extras=extras)
    assert sum(part or 0.0 for part in cost.parts_jpy.values()) == pytest.approx(cost.paid_jpy.mid)
    assert cost.parts_jpy["egress"] == pytest.approx(10 * exchange().yen * 1.1)
    assert paid(own_price(usd=20.0)).parts_jpy["storage"] is None


def test_making_the_machines_is_told_apart_and_in_the_sum() -> None:
    grid = grid_of("us-east-1")
    plain = asked("aws:p4d.24xlarge:us-east-1", grid=grid)
    made = asked("aws:p4d.24xlarge:us-east-1", grid=grid.model_copy(update={"embodied": 0.0103}))
    assert plain.embodied_kg is None
    assert made.embodied_kg == pytest.approx(0.0103 * made.gpu_hours.mid)
    assert made.kg is not None and plain.kg is not None
    assert made.kg - plain.kg == pytest.approx(made.embodied_kg)


def test_watts_at_the_plug_go_before_design_power() -> None:
    found = asked("aws:p4d.24xlarge:us-east-1", watts=9000.0)
    assert found.cost
    assert found.kwh == pytest.approx(9 * (found.gpu_hours.mid + 0.15 * found.cost.idle_gpu_hours) / 16)


def test_what_is_held_and_idle_uses_power_too() -> None:
    found = asked("aws:p4d.24xlarge:us-east-1")
    assert found.kwh == pytest.approx(0.44 * (found.gpu_hours.mid + 0.15 * (960 - found.gpu_hours.mid)))
    ask = Ask(model=typical(1e8), works=(Work(tokens=1),), gpu=A100, gpus=8, setup_hours=1 / 3)
    assert estimate(ask, today=TODAY).kwh == pytest.approx(8 / 3 * 0.44 * 0.15, rel=1e-3)


def test_gpus_of_a_rented_machine_that_no_work_uses_are_idle() -> None:
    found = asked("aws:p4d.24xlarge:us-east-1", gpus=12, tokens=5e9)
    assert found.cost is not None
    assert found.cost.machines == 2
    assert found.cost.idle_gpu_hours == pytest.approx(960 - found.gpu_hours.mid)
    assert found.cost.idle_usd == pytest.approx(found.cost.usd * found.cost.idle_gpu_hours / 960)
    assert "4 GPUs of the machines are paid for, and no work uses them" in found.warnings
    full = asked("aws:p4d.24xlarge:us-east-1", gpus=12, works=(Work(tokens=1e13),)).cost
    assert full is not None and full.idle_usd == pytest.approx(full.usd / 4)


def test_a_mean_that_stands_in_for_a_figure_is_told() -> None:
    far = asked("aws:p4de.24xlarge:ap-southeast-1", model=typical(1e8))
    assert any("no grid is known for `ap-southeast-1`" in told for told in far.warnings)
    assert any("nothing of this size is measured" in told for told in far.warnings)
    near = asked("aws:p4d.24xlarge:us-east-1").warnings
    assert not any("no grid" in told or "nothing of this size" in told for told in near)


def test_the_optimiser_of_the_course_is_what_memory_is_reckoned_with() -> None:
    wide, narrow = (
        asked("aws:p4d.24xlarge:us-east-1", works=(Work(tokens=7e9, optimiser=each),)).memory.parts["trained"]
        for each in ("adamw", "adamw8bit")
    )
    assert narrow == pytest.approx(wide * 10 / 16)


def test_what_the_company_loses_itself_goes_before_the_quarter() -> None:
    plain, careful = (
        asked("aws:p4d.24xlarge:us-east-1", works=(Work(tokens=7e9, lost=lost),)).gpu_hours for lost in (None, 0.1)
    )
    assert careful.low == plain.low
    assert careful.high == pytest.approx(plain.high * 0.75 / 0.9)


def test_what_earlier_courses_took_over_their_plan_multiplies_the_hours() -> None:
    plain, learnt = (
        asked("aws:p4d.24xlarge:us-east-1", works=(Work(tokens=7e9, factor=factor),)).gpu_hours.mid
        for factor in (1.0, 1.3)
    )
    assert learnt == pytest.approx(1.3 * plain)
