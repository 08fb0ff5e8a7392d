"""People's votes on pairs, in the form of lmsys/mt_bench_human_judgments (FastChat's `compute_agreement.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .published import HALF, UNREADABLE, Row, read_lines, unreadable

WINNERS = {"model_a": 1.0, "model_b": 0.0, "tie": 0.5, "tie (inconsistent)": 0.5}
KEYS = frozenset({"question_id", "model_a", "model_b", "winner"})


def read_votes(file: Path) -> list[Row]:
    """Each vote from the side of both models.

    Raises:
        Mistake: the file is missing, or a line is no vote.
    """
    return [row for line, where in read_lines(file) for row in _read(line, where)]


def _read(line: Mapping[str, Any], where: str) -> list[Row]:
    try:
        return _rows(line, where)
    except UNREADABLE as error:
        raise unreadable("a vote", error, where, f"a line has {', '.join(sorted(KEYS))}") from None


def _rows(line: Mapping[str, Any], where: str) -> list[Row]:
    one, two, winner = str(line["model_a"]), str(line["model_b"]), line["winner"]
    if winner not in WINNERS:
        raise ValueError(f"the winner {winner!r} is none of {', '.join(WINNERS)}")
    points = WINNERS[winner]
    sides = ((one, two, points), (two, one, 1 - points))
    return [
        Row(
            model=model,
            question=str(line["question_id"]),
            turn=int(line.get("turn", 1)),
            category="",
            score=score,
            low=score,
            high=score,
            failed=False,
            scale=HALF,
            judge=str(line.get("judge", "")),
            prompt="",
            against=other,
            where=where,
        )
        for model, other, score in sides
    ]
