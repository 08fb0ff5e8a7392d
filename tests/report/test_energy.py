from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kitae.core.artifact import Artifact, RunRecord
from kitae.core.label import Label
from kitae.gate.policy import Place
from kitae.report.energy import energy
from kitae.report.training import spent

HOUR = 3600.0


def place(**more: Any) -> Place:
    return Place(name="office", may_hold=Label.INTERNAL, **more)


GRID = {"grams_co2_per_kwh": 500.0, "grid_source": "example grid 2024"}


@pytest.fixture
def course(tmp_path: Path) -> Any:
    def make(**measured: float) -> Artifact:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        (folder / "measured.json").write_text(json.dumps(measured), encoding="utf-8")
        record = RunRecord(
            kind="model", name="m", stage="tune", stage_format=1, exact=False, fingerprint="f", recipe={}, given={}
        )
        return Artifact(folder, record)

    return make


def words(courses: list[Artifact], where: Place | None) -> str:
    return "\n".join(line.en for line in spent(energy(courses, where), where))


def test_watts_times_hours_is_named_an_estimate(course: Any) -> None:
    found = energy([course(seconds=HOUR), course(seconds=3 * HOUR)], place(watts=250, **GRID))
    assert found.seconds == 4 * HOUR
    assert found.kwh is not None and found.grams_co2 is not None
    assert found.kwh.value == pytest.approx(1.0)
    assert found.kwh.how == "estimated"
    assert found.grams_co2.value == pytest.approx(500)
    told = words([course(seconds=4 * HOUR)], place(watts=250, power_source="hydro", **GRID))
    assert "about 1 kWh (estimated: 250 W" in told
    assert "hydro" in told
    assert "about 0.5 kg (computed with 500 g/kWh, example grid 2024)" in told


def test_what_was_measured_goes_before_an_estimate(course: Any) -> None:
    found = energy([course(seconds=HOUR, energy_kwh=0.3)], place(watts=250))
    assert found.kwh is not None
    assert (found.kwh.value, found.kwh.how) == (0.3, "measured")
    told = words([course(seconds=HOUR, energy_kwh=0.3)], None)
    assert "0.3 kWh (measured at the GPUs by NVML, without the rest of the machine)" in told


def test_a_sum_with_an_estimate_in_it_is_an_estimate(course: Any) -> None:
    found = energy([course(seconds=HOUR, energy_kwh=0.3), course(seconds=HOUR)], place(watts=100))
    assert found.kwh is not None
    assert found.kwh.value == pytest.approx(0.4)
    assert found.kwh.how == "estimated"


@pytest.mark.parametrize("where", [None, place(), place(**GRID)])
def test_without_watts_no_number_is_invented(course: Any, where: Place | None) -> None:
    found = energy([course(seconds=HOUR, energy_kwh=0.3), course(seconds=HOUR)], where)
    assert (found.kwh, found.grams_co2) == (None, None)
    told = words([course(seconds=HOUR)], where)
    assert "not measured and no `watts` given" in told
    assert "CO2: not computed" in told


def test_nothing_is_summed_where_a_course_is_gone(course: Any) -> None:
    found = energy([course(seconds=HOUR)], place(watts=100), whole=False)
    assert (found.seconds, found.kwh) == (None, None)
    (line,) = spent(found, None)
    assert "no longer in the store" in line.en
