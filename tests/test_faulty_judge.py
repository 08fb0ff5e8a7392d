"""A judge whose server does everything wrong: `kitae evaluate` loses nothing, keeps nothing twice, pays for it once."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kitae.core.records import Records
from kitae.evaluate.judging.request import JUDGMENTS
from kitae.gate.client import LEDGER

from .cli.conftest import Command, kitae
from .serving import serving
from .talk import declare, office, plain_project, talking

__all__ = ["kitae"]

WHOLE = ("sent", "garbage")
"""Judgments that can be taken as they are. Garbage is one too: it is kept as it stands, for the parser to count."""
EMPTY = ("empty", "null")
"""Paid for, and asked for again."""
SILENT = ("hang", "half-open", "half a header")
"""Nothing comes, until the client gives up."""
OTHERS = ("500", "503", "429", "429 with a date", "truncated", "no JSON", "no completion", "broken off", "reset")
PRICE = Decimal("0.002")
"""Dollars for each judgment: the server says that it read 1,000 tokens and wrote 200."""


def outcomes(log: Path) -> Counter[str]:
    """What the server did, and how often."""
    return Counter(line.split(" ", 3)[3] for line in log.read_text(encoding="utf-8").splitlines())


def written(records: Path) -> list[dict[str, Any]]:
    """Every judgment of every segment, double ones too."""
    lines = [line for file in records.glob(f"{JUDGMENTS}/*.jsonl") for line in file.read_text("utf-8").splitlines()]
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("count", [100, pytest.param(1000, marks=pytest.mark.slow)])
def test_a_server_that_does_everything_wrong_loses_and_doubles_nothing(
    count: int, kitae: Command, tmp_path: Path
) -> None:
    folder, log = plain_project(tmp_path), tmp_path / "log"
    office(folder, questions=count // 2)
    wanted = ("--suite", "office", "--model", "endpoint:good", "--judge", "faulty")
    with (
        talking({"good-2026-08": lambda asked: f"答えです。{asked}"}) as server,
        serving("judge_server.py", "--faults", "0.25", "--log", str(log)) as url,
    ):
        faulty = f'''
[endpoints.faulty]
url = "{url}"
model = "judge-1"
may_receive = "public"
at_once = 32
timeout = 3
price_in = "$1"
price_out = "$5"
'''
        declare(folder, server, faulty)
        ended = kitae("-C", folder, "evaluate", *wanted, "--json")
        assert ended.code == 0, ended.err
        again = kitae("-C", folder, "evaluate", *wanted, "--json")
    told = outcomes(log)
    assert told.keys() == {*WHOLE, *EMPTY, *SILENT, *OTHERS}
    records = Records(folder / "records")
    assert records.damaged() == []
    # What was whole was taken the first time, unless it came too late on a machine that is busy.
    tries = Counter(row["outcome"] for row in records.all(LEDGER) if row["endpoint"] == "faulty")
    late = tries["TimeoutError"] + tries["ReadTimeout"] - sum(told[each] for each in SILENT)
    assert late >= 0
    assert count <= sum(told[each] for each in WHOLE) <= count + late
    rows = written(folder / "records")
    assert len(rows) == len({row["key"] for row in rows}) == count
    garbage = sum("[[7]]" not in row["row"]["raw"] for row in rows)
    assert 0 <= told["garbage"] - garbage <= late
    spent = sum(Decimal(row["row"]["money"]["amount"]) for row in rows)
    assert 0 <= count + sum(told[each] for each in EMPTY) - spent / PRICE <= late
    judged = json.loads(ended.out)["judged"]
    assert (judged["n"], judged["n_failed"], judged["made"], judged["mean_published"]) == (count, garbage, count, 7.0)
    assert again.code == 0 and json.loads(again.out)["judged"]["made"] == 0
