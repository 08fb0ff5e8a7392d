"""Margins as they are written, on the command line and in the project's file."""

from __future__ import annotations

import pytest

from kitae.core.mistakes import Mistake
from kitae.evaluate.contrast import of_ratings
from kitae.evaluate.margins import Margins, behind, read_margins
from kitae.evaluate.recipe import GateRecipe

CATEGORIES = {f"q{n}": "math" if n % 2 else "writing" for n in range(20)}


def rated(shift: float) -> dict[tuple[str, str], float]:
    """Mathematics is lower by twice as much."""
    return {(f"q{n}", "1"): 5 + n % 3 + shift * (1 + n % 2) + (n % 5) / 10 for n in range(20)}


def test_what_is_written_is_read() -> None:
    assert read_margins([]) == Margins(None, {})
    assert read_margins(["0.02", "math=0.05", "なぞなぞ=0.1"]) == Margins(0.02, {"math": 0.05, "なぞなぞ": 0.1})


@pytest.mark.parametrize("written", [["x"], ["math="], ["math=x"], ["nan"], ["1", "2"], ["math=1", "math=2"]])
def test_what_is_no_margin_is_a_mistake(written: list[str]) -> None:
    with pytest.raises(Mistake) as mistake:
        read_margins(written)
    assert mistake.value.where == "--margin" and mistake.value.hint


def test_the_command_line_goes_before_the_file() -> None:
    file = GateRecipe(margin=0.2, categories={"math": 0.5, "coding": 0.5})
    assert read_margins(["math=1"]).over(file) == Margins(0.2, {"math": 1.0, "coding": 0.5})
    assert read_margins(["0"]).over(file).whole == 0.0
    assert read_margins(["0.1"]).over(None) == Margins(0.1, {})


def test_the_whole_and_each_category_that_is_named_have_to_pass() -> None:
    found = of_ratings(("new", "old"), rated(-0.2), rated(0.0), CATEGORIES)
    assert found.difference.mean == pytest.approx(-0.3)
    assert behind(found, Margins(0.5)) == []
    assert behind(found, Margins(None)) != []
    assert behind(found, Margins(0.5, {"writing": 0.3})) == []
    (told,) = behind(found, Margins(0.5, {"writing": 0.3, "math": 0.3}))
    assert told.startswith("math: -0.40")


def test_one_question_passes_nothing() -> None:
    found = of_ratings(("new", "old"), {("q", "1"): 9.0}, {("q", "1"): 1.0}, {})
    assert behind(found, Margins(100.0)) == ["there is nothing to compare it with"]
