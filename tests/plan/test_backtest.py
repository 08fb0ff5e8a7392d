"""The planner against published runs: nothing fitted, every row told."""

from __future__ import annotations

import pytest

from kitae.plan import time
from kitae.plan.backtest import backtest
from kitae.plan.energy import Power, carbon, kwh
from kitae.plan.price import grid_of, grids

FOUND = backtest()


@pytest.mark.parametrize("row", FOUND.energy, ids=lambda row: row.name)
def test_published_energy_and_carbon_come_out_to_the_printed_digit(row: object) -> None:
    assert row.exact  # type: ignore[attr-defined]


def test_a_wrong_constant_would_be_seen() -> None:
    from kitae.plan.backtest import Constants, recompute

    row = Constants(name="LLaMA-7B", gpu_hours=82432, watts=400, pue=1.2, kg_per_kwh=0.385, mwh="36.27", tonnes="13.96")
    assert not recompute(row).exact


def test_most_runs_on_a100_lie_inside_intervals_no_wider_than_two() -> None:
    found = next(each for each in FOUND.coverage if each.card == "a100")
    assert found.inside >= 0.8 * found.runs
    assert found.runs == 13
    assert found.widest <= 2


def test_h100_is_told_as_it_is() -> None:
    found = next(each for each in FOUND.coverage if each.card == "h100")
    assert (found.inside, found.runs) == (4, 9)
    assert found.widest <= 2


def test_every_run_outside_has_its_reason() -> None:
    assert [run.name for run in FOUND.runs if not run.inside and not run.why] == []


def test_no_measured_row_is_of_a_run_that_is_predicted() -> None:
    from kitae.plan.cards import reached

    assert not any("TinyLlama" in row.source for row in reached())


def test_without_losses_fewer_runs_would_lie_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "LOST", 0.0)
    found = next(each for each in backtest().coverage if each.card == "a100")
    assert found.inside < 0.8 * found.runs


def test_memory_lies_within_fifteen_percent_but_for_two_rows_that_are_named() -> None:
    outside = [row for row in FOUND.memory if not row.within]
    assert len(FOUND.memory) == 7
    assert [row.name for row in outside] == ["litgpt Llama 2 7B LoRA nf4", "litgpt Llama 2 13B LoRA nf4"]
    assert all(row.why for row in outside)


def test_nine_hundred_and_sixty_gpu_hours_are_422_kilowatt_hours() -> None:
    energy = kwh(960, Power(watts=400))
    assert round(energy.value) == 422
    assert energy.how == "estimated"
    assert round(carbon(energy, grids()["tokyo"]).value, 0) == 194
    assert round(carbon(energy, grids()["jp"]).value, 0) == 205


def test_a_grid_without_a_year_says_so() -> None:
    assert "(year not known)" in str(grids()["tokyo"])
    assert "(2023)" in str(grids()["jp"])


@pytest.mark.parametrize(
    ("region", "grid"),
    [
        ("ap-northeast-1", "jp"),
        ("us-east-1", "us"),
        ("tokyo", "tokyo"),
        ("ishikari", "jp"),
        ("ap-southeast-1", "world"),
        ("", "jp"),
    ],
)
def test_a_region_without_a_figure_has_the_worlds(region: str, grid: str) -> None:
    assert grid_of(region) == grids()[grid]


def test_what_the_team_paid_is_told_line_by_line_with_what_is_not_explained() -> None:
    lines = {line.what: line for line in FOUND.team}
    one = lines["one model, explained"]
    assert one.jpy_low is not None and one.jpy_high is not None
    assert one.jpy_low < 2e6 < one.jpy_high
    assert lines["making data"].jpy_low is None
    assert "at list prices of 2023 to 2026" in lines["hours that compute"].why
    rest = lines["not explained"].jpy_low
    assert rest is not None and rest > 0
