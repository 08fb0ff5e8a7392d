"""Every check passes on what is right, and fails when its bug is planted."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from kitae.core.mistakes import Mistake
from kitae.engine.chat import Renderer
from kitae.train import attention, lora, packing
from kitae.train import batch as batches
from kitae.train import checks as module
from kitae.train import data as module_of_data
from kitae.train import flight as flights
from kitae.train.attention import Stretch
from kitae.train.batch import Batch
from kitae.train.checks import Check
from kitae.train.data import Data
from kitae.train.example import Example, dialogues_as_examples, texts_as_examples
from kitae.train.lora import LoraLinear
from kitae.train.objective import DirectPreference, Likelihood
from kitae.train.packing import Order, Row
from kitae.train.preflight import Preflight, preflight
from kitae.train.preflight import _shares as shares
from kitae.train.recipe import Computing, Course, PreferRecipe, PretrainRecipe, TuneRecipe
from kitae.train.trainee import Trainee
from kitae.train.views import Joined, Picked

from .conftest import FAMILIES, WINDOW, make_dialogues, make_pairs

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
        "learnt text",
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
    assert found.probe
    assert found.probe.tokens_per_second > 0
    assert found.probe.seconds == pytest.approx(found.probe.tokens / found.probe.tokens_per_second)


def test_a_course_that_freezes_parts_passes(families: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = RECIPE.model_copy(update={"method": "full", "freeze": ("model.embed_tokens.*", "*.1.mlp.*")})
    assert failed(fly(families("llama"), recipe)) == set()
    monkeypatch.setattr(Trainee, "_choose", lambda self, course: None)
    assert "as a plain loop" in failed(fly(families("llama"), recipe)), "and fails where they are trained all the same"


@pytest.mark.parametrize("name", FAMILIES)
def test_of_a_large_model_two_layers_are_checked_with_the_tokens_that_they_compute(
    name: str, families: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flights, "SMALL", 0)
    cut: list[Path] = []
    whole = flights.Flight.trainee

    def trainee(self: flights.Flight, course: Course) -> Trainee:
        cut.append(self.folder)
        made = whole(self, course)
        settings = json.loads((self.folder / "config.json").read_text(encoding="utf-8"))
        assert settings["vocab_size"] == len({token for each in self.examples for token in each.tokens.tolist()})
        return made

    monkeypatch.setattr(flights.Flight, "trainee", trainee)
    folder = families(name)
    assert preflight(RECIPE, folder, data_of(folder), place=PLACE, scratch=tmp_path).passed
    assert all(each.is_relative_to(tmp_path) for each in cut)
    assert not cut[0].exists(), "it is gone afterwards"


def test_where_several_processes_train_nothing_is_timed(
    families: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kitae.train.preflight.present", lambda: SimpleNamespace(count=2))
    found = fly(families("llama"))
    assert found.passed
    assert found.probe is None


def test_what_is_timed_is_computed_as_the_course_is(families: Callable[[str], Path]) -> None:
    folder = families("llama")
    with pytest.raises(Mistake, match="varlen"):
        preflight(RECIPE, folder, data_of(folder), place=PLACE, computing=Computing(attention="varlen"))


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
    assert len(found.checks) == 7, "those of templates, replies and the mixture have nothing to look at"
    assert found.probe
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


def replaying(folder: Path, share: float, count: int = 120) -> Data:
    """As continued pretraining reads it: own texts, and general ones as `share` of the tokens."""
    renderer = Renderer(folder)
    rows = [{"id": f"{n}", "text": f"第{n}条　社員は、休暇を取る日の{n}日前までに届け出る。"} for n in range(count)]
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


def test_the_share_of_general_text_is_one_of_what_is_trained(
    families: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = families("llama")
    recipe = PretrainRecipe(tokens=8000, sequence=256, batch_tokens=512, replay=0.3)
    flight = flights.Flight(folder, recipe, replaying(folder, 0.3, 600), [], tmp_path)
    found = module.mixture(flight)
    assert found and found.passed
    monkeypatch.setattr(packing, "shuffled", lambda count, *_: list(range(count)))
    flight = replace(flight)  # planned anew
    found = module.mixture(flight)
    assert found and not found.passed, "own texts stand first, and of the others none is reached"
    assert found.figure.endswith("of what is trained 0.0%")
    assert shares(flight) == {"corpus/main@1": 1.0, "corpus/general@1": 0.0}


def changed(one: Batch, **changes: Any) -> Batch:
    return Batch(**{name: getattr(one, name) for name in one.__slots__} | changes)


Plant = Callable[[Callable[[Batch], Batch]], set[str]]


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest, families: Callable[[str], Path]) -> Path:
    return families(request.param)


def computed(folder: Path, scratch: Path) -> set[str]:
    """Which of the checks fail that hold rows of examples against each example by itself."""
    data = data_of(folder)
    flight = flights.Flight(folder, RECIPE, data, flights.some(data.examples), scratch)
    assert max(map(len, flight.examples)) > WINDOW
    found = [check(flight) for check in (module.packed_is_separate, module.no_leak, module.parity)]
    return {check.name for check in found if check and not check.passed}


@pytest.fixture
def plant(family: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plant:
    """Checks a model of each family with a bug in what makes rows, and says which checks failed."""

    def planted(bug: Callable[[Batch], Batch]) -> set[str]:
        right = Batch.of
        with monkeypatch.context() as patch:
            patch.setattr(batches.Batch, "of", lambda *arguments: bug(right(*arguments)))
            patch.setattr(Trainee, "_check", lambda *_: None)
            return computed(family, tmp_path)

    return planted


def test_a_mask_that_is_shifted_fails(plant: Plant) -> None:
    assert "as a plain loop" in plant(lambda one: changed(one, where=(one.where + 1) % one.tokens))


def test_attention_that_leaks_fails(plant: Plant) -> None:
    def leaking(one: Batch) -> Batch:
        return changed(one, stretches=(Stretch(0, one.tokens),))

    assert plant(leaking) == {"packed as separate", "no leak", "as a plain loop"}


def test_positions_that_go_on_fail(plant: Plant) -> None:
    assert not plant(lambda one: changed(one, positions=one.positions + 5)), "they are relative"
    assert "packed as separate" in plant(lambda one: changed(one, positions=one.positions * 2))


@pytest.mark.parametrize("large", [False, True])
def test_a_sliding_window_that_is_forgotten_fails(
    large: bool, families: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, right = families("gemma3"), attention._Attention.apply
    if large:  # whose window no example of the checks would reach beyond
        folder = Path(copytree(folder, tmp_path / "model"))
        settings = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        (folder / "config.json").write_text(json.dumps(settings | {"sliding_window": 4096}), encoding="utf-8")
        monkeypatch.setattr(flights, "SMALL", 0)
    assert failed(fly(folder)) == set()
    endless = SimpleNamespace(apply=lambda *arguments: right(*arguments[:-1], None))  # type: ignore[no-untyped-call]
    monkeypatch.setattr(attention, "_Attention", endless)
    assert failed(fly(folder)) == {"packed as separate", "as a plain loop"}


@pytest.mark.parametrize("recipe", [RECIPE, PREFERRING], ids=["tune", "prefer"])
def test_adapters_that_are_scaled_otherwise_fail(
    recipe: Course, families: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, right = families("llama"), LoraLinear.__init__

    def by_the_root(self: LoraLinear, layer: nn.Linear, rank: int, alpha: float, generator: torch.Generator) -> None:
        """As rank-stabilised LoRA (arXiv:2312.03732) does."""
        right(self, layer, rank, alpha, generator)
        self.scale = alpha / rank**0.5

    monkeypatch.setattr(LoraLinear, "__init__", by_the_root)
    found = fly(folder) if recipe is RECIPE else fly_pairs(folder)
    assert failed(found) == {"as a plain loop"}


def test_a_gradient_of_adapters_that_is_wrong_fails(
    families: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    right = lora._Lora.backward

    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        of_inputs, _, of_down, of_up, *rest = right(ctx, *gradients)
        return of_inputs, None, of_down, of_up / ctx.scale, *rest

    monkeypatch.setattr(lora._Lora, "backward", staticmethod(backward))
    assert failed(fly(families("llama"))) == {"as a plain loop"}


@pytest.mark.parametrize("by", [-1, 1])
def test_what_is_learnt_moved_by_a_token_fails(by: int, family: Path, tmp_path: Path) -> None:
    data = data_of(family)
    flight = flights.Flight(family, RECIPE, data, data.examples, tmp_path)
    found = module.learnt_text(flight)
    assert found and found.passed
    assert found.figure.startswith("of 14 of 14 dialogues")
    moved = [replace(each, learnt=np.roll(each.learnt, by)) for each in data.examples]
    found = module.learnt_text(replace(flight, data=replace(data, examples=moved)))
    assert found and not found.passed
    assert found.figure.startswith("of 0 of 14 dialogues")


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


def test_another_template_than_the_tokens_were_made_with_fails(family: Path, tmp_path: Path) -> None:
    data = data_of(family)
    data.renderer.template = "{% for m in messages %}{{ m.content }}{% endfor %}"
    found = module.template(flights.Flight(family, RECIPE, data, data.examples, tmp_path))
    assert isinstance(found, Check)
    assert not found.passed
