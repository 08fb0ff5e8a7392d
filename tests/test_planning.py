"""What training took stands beside what was planned, in the records and in the report."""

from __future__ import annotations

from pathlib import Path

import pytest

from kitae.commands import make_all, write_job
from kitae.core.mistakes import Mistake, Refused
from kitae.costing import cost_plan
from kitae.estimate import courses_of, prepared_model
from kitae.plan.actual import KIND, Outcome, Spent, outcomes
from kitae.plan.probe import Forecast, Timing
from kitae.planning import note_probe, plans_of
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


WINDOW = """
[schedule]
place = "office"
start = 2026-12-07T09:00:00+09:00
hours = 24

[[runs]]
name = "first"
hypothesis = "h"
owner = "o"
stop = "s"
hours = 3
"""


def test_a_model_whose_runs_nobody_signed_is_not_trained_in_the_window(walked: Path) -> None:
    change(walked, "[train.tune]\ntokens", "[train.tune]\nlearning_rate = 2e-3\ntokens")
    file = walked / "kitae.toml"
    text = file.read_text(encoding="utf-8") + PLACE + WINDOW
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Refused, match="nobody has signed the run `first`"):
        make_all(Project(walked), until="train")
    with pytest.raises(Refused, match="nobody has signed the run `first`"):
        write_job(Project(walked), "slurm", place="office")
    file.write_text(text + 'signed_by = "Tanaka"\n', encoding="utf-8")
    make_all(Project(walked), until="train")


def test_a_run_of_a_model_that_is_not_there_is_a_mistake(walked: Path) -> None:
    text = (walked / "kitae.toml").read_text(encoding="utf-8") + PLACE + WINDOW
    (walked / "kitae.toml").write_text(text + 'model = "tuend"\n', encoding="utf-8")
    with pytest.raises(Mistake, match="no model of this file; did you mean `tuned`"):
        Project(walked)


def test_a_probe_is_what_the_next_plan_rests_on(walked: Path) -> None:
    project = Project(walked)
    course, model = courses_of(project.file)["tune"], prepared_model(project)
    assert model is not None
    timing = Timing(load=2, measuring=1, first=3, rows=((100, 1.0), (100, 1.5)), update=0.5, checkpoint=0, save=1)
    forecast = Forecast(timing, tokens=course.tokens or 0, steps=4, measures=5)
    before = cost_plan(project).fitting[0]
    note_probe(project, course, model.folder.name, forecast, None)
    assert plans_of(project)["tuned"].total.value == pytest.approx(forecast.seconds)
    assert plans_of(project)["tuned"].probed and not plans_of(project)["pretrained"].probed
    after = cost_plan(project).fitting[0]
    assert "as a probe of" in after.risk and "as a probe of" not in before.risk
    assert after.hours.low < after.hours.mid < after.hours.high

    longer = change(walked, 'tokens = "1.2k"', 'tokens = "12k"')
    assert plans_of(longer)["tuned"].total.value > plans_of(project)["tuned"].total.value, "how much is learnt scales"
    other = change(walked, "[train.tune]\ntokens", "[train.tune]\nrank = 4\ntokens")
    assert not plans_of(other)["tuned"].probed, "another recipe has another speed"
