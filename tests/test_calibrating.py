"""A judge is held against labels: from the records as from files of them, and what came of it counts from then on."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from kitae.project import Project
from kitae.viewing import write_view

from .cli.conftest import Command, kitae
from .cli.test_schema import problems
from .test_comparing import compared, once, rated, running, server

__all__ = ["kitae", "once", "rated", "running", "server"]


@pytest.fixture
def labels(rated: Path) -> Path:
    """Of people who see it as `judge` does."""
    lines = [
        {
            "question_id": question,
            "model": f"endpoint:{model}",
            "turn": turn,
            "judge": ["people", ""],
            "score": 5 + question % 3 + (model == "good" and question % 5 > 0),
        }
        for model in ("good", "poor")
        for question in range(1, 21)
        for turn in (1, 2)
    ]
    (rated / "labels.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return rated / "labels.jsonl"


def calibrated(kitae: Command, folder: Path, *more: str | Path) -> dict[str, Any]:
    ended = kitae("-C", folder, "judge", "calibrate", *more, "--judge", "judge", "--json")
    assert ended.code == 0, ended.err
    assert problems("judge-calibrate", ended.out) == []
    found: dict[str, Any] = json.loads(ended.out)
    return found


def test_a_judge_that_the_records_show_to_agree_may_decide(kitae: Command, rated: Path, labels: Path) -> None:
    gate = ("-C", rated, "compare", "endpoint:good", "endpoint:poor", "--gate")
    assert kitae(*gate).code == 3
    assert "not calibrated" in write_view(Project(rated)).read_text(encoding="utf-8")
    found = calibrated(kitae, rated, "--suite", "office", "--against", labels)
    assert found["accepted"] and (found["models"], found["overall"]["n"]) == (2, 80)
    assert kitae(*gate).code == 0
    assert compared(kitae, rated)["contrasts"][0]["doubts"] == {}
    page = re.sub(r"<[^>]+>", "", write_view(Project(rated)).read_text(encoding="utf-8"))
    assert "not calibrated" not in page and "accepted κ 1.00" in page


def test_files_of_the_records_come_to_the_same(kitae: Command, rated: Path, labels: Path) -> None:
    assert kitae("-C", rated, "evaluate", "export", rated / "data").code == 0
    (file,) = (rated / "data").glob("office/model_judgment/*.jsonl")
    named = labels.read_text(encoding="utf-8").replace("endpoint:", "endpoint-")
    (rated / "as-exported.jsonl").write_text(named, encoding="utf-8")
    in_files = calibrated(kitae, rated, file, "--against", rated / "as-exported.jsonl")
    assert calibrated(kitae, rated, "--suite", "office", "--against", labels) == in_files
    assert calibrated(kitae, rated, "--suite", "office", "--against", rated / "as-exported.jsonl") == in_files
