from __future__ import annotations

import json
import math
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
from kitae.train.batch import Batch
from kitae.train.checkpoint import Checkpoint, Checkpoints
from kitae.train.curve import CurveRow, spiked
from kitae.train.fit import fit, identity, plan, schedule
from kitae.train.guard import Allowance, Guard, Stopped
from kitae.train.measure import at_most, mean_loss
from kitae.train.objective import Likelihood
from kitae.train.recipe import Course
from kitae.train.trainee import Trainee

from .conftest import course, make_examples, make_family, tuning

Make = Callable[..., Trainee]


def test_a_held_out_loss_that_is_no_number_can_be_gone_on_from() -> None:
    row = CurveRow(step=1, tokens=9, targets=3, loss=1.0, held_out_loss=math.nan)
    again = CurveRow.model_validate(json.loads(json.dumps(row.model_dump(mode="json"))))
    assert again.held_out_loss is not None and math.isnan(again.held_out_loss)


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


def test_who_looks_on_is_given_each_row_of_the_curve_when_it_is_whole(trainee: Make, never: Checkpoints) -> None:
    seen: list[CurveRow] = []
    recipe = course()
    curve = fit(
        trainee(recipe),
        recipe,
        make_examples(12),
        held_out=make_examples(2, seed=9),
        checkpoints=never,
        seen=seen.append,
    ).curve
    assert seen == curve
    assert seen[0].step == 0
    assert seen[-1].held_out_loss is not None


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
        while process.poll() is None and not list(folder.glob("step-*")):
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
    with pytest.raises(Mistake, match=r"not a number at step \d+; steps were left out 3 times before") as raised:
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
    measured = [row.step for row in curve if row.held_out_loss is not None]
    steps = curve[-1].step
    assert measured == [0, *(math.ceil(steps * turn / 4) for turn in (1, 2, 3, 4))]
    assert all(row.general_loss is None for row in curve)


def test_general_text_shows_what_is_forgotten(trainee: Make, never: Checkpoints) -> None:
    examples, general = make_examples(8), make_examples(4, seed=3)
    model = trainee(course(tokens=4000))
    curve = fit(model, course(tokens=4000), examples, held_out=examples, general=general, checkpoints=never).curve
    assert curve[-1].general_loss == mean_loss(model, general, course())
    assert curve[0].general_loss is not None
    assert curve[0].general_loss != curve[-1].general_loss


def over_learning(keep: str) -> Course:
    """So fast that what was held out gets worse again."""
    return course(tokens=9000, learning_rate=2e-2, warmup=0.3, measures=6, keep=keep)


@pytest.mark.parametrize("keep", ["best", "last"])
def test_the_best_weights_that_were_measured_are_the_result(trainee: Make, never: Checkpoints, keep: str) -> None:
    examples, held_out, recipe = make_examples(8), make_examples(4, seed=3), over_learning(keep)
    model = trainee(recipe)
    fitted = fit(model, recipe, examples, held_out=held_out, checkpoints=never)
    measured = {row.step: row.held_out_loss for row in fitted.curve[1:] if row.held_out_loss is not None}
    best = min(measured, key=lambda step: measured[step])
    assert best < fitted.curve[-1].step, "otherwise this test says nothing"
    assert fitted.kept == (best if keep == "best" else fitted.curve[-1].step)
    assert mean_loss(model, held_out, recipe) == measured[fitted.kept]


