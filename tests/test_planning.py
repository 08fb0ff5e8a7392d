"""What training took stands beside what was planned, in the records and in the report."""

from __future__ import annotations

from pathlib import Path

import pytest

from kitae.commands import make_all
from kitae.core.mistakes import Mistake
from kitae.plan.actual import KIND, Outcome, Spent, outcomes
from kitae.planning import plans_of
from kitae.project import Project

PLACE = '\n[[places]]\nname = "office"\nmay_hold = "restricted"\nyen_per_hour = 360000\nwatts = 200\n'


def change(folder: Path, old: str, new: str) -> Project:
    file = folder / "kitae.toml"
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    return Project(folder)


def test_every_course_is_written_down_and_the_next_plan_learns(walked: Path) -> None:
    project = change(walked, "[train.tune]\ntokens", "[train.tune]\nlearning_rate = 2e-3\ntokens")
    (walked / "kitae.toml").write_text((walked / "kitae.toml").read_text(encoding="utf-8") + PLACE, encoding="utf-8")
    project = Project(walked)
    before = plans_of(project)["tuned"]
    assert before.correction.courses == 0
    make_all(project)
    (row,) = [each for each in outcomes(project.records.all(KIND)) if each.place == "office"]
    tuned = project.store.named("model/tuned")
    assert row.artifact == tuned.id
    assert row.planned is not None
    assert row.planned.hours * 3600 == pytest.approx(before.total.value)
    assert row.actual.hours * 3600 == pytest.approx(tuned.measured["seconds"])
    assert row.actual.yen == pytest.approx(100 * tuned.measured["seconds"])
    assert 0 < row.actual.idle_hours < row.actual.hours
    after = plans_of(Project(walked))["tuned"]
    assert after.correction.courses == 1
    assert after.total.value == pytest.approx(tuned.measured["seconds"])
    report = (walked / "report.html").read_text(encoding="utf-8")
    assert 'id="spending"' in report
    assert row.artifact in report.split('id="spending"')[1]


def test_a_budget_that_is_used_up_stops_training_before_it_begins(walked: Path) -> None:
    goal = '\n[goal]\nsuite = "unseen"\nbudget = "10円"\n'
    file = walked / "kitae.toml"
    file.write_text(file.read_text(encoding="utf-8") + goal + PLACE, encoding="utf-8")
    project = change(walked, "[train.tune]\ntokens", "[train.tune]\nlearning_rate = 2e-3\ntokens")
    took = Spent(hours=1, gpu_hours=0, idle_hours=0, yen=10)
    earlier = Outcome(
        artifact="model/a", stage="tune", method="lora", place="office", at="2026", planned=None, actual=took
    )
    project.records.add(KIND, "earlier", earlier.model_dump(mode="json"))
    with pytest.raises(Mistake, match=r"budget of ¥10 is used up"):
        make_all(project, until="train")
