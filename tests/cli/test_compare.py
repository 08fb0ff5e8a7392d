from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kitae.cli.table import behind
from kitae.evaluate.statistics import Interval

from .conftest import Command


def line(*interval: float) -> Any:
    """As much of a line as the gate looks at: by how much it differs."""
    told = Interval(low=interval[0], high=interval[1], how="bootstrap") if interval else None
    return SimpleNamespace(suite="unseen", difference=SimpleNamespace(interval=told))


@pytest.mark.parametrize(
    ("low", "high", "margin", "passes"),
    [
        (-0.01, 0.09, 0.02, True),
        (-0.03, 0.09, 0.02, False),
        (0.0, 0.1, 0.0, True),
        (-0.2, 0.4, 0.05, False),
    ],
)
def test_the_gate_goes_by_the_interval_and_not_by_the_mean(
    low: float, high: float, margin: float, passes: bool
) -> None:
    assert (behind([line(low, high)], {"unseen": margin}) == []) is passes


def test_what_cannot_be_compared_does_not_pass() -> None:
    assert behind([line()], {"unseen": 1.0}) != []


def test_one_row_is_shown_beside_the_one_it_is_compared_with(kitae: Command, walked: Path) -> None:
    ended = kitae("-C", walked, "compare", "tuned.retrieval", "null.refuse", "--json")
    rows: list[dict[str, Any]] = json.loads(ended.out)["rows"]
    unseen = [row["row"] for row in rows if row["kind"] != "task"]
    assert set(unseen) == {"tuned.retrieval", "null.refuse"}
    assert {row["difference"]["against"] for row in rows if row["row"] == "tuned.retrieval"} >= {"null.refuse"}


def test_a_row_that_may_be_worse_ends_with_3_after_the_table(kitae: Command, walked: Path) -> None:
    # A random model answers nothing; always declining gets the unanswerable ones right.
    ended = kitae("-C", walked, "compare", "base.retrieval", "null.refuse", "--gate")
    assert ended.code == 3
    assert "null.refuse" in ended.out
    assert "may be worse" in ended.err
    assert kitae("-C", walked, "compare", "base.retrieval", "null.refuse", "--gate", "--margin", "1").code == 0


def test_the_bar_of_a_row_stands_in_the_file(kitae: Command, walked: Path) -> None:
    toml = walked / "kitae.toml"
    plain = toml.read_text(encoding="utf-8")
    toml.write_text(plain + "\n[gates.unseen]\nmargin = 1\n", encoding="utf-8")
    assert kitae("-C", walked, "compare", "base.retrieval", "null.refuse", "--gate").code == 0
    assert kitae("-C", walked, "compare", "base.retrieval", "null.refuse", "--gate", "--margin", "0").code == 3
    ended = kitae("-C", walked, "compare", "base.retrieval", "null.refuse", "--gate", "--margin", "math=1")
    assert ended.code == 2 and "has no categories" in ended.err
    toml.write_text(plain + "\n[gates.unseen]\ncategories = { math = 1 }\n", encoding="utf-8")
    ended = kitae("-C", walked, "compare", "base.retrieval", "null.refuse", "--gate")
    assert ended.code == 2 and "[gates.unseen]" in ended.err


def test_a_margin_without_a_gate_is_a_mistake(kitae: Command, walked: Path) -> None:
    ended = kitae("-C", walked, "compare", "base.retrieval", "null.refuse", "--margin", "0.1")
    assert ended.code == 2 and "add `--gate`" in ended.err


def test_a_gate_without_a_row_is_a_mistake(kitae: Command, walked: Path) -> None:
    ended = kitae("-C", walked, "compare", "--gate")
    assert ended.code == 2
    assert "`kitae compare ROW OTHER --gate`" in ended.err


def test_a_row_that_was_not_measured_names_the_nearest(kitae: Command, walked: Path) -> None:
    ended = kitae("-C", walked, "compare", "tuned.retreival")
    assert ended.code == 2
    assert "`tuned.retrieval`" in ended.err
