"""What a place has, and what may be there."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from kitae.core.label import Label
from kitae.core.mistakes import Mistake
from kitae.gate.policy import Gpu, Place, parse_gpu
from kitae.project import Project


def test_a_gpu_is_read_as_card_memory_and_count() -> None:
    assert parse_gpu("a100-80x8") == Gpu(card="a100", gib=80, count=8)
    assert Place(name="p", gpu="h200-141x1", may_hold=Label.PUBLIC).gpus == Gpu(card="h200", gib=141, count=1)


def test_a_place_has_no_gpu_unless_it_says_so() -> None:
    place = Place(name="office", may_hold=Label.RESTRICTED)
    assert place.gpus is None and place.nodes == 1
    assert parse_gpu("none") is None


@pytest.mark.parametrize(
    "written",
    [
        *("", "a100", "a100-80", "a100x8", "A100-80x8", "A100 40GB", "a100-80x0", "a100-0x1", "a100-080x1"),
        *("a100-80x8 ", "a100-80x8\n", "a100-80x-1", "a100-80GBx8", "-80x8", "a100-80x100", "None", "a100-８０x8"),
    ],
)
def test_a_gpu_that_is_written_otherwise_is_a_mistake(written: str) -> None:
    with pytest.raises(Mistake, match="names no GPU"):
        parse_gpu(written)


PROJECT = """
[project]
name = "example"

[[sources]]
name = "rules"
path = "documents"

[[places]]
name = "rented"
gpu = "A100 40GB"
may_hold = "internal"
"""


def test_a_project_with_such_a_gpu_says_how_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "kitae.toml").write_text(PROJECT, encoding="utf-8")
    with pytest.raises(Mistake, match=r"`places\.0\.gpu`.*a100-80x8"):
        Project(tmp_path)


def test_a_figure_of_the_grid_wants_its_source_and_year() -> None:
    for source in ("", "the power company"):
        with pytest.raises(ValidationError, match="grid_source"):
            Place(name="office", may_hold=Label.INTERNAL, grams_co2_per_kwh=485, grid_source=source)
    place = Place(name="office", may_hold=Label.INTERNAL, grams_co2_per_kwh=0, grid_source="solar, own meter, 2026")
    assert place.grams_co2_per_kwh == 0


def test_nothing_is_known_of_a_place_that_says_nothing() -> None:
    place = Place(name="office", may_hold=Label.INTERNAL)
    assert (place.watts, place.power_source, place.grams_co2_per_kwh) == (0, "", None)
