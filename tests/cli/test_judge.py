"""`kitae judge` as a user calls it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kitae.evaluate.judging.standing import standing, told
from kitae.project import Project

Command = Callable[..., Any]


def test_the_gate_ends_with_three_and_the_command_without_it_does_not(kitae: Command, tmp_path: Path) -> None:
    def write(name: str, scores: list[int]) -> Path:
        lines = [
            {"question_id": n, "model": "m", "judge": ["j", "p"], "score": s, "turn": 1} for n, s in enumerate(scores)
        ]
        (tmp_path / name).write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        return tmp_path / name

    labels, wrong = write("labels", list(range(1, 11))), write("wrong", [5, 1, 9, 2, 8, 3, 7, 4, 6, 5])
    assert kitae("judge", "calibrate", labels, "--against", labels, "--gate").code == 0
    assert kitae("judge", "calibrate", wrong, "--against", labels).code == 0
    ended = kitae("judge", "calibrate", wrong, "--against", labels, "--gate")
    assert ended.code == 3 and "not accepted" in ended.err


def test_what_was_found_of_a_judge_is_remembered_with_its_bar(kitae: Command, tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "kitae.toml").write_text(
        '[project]\nname = "p"\n[[sources]]\nname = "s"\npath = "documents"\n'
        '[judges.local]\nmodel = "path:judge"\nat_least = 0.5\n',
        encoding="utf-8",
    )
    rows: list[dict[str, Any]] = [
        {"question_id": n, "model": "m", "judge": ["j", "p"], "score": 1 + n % 9, "turn": 1} for n in range(30)
    ]
    near = [row | {"score": min(10, row["score"] + n % 3)} for n, row in enumerate(rows)]
    for name, lines in (("labels", rows), ("judged", near)):
        (tmp_path / name).write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    records = Project(tmp_path).records
    assert "not known here" in told(records, "local")
    command = ("-C", tmp_path, "judge", "calibrate", tmp_path / "judged", "--against", tmp_path / "labels", "--judge")
    ended = kitae(*command, "local")
    assert ended.code == 0 and "at least 0.5" in ended.out
    found = standing(Project(tmp_path).records, "local")
    assert found is not None and found.accepted and found.bar == 0.5
    assert told(Project(tmp_path).records, "local") == ""
    wrong = kitae(*command, "x")
    assert wrong.code == 2 and "no judge `x`" in wrong.err