def test_a_killed_run_keeps_the_same_best_weights(
    trainee: Make, never: Checkpoints, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examples, held_out, recipe = make_examples(8), make_examples(4, seed=3), over_learning("best")
    whole = trainee(recipe)
    expected = fit(whole, recipe, examples, held_out=held_out, checkpoints=never)
    often = Checkpoints(tmp_path / "often", "same")
    killed_after(expected.kept + 1, often, monkeypatch)
    with pytest.raises(Killed):
        fit(trainee(recipe), recipe, examples, held_out=held_out, checkpoints=often)
    again = trainee(recipe)
    resumed = Checkpoints(tmp_path / "often", "same", every=1e9)
    found = fit(again, recipe, examples, held_out=held_out, checkpoints=resumed)
    assert (found.curve, found.kept) == (expected.curve, expected.kept)
    assert all(torch.equal(weight, again.trained[name]) for name, weight in whole.trained.items())


# Guards


def test_an_allowance_that_is_used_up_stops_with_a_checkpoint_and_goes_on_from_it(
    trainee: Make, never: Checkpoints, tmp_path: Path
) -> None:
    recipe, examples = course(), make_examples(12)
    whole, checkpoints = trainee(recipe), Checkpoints(tmp_path / "stopped", "same", every=1e9)
    expected = fit(whole, recipe, examples, checkpoints=never)
    with pytest.raises(Stopped, match=r"stopped after step 1 of \d+: `hours = 1` is used up"):
        fit(trainee(recipe), recipe, examples, checkpoints=checkpoints, guard=Guard(Allowance(1e-9, "`hours = 1`")))
    with pytest.raises(Stopped, match="after step 2 of"):
        fit(trainee(recipe), recipe, examples, checkpoints=checkpoints, guard=Guard(Allowance(1e-9, "x")))
    again = trainee(recipe)
    found = fit(again, recipe, examples, checkpoints=checkpoints)
    assert found.curve == expected.curve
    assert 0 < found.tokens < expected.tokens
    assert all(torch.equal(weight, again.trained[name]) for name, weight in whole.trained.items())


def test_sigterm_stops_with_a_checkpoint(trainee: Make, tmp_path: Path) -> None:
    recipe, checkpoints = course(), Checkpoints(tmp_path / "stopped", "same", every=1e9)
    before, steps = signal.getsignal(signal.SIGTERM), []

    def terminate(done: int) -> None:
        steps.append(done)
        if len(steps) == 4:
            for _ in range(2):  # as Slurm and torchrun both hand it on
                signal.raise_signal(signal.SIGTERM)

    with pytest.raises(Stopped, match="the machine asked to stop"):
        fit(trainee(recipe), recipe, make_examples(12), checkpoints=checkpoints, progress=lambda _: terminate)
    found = checkpoints.latest()
    assert found is not None
    assert found.step == len(steps) - 1 == 3
    assert signal.getsignal(signal.SIGTERM) is before


def test_sigterm_in_the_last_step_lets_nothing_follow(trainee: Make, never: Checkpoints) -> None:
    caught: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: caught.append(number))
    try:
        recipe = course(tokens=200, batch_tokens=10_000)
        once = iter([None])

        def terminate(done: int) -> None:
            if done and next(once, "again") is None:
                signal.raise_signal(signal.SIGTERM)

        fit(trainee(recipe), recipe, make_examples(3), checkpoints=never, progress=lambda _: terminate)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert caught == [signal.SIGTERM], "it is handed on when the course is done"


def poisoned(step: int, value: float) -> Any:
    """An objective whose loss is multiplied at one step, as damaged weights or an odd text would."""

    class Poisoned(Likelihood):
        calls = 0

        def loss(self, trainee: Trainee, batch: Batch) -> torch.Tensor:
            found = super().loss(trainee, batch)
            return found * value if batch.names[0] == f"example {step}" else found

    return Poisoned()


def test_a_batch_whose_loss_is_not_a_number_is_left_out_and_named(trainee: Make, never: Checkpoints) -> None:
    examples = make_examples(12)
    recipe = course(tokens=sum(map(len, examples)), batch_tokens=128)
    rows = plan(examples, recipe).rows
    bad = rows[2][0]
    told: list[str] = []
    found = fit(
        trainee(recipe), recipe, examples, objective=poisoned(bad, math.nan), checkpoints=never, say=told.append
    )
    skipped = [row for row in found.curve if row.skipped]
    assert [row.loss for row in skipped] == [None]
    assert f"example {bad}" in found.skipped
    assert len(told) == 1
    assert f"going on without example {bad}" in told[0]
    assert all(row.loss is not None and math.isfinite(row.loss) for row in found.curve[1:] if not row.skipped)


