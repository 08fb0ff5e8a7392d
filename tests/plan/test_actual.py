from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitae.gate.policy import Place
from kitae.plan.actual import LEARNT, Correction, Outcome, correction, outcomes, spent

PLACE = Place.model_validate(
    {
        "name": "rented",
        "gpu": "a100-40x8",
        "nodes": 2,
        "may_hold": "internal",
        "yen_per_hour": 6600,
        "watts": 7000,
        "grams_co2_per_kwh": 459,
        "grid_source": "codecarbon 2023",
    }
)


def outcome(planned: float, actual: float, *, factor: float = 1.0, number: int = 0, stage: str = "tune") -> Outcome:
    return Outcome(
        artifact=f"model/a@{number:08d}",
        stage=stage,
        method="lora",
        place="rented",
        at=f"2026-12-{number + 1:02d}",
        planned=spent(planned, 0, PLACE),
        factor=factor,
        actual=spent(actual, 0, PLACE),
    )


def learnt(found: list[Outcome]) -> Correction:
    return correction(found, stage="tune", method="lora", place="rented")


def test_an_hour_is_told_in_every_unit() -> None:
    """16 A100 for an hour at 7 kW."""
    found = spent(3600, 360, PLACE)
    assert (found.hours, found.gpu_hours, found.idle_hours, found.yen, found.kwh) == (1, 16, 0.1, 6600, 7)
    assert found.kg_co2 == pytest.approx(3.213)
    assert spent(3600, 0, PLACE, kwh=5.0).kwh == 5, "a meter goes before the place's watts"


def test_what_nobody_said_is_not_known() -> None:
    found = spent(3600, 0, None)
    assert (found.gpu_hours, found.yen, found.kwh, found.kg_co2) == (0, 0, None, None)


def test_the_next_plan_is_longer_by_what_the_last_ones_took_more() -> None:
    found = learnt([outcome(100, 150), outcome(100, 120, number=1), outcome(100, 140, number=2)])
    assert (found.factor, found.low, found.high) == pytest.approx((1.4, 1.2, 1.5))
    assert found.courses == 3
    assert learnt([outcome(100, 150, stage="pretrain")]) == Correction()
    assert learnt([]).factor == 1


@given(st.floats(0.2, 5), st.integers(1, 12))
def test_a_plan_that_has_learnt_stays_where_it_is(truth: float, times: int) -> None:
    """Each plan is corrected by what was learnt before it: corrections must not pile up."""
    found: list[Outcome] = []
    for number in range(times):
        factor = learnt(found).factor
        found.append(outcome(100 * factor, 100 * truth, factor=factor, number=number))
    assert learnt(found).factor == pytest.approx(truth)
    assert learnt(found).courses == min(times, LEARNT)


def test_records_are_read_back_in_their_order() -> None:
    late, early = outcome(1, 2, number=5), outcome(1, 3, number=2)
    assert outcomes([late.model_dump(mode="json"), early.model_dump(mode="json")]) == [early, late]
