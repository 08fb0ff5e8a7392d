from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from kitae.core.mistakes import Mistake
from kitae.train.checkpoint import Checkpoint, Checkpoints
from kitae.train.fit import CurveRow, at_most, fit, identity, mean_loss, plan, schedule
from kitae.train.recipe import Course
from kitae.train.trainee import Trainee

from .conftest import course, make_examples, make_family, tuning

Make = Callable[..., Trainee]


@pytest.mark.parametrize("recipe", [course(), tuning(tokens=2000)], ids=["full", "lora"])
def test_how_examples_are_spread_over_rows_does_not_matter(trainee: Make, recipe: Course, never: Checkpoints) -> None:
    """One step over all examples: in one long row, or accumulated over many rows with very uneven answers."""
    examples = [*make_examples(12), *make_family(3)]
    tokens = sum(map(len, examples))
    one_row = recipe.model_copy(update={"sequence": tokens, "batch_tokens": tokens, "tokens": None})
    many_rows = recipe.model_copy(update={"sequence": 90, "batch_tokens": 90 * 99, "tokens": None})
    assert len(plan(examples, many_rows).rows) > 5
    results = []
    for each in (one_row, many_rows):
        model = trainee(each)
        fitted = fit(model, each, examples, checkpoints=never)
        assert [row.step for row in fitted.curve] == [0, 1]
        results.append((fitted.curve[1].loss, fitted.curve[1].gradient_norm))
    assert results[0] == pytest.approx(results[1], rel=1e-5)


class Killed(Exception):
    pass


def killed_after(steps: int, checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch) -> None:
    """Saves a checkpoint at each step and ends the run after some of them."""
    checkpoints.every = 0.0
    checkpoints._due = 0.0
    whole = checkpoints.save

    def save(checkpoint: Checkpoint) -> None:
        whole(checkpoint)
        checkpoints._due = 0.0
        if checkpoint.step == steps:
            raise Killed

    monkeypatch.setattr(checkpoints, "save", save)