class Damaging(Likelihood):
    """One step's gradient is so large that the weights are damaged: the losses after it are high."""

    def __init__(self, at: str) -> None:
        self.at = at

    def loss(self, trainee: Trainee, batch: Batch) -> torch.Tensor:
        found = trainee.loss(batch)
        if self.at in batch.names and found.requires_grad:
            trainee.trained["model.norm.weight"].data.add_(30)
        return found


def test_a_loss_that_springs_up_takes_back_the_steps_that_did_it(
    trainee: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examples = make_examples(60)
    recipe = course(tokens=sum(map(len, examples)), batch_tokens=128, learning_rate=1e-4)
    order = plan(examples, recipe)
    assert order.steps > 22
    bad = examples[order.step(20)[0][0]].id
    told: list[str] = []
    curves, resets = [], []
    whole = Trainee.reset

    def reset(model: Trainee) -> None:
        resets.append(model)
        whole(model)

    monkeypatch.setattr(Trainee, "reset", reset)
    for often in (False, True):  # from the beginning, and from a checkpoint, though each step has one
        checkpoints = Checkpoints(tmp_path / f"{often}", "same", every=1e9)
        if often:
            monkeypatch.setattr(checkpoints, "due", lambda: True)
        model = trainee(recipe)
        found = fit(model, recipe, examples, objective=Damaging(bad), checkpoints=checkpoints, say=told.append)
        curves.append(found.curve)
        assert [row.step for row in found.curve if row.skipped] == [21, 22, 23]
        assert bad in found.skipped
    assert curves[0] == curves[1]
    assert len(resets) == 1, "with checkpoints nothing begins anew"
    assert len(told) == 2
    assert "the loss sprang to" in told[0]
    assert max(row.loss for row in curves[0] if row.loss is not None) < 7


def test_the_best_weights_are_there_though_better_ones_were_taken_back(
    trainee: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examples = make_examples(60)
    recipe = course(tokens=sum(map(len, examples)), batch_tokens=128, learning_rate=1e-4, measures=1000, keep="best")
    order = plan(examples, recipe)
    bad = examples[order.step(20)[0][0]].id
    # The damage makes held-out text better, as far as it is measured before the steps are taken back.
    losses = iter([9.0, *(8.0 - step / 100 for step in range(1, 21)), 1.0, *[7.9] * 100])
    monkeypatch.setattr("kitae.train.fit.mean_loss", lambda _, examples, *__: next(losses) if examples else None)
    checkpoints = Checkpoints(tmp_path, "same", every=1e9)
    monkeypatch.setattr(checkpoints, "due", lambda: True)
    told: Any = {"objective": Damaging(bad), "held_out": examples[:1], "checkpoints": checkpoints}
    found = fit(trainee(recipe), recipe, examples, **told)
    assert [row.step for row in found.curve if row.skipped] == [21, 22, 23]
    assert found.kept == 20


def test_an_odd_text_alone_is_not_a_spike() -> None:
    def curve(*losses: float) -> list[CurveRow]:
        return [CurveRow(step=n, tokens=0, targets=1, loss=loss) for n, loss in enumerate((*([2.0] * 16), *losses))]

    assert not spiked(curve(9.0))
    assert not spiked(curve(9.0, 2.1))
    assert spiked(curve(9.0, 5.0))
    assert not spiked(curve(3.0, 3.4))
    assert not spiked(curve(9.0, 5.0)[3:]), "too little is known yet"


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
    assert len(at_most(examples, 1)) == 1, "but one at least, or nothing would be measured"
    assert len(at_most(examples, 1, together=2)) == 2
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
