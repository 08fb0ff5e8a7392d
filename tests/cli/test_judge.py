"""`kitae judge` as a user calls it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
