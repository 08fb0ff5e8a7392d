"""Parts that are frozen stay to the last bit, and the rest is trained."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from kitae.core.mistakes import Mistake
from kitae.train.checkpoint import Checkpoints
from kitae.train.fit import fit
from kitae.train.frozen import of_these
from kitae.train.recipe import Course
from kitae.train.trainee import Trainee

from .conftest import course, make_examples, tuning

TABLES = "model.embed_tokens.*"
FIRST = "model.layers.0.*"


def changed(base: Path, recipe: Course, number_format: str, never: Checkpoints, out: Path) -> set[str]:
    """Names of the weights that a course of some steps changed."""
    trainee = Trainee(base, recipe, number_format=number_format)
    fit(trainee, recipe, make_examples(6), checkpoints=never)
    trainee.save(out)
    before, after = (AutoModelForCausalLM.from_pretrained(each).state_dict() for each in (base, out))
    return {name for name, weight in after.items() if not torch.equal(weight, before[name])}


@pytest.mark.parametrize("number_format", ["float32", "bfloat16"])
@pytest.mark.parametrize("make", [course, tuning], ids=["full", "lora"])
def test_what_is_frozen_stays_and_the_rest_changes(
    make: Callable[..., Course], number_format: str, tiny_base: Path, never: Checkpoints, tmp_path: Path
) -> None:
    recipe = make(tokens=1000, freeze=(TABLES, FIRST), learning_rate=1e-2)
    found = changed(tiny_base, recipe, number_format, never, tmp_path / "out")
    assert any(name.startswith("model.layers.1.") for name in found)
    assert not [name for name in found if "embed_tokens" in name or ".layers.0." in name or name.startswith("lm_head")]


def test_every_weight_changes_where_none_is_frozen(tiny_base: Path, never: Checkpoints, tmp_path: Path) -> None:
    found = changed(tiny_base, course(tokens=1000, learning_rate=1e-2), "float32", never, tmp_path / "out")
    assert {"model.embed_tokens.weight", "model.layers.0.mlp.up_proj.weight"} <= found


@pytest.mark.parametrize(
    ("pattern", "what"), [("model.embed.*", "`model.embed.*` in `freeze` names no weight"), ("*", "nothing to train")]
)
@pytest.mark.parametrize("make", [course, tuning])
def test_what_names_nothing_or_everything_is_a_mistake(
    make: Callable[..., Course], pattern: str, what: str, tiny_base: Path
) -> None:
    with pytest.raises(Mistake, match=what) as raised:
        Trainee(tiny_base, make(freeze=(pattern,)), number_format="float32")
    assert "model.embed_tokens.weight" in raised.value.hint


@pytest.mark.parametrize(
    ("freeze", "left"), [((TABLES, "model.layers.9.*"), (TABLES,)), (("*.layers.9.*",), ()), (("*",), ())]
)
def test_of_a_part_of_a_model_only_what_is_there_is_frozen(freeze: tuple[str, ...], left: tuple[str, ...]) -> None:
    names = ["model.embed_tokens.weight", "model.layers.0.mlp.up_proj.weight"]
    assert of_these(course(freeze=freeze), names).freeze == left


def test_models_of_before_there_was_a_choice_stay_what_they_are() -> None:
    def told(**changes: Any) -> dict[str, Any]:
        return course(**changes).model_dump(mode="json")

    assert "freeze" not in told()
    assert told(freeze=[TABLES])["freeze"] == [TABLES]
