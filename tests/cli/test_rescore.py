"""`kitae evaluate rescore` as scripts call it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Command = Callable[..., Any]

PROMISED = {
    "model",
    "n",
    "n_failed",
    "n_duplicate",
    "mean_published",
    "mean_low",
    "mean_high",
    "per_turn",
    "per_category",
    "interval",
}


def write(folder: Path, scores: list[int]) -> Path:
    told = {"model": "m", "judge": ["j", "single-v1"], "judgment": "", "turn": 1}
    lines = [told | {"question_id": 81 + n % 7, "score": score} for n, score in enumerate(scores)]
    (folder / "judgments.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return folder / "judgments.jsonl"


def test_scripts_find_what_was_promised_and_duplicates_are_no_error(kitae: Command, tmp_path: Path) -> None:
    ended = kitae("evaluate", "rescore", write(tmp_path, [5] * 7 + [9, -1]), "--protocol", "mtbench", "--json")
    assert (ended.code, ended.err) == (0, "")
    printed = json.loads(ended.out)
    (model,) = printed["models"]
    assert printed["schema"] == 1 and model.keys() >= PROMISED
    assert (model["n"], model["n_failed"], model["n_duplicate"]) == (7, 1, 2)
    assert model["interval"][0] <= model["mean_published"] <= model["interval"][1]


def test_people_read_the_same_in_eighty_columns(kitae: Command, tmp_path: Path) -> None:
    ended = kitae("evaluate", "rescore", write(tmp_path, [5, 7, 9, -1]), "--protocol", "mtbench")
    assert ended.code == 0
    assert all(len(line) <= 80 for line in ended.out.splitlines())
    assert "7.000" in ended.out and "5.50..7.75" in ended.out


def test_another_protocol_is_a_mistake_with_a_hint(kitae: Command, tmp_path: Path) -> None:
    ended = kitae("evaluate", "rescore", write(tmp_path, [5]), "--protocol", "pairwise")
    assert ended.code == 2
    assert "line 1" in ended.err and "--protocol mtbench" in ended.err
