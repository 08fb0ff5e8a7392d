"""`kitae train --preflight`: checks, and what training would take."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest

from kitae.core.mistakes import Refused
from kitae.train import preflight as module
from kitae.train.checks import Check

Command = Callable[..., Any]
SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "train-preflight.v1.json"


def test_both_courses_are_checked_and_nothing_is_trained(kitae: Command, walked: Path) -> None:
    before = sorted(path.name for path in (walked / "store" / "model").iterdir())
    found = json.loads(kitae("-C", str(walked), "train", "--preflight", "--json").out)
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(found)
    assert [course["course"] for course in found["courses"]] == ["pretrain", "tune"]
    assert found["passed"] is True
    assert all(len(course["checks"]) >= 7 for course in found["courses"])
    pretrain = found["courses"][0]["shares"]
    assert sum(pretrain.values()) == pytest.approx(1)
    assert sorted(path.name for path in (walked / "store" / "model").iterdir()) == before


def test_time_and_money_are_those_of_the_place(kitae: Command, walked: Path) -> None:
    file = walked / "kitae.toml"
    place = '\n[[places]]\nname = "office"\nmay_hold = "restricted"\nyen_per_hour = 3600\nwatts = 200\n'
    file.write_text(file.read_text(encoding="utf-8") + place, encoding="utf-8")
    for course in json.loads(kitae("-C", str(walked), "train", "--preflight", "--json").out)["courses"]:
        assert course["seconds"] == pytest.approx(course["tokens"] / course["tokens_per_second"])
        assert course["yen"] == pytest.approx(course["seconds"])
        assert course["kwh"] == pytest.approx(course["seconds"] / 3600 * 0.2)


def test_where_several_processes_train_there_is_no_time(
    kitae: Command, walked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHECKS", ())
    monkeypatch.setattr(module, "present", lambda: SimpleNamespace(count=2))
    found = json.loads(kitae("-C", str(walked), "train", "--preflight", "--json").out)
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(found)
    assert {course["seconds"] for course in found["courses"]} == {None}
    assert "nothing was timed" in kitae("-C", str(walked), "train", "--preflight").out


def test_a_failed_check_is_told_and_ends_with_exit_code_3(
    kitae: Command, walked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_: object) -> Check:
        return Check(name="no leak", passed=False, figure="0.3 apart", means="an example sees its neighbours")

    monkeypatch.setattr(module, "CHECKS", (failing,))
    told = kitae("-C", str(walked), "train", "--preflight")
    assert told.code == 3
    assert "FAIL  no leak" in told.out
    assert "an example sees its neighbours" in told.out
    assert "2 checks failed: pretrained: no leak, tuned: no leak" in told.err
    assert max(map(len, told.out.split("\n\n")[0].splitlines())) <= 80


def test_a_long_course_is_checked_before_it_begins(walked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from kitae.commands import make_all
    from kitae.project import Project

    def failing(_: object) -> Check:
        return Check(name="no leak", passed=False, figure="0.3 apart", means="")

    file = walked / "kitae.toml"
    changed = file.read_text(encoding="utf-8").replace('tokens = "1.2k"', 'tokens = "1.3k"')
    file.write_text(changed + "\n[train.limits]\npreflight = 1000\n", encoding="utf-8")
    monkeypatch.setattr(module, "CHECKS", (failing,))
    with pytest.raises(Refused, match=r"1 checks of this course failed: no leak, 0\.3 apart"):
        make_all(Project(walked), until="train")