@pytest.mark.parametrize("number_format", ["float32", "bfloat16"])
@pytest.mark.parametrize("recipe", [course(), tuning(tokens=2000)], ids=["full", "lora"])
def test_a_run_that_was_killed_ends_as_if_it_had_not_been(
    trainee: Make, recipe: Course, number_format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examples, held_out = make_examples(12), make_examples(3, seed=9)
    steps = plan(examples, recipe).steps
    assert steps > 6
    assert steps * recipe.rows_per_step > len(plan(examples, recipe).rows), "the end of an epoch is inside"
    whole = trainee(recipe, number_format)
    never = Checkpoints(tmp_path / "never", "same", every=1e9)
    expected = fit(whole, recipe, examples, held_out=held_out, checkpoints=never).curve

    interrupted = Checkpoints(tmp_path / "often", "same")
    killed_after(4, interrupted, monkeypatch)
    with pytest.raises(Killed):
        fit(trainee(recipe, number_format), recipe, examples, held_out=held_out, checkpoints=interrupted)
    again = trainee(recipe, number_format)
    advanced: list[int] = []
    fitted = fit(
        again,
        recipe,
        examples,
        held_out=held_out,
        checkpoints=Checkpoints(tmp_path / "often", "same", every=1e9),
        progress=lambda _: advanced.append,
    )
    assert fitted.curve == expected
    assert fitted.tokens < expected[-1].tokens == sum(advanced)
    for name, weight in whole.trained.items():
        assert torch.equal(weight, again.trained[name]), name


SCRIPT = """
import sys
from pathlib import Path
import torch
torch.set_num_threads(1)
sys.path.insert(0, sys.argv[3])
from conftest import course, make_examples
from kitae.train.checkpoint import Checkpoints
from kitae.train.fit import fit
from kitae.train.trainee import Trainee
recipe = course()
trainee = Trainee(Path(sys.argv[1]), recipe, number_format="float32")
fit(trainee, recipe, make_examples(12), checkpoints=Checkpoints(Path(sys.argv[2]), "same", every=0.0))
"""


def test_kill_minus_nine_loses_nothing(trainee: Make, tiny_base: Path, tmp_path: Path, never: Checkpoints) -> None:
    folder = tmp_path / "killed"
    command = [sys.executable, "-c", SCRIPT, str(tiny_base), str(folder), str(Path(__file__).parent)]
    with subprocess.Popen(command) as process:
        deadline = time.monotonic() + 60
        while not list(folder.glob("step-*")) and time.monotonic() < deadline:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL

    recipe, examples = course(), make_examples(12)
    resumed, whole = trainee(recipe), trainee(recipe)
    after = fit(resumed, recipe, examples, checkpoints=Checkpoints(folder, "same", every=1e9))
    expected = fit(whole, recipe, examples, checkpoints=never)
    assert 0 < after.tokens < expected.tokens, "it went on where it was killed"
    assert after.curve == expected.curve
    for name, weight in whole.trained.items():
        assert torch.equal(weight, resumed.trained[name]), name


def test_two_runs_are_equal_to_the_last_bit(trainee: Make, never: Checkpoints) -> None:
    recipe, examples = tuning(tokens=1500), make_examples(12)
    one, other = (trainee(recipe), trainee(recipe))
    curves = [fit(model, recipe, examples, checkpoints=never).curve for model in (one, other)]
    assert curves[0] == curves[1]
    assert all(torch.equal(weight, other.trained[name]) for name, weight in one.trained.items())


def test_a_loss_that_is_not_a_number_names_the_texts(trainee: Make, never: Checkpoints) -> None:
    recipe = course(learning_rate=1e30, warmup=0.0)
    with pytest.raises(Mistake, match=r"is nan at step|is inf at step|not a number at step") as raised:
        fit(trainee(recipe), recipe, make_examples(8), checkpoints=never)
    assert "example " in raised.value.where


def test_the_learning_rate_rises_and_falls() -> None:
    rates = [schedule(step, 20, 0.2) for step in range(20)]
    assert rates[:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert rates[4:] == sorted(rates[4:], reverse=True)
    assert 0.1 < rates[-1] < 0.12
    assert schedule(0, 1, 0.05) > 0


def test_held_out_examples_are_measured_before_and_after(trainee: Make, never: Checkpoints) -> None:
    examples = make_examples(8)
    recipe = course(tokens=4000)
    model = trainee(recipe)
    before = mean_loss(model, examples, recipe)
    curve = fit(model, recipe, examples, held_out=examples, checkpoints=never).curve
    assert curve[0].held_out_loss == before
    assert curve[-1].held_out_loss == mean_loss(model, examples, recipe)
    assert before is not None
    assert curve[-1].held_out_loss is not None
    assert curve[-1].held_out_loss < before - 0.5
    assert [row.held_out_loss for row in curve[1:-1]] == [None] * (len(curve) - 2)


def test_training_and_measuring_report_the_same_loss(trainee: Make, never: Checkpoints) -> None:
    examples = make_examples(6)
    recipe = course(tokens=sum(map(len, examples)), batch_tokens=10_000)
    curve = fit(trainee(recipe), recipe, examples, held_out=examples, checkpoints=never).curve
    assert curve[1].loss == pytest.approx(curve[0].held_out_loss, rel=1e-6)


def test_the_curve_counts_tokens_and_targets(trainee: Make, never: Checkpoints) -> None:
    examples = make_examples(10)
    recipe = tuning(epochs=2)
    curve = fit(trainee(recipe), recipe, examples, checkpoints=never).curve
    assert curve[-1].tokens == 2 * sum(map(len, examples))
    assert sum(row.targets for row in curve) == 2 * sum(each.targets for each in examples)


def test_torch_is_left_as_it_was(trainee: Make, never: Checkpoints) -> None:
    recipe = tuning(tokens=300)
    fit(trainee(recipe), recipe, make_examples(4), checkpoints=never)
    settings: Any = torch.utils.deterministic
    assert not torch.are_deterministic_algorithms_enabled()
    assert settings.fill_uninitialized_memory


def test_measured_examples_are_spread_and_never_more_than_asked() -> None:
    examples = make_examples(30)
    chosen = at_most(examples, 400)
    assert 200 < sum(map(len, chosen)) <= 400
    assert at_most(examples, 10**6) == examples
    assert [each.id for each in chosen] != [each.id for each in examples[: len(chosen)]]


def test_a_checkpoint_belongs_to_recipe_data_and_place() -> None:
    examples = make_examples(3)
    base = identity(course(), examples, {"device": "cpu"})
    assert base == identity(course(), make_examples(3), {"device": "cpu"})
    others = [
        identity(course(seed=6), examples, {"device": "cpu"}),
        identity(course(), make_examples(3, seed=1), {"device": "cpu"}),
        identity(course(), examples, {"device": "cuda"}),
    ]
    examples[0].learnt[1] ^= True
    others.append(identity(course(), examples, {"device": "cpu"}))
    assert len({base, *others}) == 5


def test_a_curve_row_is_one_line_of_json() -> None:
    row = CurveRow(step=1, tokens=10, targets=5, loss=0.1 + 0.2)
    assert CurveRow.model_validate(json.loads(row.model_dump_json())) == row
