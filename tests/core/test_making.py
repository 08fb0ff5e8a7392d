"""What was made at another place is taken where the stage says so, and only there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from kitae.core.artifact import Artifact
from kitae.core.making import Making
from kitae.core.noun import Noun
from kitae.core.records import Records
from kitae.core.run import Run
from kitae.core.stage import Stage
from kitae.core.store import Store

Takes = Callable[[Mapping[str, str], Mapping[str, str]], bool]


class Recipe(Noun):
    number: int = 1


def write(recipe: Recipe, run: Run) -> Artifact:
    run.write("rows", [recipe])
    return run.seal()


def stage_at(device: str, takes: Takes | None, *, format: int = 1) -> Stage:
    place = {"device": device}
    return Stage("write", "model", write, format, exact=False, place=lambda: place, takes=takes)


def from_big(made: Mapping[str, str], here: Mapping[str, str]) -> bool:
    return made["device"] == "big" and here["device"] == "small"


def outcome(folder: Path, stage: Stage, recipe: Recipe | None = None) -> str:
    making = Making(Store(folder / "store"), Records(folder / "records"))
    making(stage, "tuned", recipe or Recipe())
    return f"{making.steps[0].outcome} {making.steps[0].why}".strip()


def test_what_another_kind_of_machine_made_is_taken_and_said(tmp_path: Path) -> None:
    outcome(tmp_path, stage_at("big", from_big))
    assert outcome(tmp_path, stage_at("small", from_big)) == "reused made elsewhere: device big"


def test_it_is_not_taken_where_the_stage_does_not_say_so(tmp_path: Path) -> None:
    outcome(tmp_path, stage_at("big", None))
    assert outcome(tmp_path, stage_at("small", None)).startswith("made ")


def test_it_is_not_taken_the_other_way_round(tmp_path: Path) -> None:
    outcome(tmp_path, stage_at("small", from_big))
    assert outcome(tmp_path, stage_at("big", from_big)).startswith("made ")


def test_it_is_not_taken_for_another_recipe_or_format(tmp_path: Path) -> None:
    outcome(tmp_path, stage_at("big", from_big))
    assert outcome(tmp_path, stage_at("small", from_big), Recipe(number=2)).startswith("made ")
    assert outcome(tmp_path, stage_at("small", from_big, format=2)).startswith("made ")


def test_what_was_made_here_comes_first(tmp_path: Path) -> None:
    outcome(tmp_path, stage_at("small", None))
    outcome(tmp_path, stage_at("big", from_big))
    assert outcome(tmp_path, stage_at("small", from_big)) == "reused"
