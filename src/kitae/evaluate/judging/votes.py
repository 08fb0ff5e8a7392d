"""People's votes on pairs, in the form of lmsys/mt_bench_human_judgments (FastChat's `compute_agreement.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...core.mistakes import Mistake
from .published import Row, read_lines

WINNERS = {"model_a": 1.0, "model_b": 0.0, "tie": 0.5, "tie (inconsistent)": 0.5}
KEYS = frozenset({"question_id", "model_a", "model_b", "winner"})


def read_votes(file: Path) -> list[Row]:
    """Each vote from the side of both models.

    Raises:
        Mistake: the file is missing, or a line is no vote.
    """
    return [row for line, where in read_lines(file) for row in _rows(line, where)]


def _rows(line: Mapping[str, Any], where: str) -> list[Row]:
    if missing := sorted(KEYS - line.keys()):
        raise Mistake(f"not a vote: no '{missing[0]}'", where=where, hint=f"a line has {', '.join(sorted(KEYS))}")
    if line["winner"] not in WINNERS:
        raise Mistake(f"the winner {line['winner']!r} is unknown", where=where, hint=f"one of {', '.join(WINNERS)}")
    points = WINNERS[line["winner"]]
    sides = ((line["model_a"], line["model_b"], points), (line["model_b"], line["model_a"], 1 - points))
    return [
        Row(
            model=str(model),
            question=str(line["question_id"]),
            turn=int(line.get("turn", 1)),
            category="",
            score=score,
            low=score,
            high=score,
            failed=False,
            scale=(0.0, 1.0),
            judge=str(line.get("judge", "")),
            prompt="",
            against=str(other),
            where=where,
        )
        for model, other, score in sides
    ]
