"""Every check passes on what is right, and fails when its bug is planted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch import Tensor

from kitae.engine.chat import Renderer
from kitae.train import batch as batches
from kitae.train import checks as module
from kitae.train import data as module_of_data
from kitae.train import flight as flights
from kitae.train.attention import Stretch
from kitae.train.batch import Batch
from kitae.train.checks import Check
from kitae.train.data import Data
from kitae.train.example import Example, dialogues_as_examples, texts_as_examples
from kitae.train.objective import DirectPreference, Likelihood
from kitae.train.packing import Order, Row
from kitae.train.preflight import Preflight, preflight
from kitae.train.recipe import Course, PreferRecipe, PretrainRecipe, TuneRecipe
from kitae.train.trainee import Trainee
from kitae.train.views import Joined, Picked

from .conftest import FAMILIES, make_dialogues, make_pairs

PLACE = {"number_format": "float32", "device": "cpu"}
RECIPE = TuneRecipe(rank=4, sequence=256, batch_tokens=512, epochs=2)


def data_of(folder: Path, count: int = 14) -> Data:
    renderer, dialogues = Renderer(folder), make_dialogues(count)
    # Uneven answers: what means over the wrong tokens would show on.
    longer = "、".join(["有給休暇は十日です"] * 3)
    uneven = [
        each.model_copy(
            update={"messages": (*each.messages[:-1], each.messages[-1].model_copy(update={"content": text}))}
        )
        for number, each in enumerate(dialogues)
        for text in [longer if number % 3 == 0 else each.messages[-1].content]
    ]
    examples = list(dialogues_as_examples(uneven, renderer))

    def origin(place: int) -> str:
        return "dialogues/a" if place < 4 else "dialogues/b"

    return Data(examples, examples[:2], renderer, dialogues=uneven, origin=origin)


def fly(folder: Path, recipe: Course = RECIPE, data: Data | None = None) -> Preflight:
    return preflight(recipe, folder, data or data_of(folder), place=PLACE)


def failed(found: Preflight) -> set[str]:
    return {check.name for check in found.checks if not check.passed}


@pytest.mark.parametrize("method", ["lora", "full"])
@pytest.mark.parametrize("name", FAMILIES)
def test_everything_passes_on_what_is_right(name: str, method: str, families: Callable[[str], Path]) -> None:
    done: list[int] = []
    recipe = RECIPE.model_copy(update={"method": method})
    folder = families(name)
    found = preflight(recipe, folder, data_of(folder), place=PLACE, done=done.append)
    assert failed(found) == set()
    assert found.passed
    assert [check.name for check in found.checks] == [
        "loss mask",
        "chat template",
        "packed as separate",
        "no leak",
        "accumulation",
        "as a plain loop",
        "resume",
        "recipe keys",
    ]
    assert sum(done) == len(module.CHECKS) + 1
    assert found.course == "tune"
    assert len(found.masks) == 3
    assert all("⟦" in shown for shown in found.masks)
    assert sum(found.shares.values()) == pytest.approx(1)
    assert set(found.shares) == {"dialogues/a", "dialogues/b"}
    assert found.probe.tokens_per_second > 0
    assert found.probe.seconds == pytest.approx(found.probe.tokens / found.probe.tokens_per_second)


def test_a_course_that_freezes_parts_passes(families: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = RECIPE.model_copy(update={"method": "full", "freeze": ("model.embed_tokens.*", "*.1.mlp.*")})
    assert failed(fly(families("llama"), recipe)) == set()
    monkeypatch.setattr(Trainee, "_choose", lambda self, course: None)
    assert "as a plain loop" in failed(fly(families("llama"), recipe)), "and fails where they are trained all the same"


def test_of_a_large_model_two_layers_are_checked(
    families: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flights, "SMALL", 0)
    cut: list[Path] = []
    whole = flights.Flight.trainee

    def trainee(self: flights.Flight, course: Course) -> Trainee:
        cut.append(self.folder)
        return whole(self, course)

    monkeypatch.setattr(flights.Flight, "trainee", trainee)
    folder = families("gemma3")
    assert fly(folder).passed
    assert folder not in cut
    assert not cut[0].exists(), "it is gone afterwards"


PREFERRING = PreferRecipe(rank=4, sequence=256, batch_tokens=512, epochs=2, beta=0.3, margin=0.1, likelihood=0.4)


def fly_pairs(folder: Path, **changes: Any) -> Preflight:
    pairs = make_pairs(9)
    return fly(folder, PREFERRING.model_copy(update=changes), Data(pairs, pairs[:4], Renderer(folder)))


@pytest.mark.parametrize("method", ["lora", "full"])
@pytest.mark.parametrize("normalised", [False, True])
@pytest.mark.parametrize("reference", [False, True])
def test_preferences_pass_on_what_is_right(
    method: str, normalised: bool, reference: bool, families: Callable[[str], Path]
) -> None:
    found = fly_pairs(families("qwen3"), method=method, normalised=normalised, reference=reference)
    assert failed(found) == set()
    assert len(found.checks) == 7, "of those only the template's and the mixture's have nothing to look at"
    assert found.probe.tokens_per_second > 0


def test_a_pair_the_wrong_way_round_fails(families: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    right = DirectPreference.scores
    monkeypatch.setattr(DirectPreference, "scores", lambda *arguments: -right(*arguments))
    assert failed(fly_pairs(families("llama"))) == {"as a plain loop"}


def test_a_reference_that_is_forgotten_fails(families: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kitae.train.along.scores", lambda *_: {})
    assert failed(fly_pairs(families("llama"))) == {"as a plain loop"}


def test_a_key_of_preferences_that_nobody_reads_fails(families: Callable[[str], Path]) -> None:
    class More(PreferRecipe):
        label_smoothing: float = 0.1

    folder, pairs = families("llama"), make_pairs(9)
    recipe = More.model_validate(PREFERRING.model_dump())
    assert failed(fly(folder, recipe, Data(pairs, pairs[:4], Renderer(folder)))) == {"recipe keys"}


def replaying(folder: Path, share: float) -> Data:
    """As continued pretraining reads it: own texts, and general ones as `share` of the tokens."""
    renderer = Renderer(folder)
    rows = [{"id": f"{n}", "text": f"第{n}条　社員は、休暇を取る日の{n}日前までに届け出る。"} for n in range(120)]
    other = [{"id": f"g{n}", "text": f"隣町の図書館は{n}時に開き、夕方に閉まる。" * (1 + n)} for n in range(6)]
    own, general = (list(texts_as_examples(each, renderer)) for each in (rows, other))
    mixed = Joined([own, module_of_data.replay(own, general, share)])

    def origin(place: int) -> str:
        return ("corpus/main@1", "corpus/general@1")[mixed.part(place)]

    return Data(mixed, own[:2], renderer, origin=origin, asked={"corpus/general@1": share})


def test_the_share_of_general_text_is_one_of_tokens(
    families: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = families("llama")
    recipe = PretrainRecipe(tokens=2000, sequence=256, batch_tokens=512, replay=0.3)
    found = fly(folder, recipe, replaying(folder, 0.3))
    assert failed(found) == set()
    (figure,) = [check.figure for check in found.checks if check.name == "token shares"]
    assert "is corpus/general (30.0% wanted, ±" in figure

    def too_few(own: Sequence[Example], general: Sequence[Example], share: float) -> Sequence[Example]:
        """As loaders mix that count examples, whatever their length."""
        return Picked(general, [0])

    monkeypatch.setattr(module_of_data, "replay", too_few)
    assert failed(fly(folder, recipe, replaying(folder, 0.3))) == {"token shares"}


def changed(one: Batch, **changes: Any) -> Batch:
    return Batch(**{name: getattr(one, name) for name in one.__slots__} | changes)


@pytest.fixture
def plant(families: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> Callable[..., set[str]]:
    """Runs the preflight with a bug in what makes rows, and says which checks failed."""

    def planted(bug: Callable[[Batch], Batch]) -> set[str]:
        right = Batch.of
        monkeypatch.setattr(batches.Batch, "of", lambda *arguments: bug(right(*arguments)))
        monkeypatch.setattr(Trainee, "_check", lambda *_: None)
        return failed(fly(families("llama")))

    return planted


def test_a_mask_that_is_shifted_fails(plant: Callable[..., set[str]]) -> None:
    assert "as a plain loop" in plant(lambda one: changed(one, where=(one.where + 1) % one.tokens))


def test_attention_that_leaks_fails(plant: Callable[..., set[str]]) -> None:
    def leaking(one: Batch) -> Batch:
        return changed(one, stretches=(Stretch(0, one.tokens),))

    assert {"packed as separate", "no leak", "as a plain loop"} <= plant(leaking)


def test_positions_that_go_on_fail(plant: Callable[..., set[str]]) -> None:
    assert "packed as separate" not in plant(lambda one: changed(one, positions=one.positions + 5)), "they are relative"
    assert "packed as separate" in plant(lambda one: changed(one, positions=one.positions * 2))


def test_a_mean_for_each_row_fails(families: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def mean(self: Likelihood, trainee: Trainee, batch: Batch) -> Tensor:
        return trainee.loss(batch) / max(1, len(batch.targets))

    monkeypatch.setattr(Likelihood, "loss", mean)
    monkeypatch.setattr(Likelihood, "count", lambda *_: 1)
    assert {"accumulation", "as a plain loop"} <= failed(fly(families("llama")))


def test_an_order_that_begins_anew_on_resume_fails(
    families: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: dict[int, int] = {}

    def forgetful(self: Order, step: int) -> list[Row]:
        """Deals rows out as a loader does that counts for itself."""
        steps[id(self)] = steps.get(id(self), -1) + 1
        return [self.rows[index] for index in self._indices(steps[id(self)] % self.steps)]

    monkeypatch.setattr(Order, "step", forgetful)
    assert "resume" in failed(fly(families("llama")))


def test_moments_that_are_lost_on_resume_fail(families: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kitae.train.fit.kept", lambda *_: {})
    assert "resume" in failed(fly(families("llama")))


def test_a_key_that_nobody_reads_fails(families: Callable[[str], Path]) -> None:
    class More(TuneRecipe):
        neftune: float = 5.0

    found = fly(families("llama"), More.model_validate(RECIPE.model_dump()))
    assert failed(found) == {"recipe keys"}
    assert "neftune" in next(check.figure for check in found.checks if check.name == "recipe keys")


def test_all_of_a_dialogue_learnt_fails(families: Callable[[str], Path]) -> None:
    folder = families("llama")
    data = data_of(folder)
    whole = [replace(each, learnt=np.ones_like(each.learnt)) for each in data.examples]
    assert "loss mask" in failed(fly(folder, data=replace(data, examples=whole)))


def test_another_template_than_the_tokens_were_made_with_fails(families: Callable[[str], Path]) -> None:
    folder = families("llama")
    data = data_of(folder)
    data.renderer.template = "{% for m in messages %}{{ m.content }}{% endfor %}"
    found = module.template(flights.Flight(folder, RECIPE, data, data.examples))
    assert isinstance(found, Check)
    assert not found.passed
