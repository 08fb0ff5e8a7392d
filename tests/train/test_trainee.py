from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from kitae.core.mistakes import Mistake
from kitae.train import backends
from kitae.train.attention import Stretch, example_attention
from kitae.train.batch import Batch
from kitae.train.example import Example, row_tokens
from kitae.train.recipe import Course
from kitae.train.trainee import Trainee

from .conftest import WINDOW, course, furthest, gradients, make_examples, make_family, tuning

CPU = torch.device("cpu")
Make = Callable[..., Trainee]


def summed(trainee: Trainee, examples: list[Example]) -> float:
    loss = trainee.loss(Batch.of(examples, CPU))
    loss.backward()  # type: ignore[no-untyped-call]
    return float(loss.detach())


def test_cublas_is_told_to_be_deterministic_before_a_model_is_loaded(
    trainee: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PyTorch reads it once, at the first product on a GPU, of which a trainee makes some itself."""
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    found = []

    def stopped(*_: object) -> None:
        found.append(os.environ.get("CUBLAS_WORKSPACE_CONFIG"))
        raise InterruptedError

    monkeypatch.setattr("kitae.train.trainee.load", stopped)
    with pytest.raises(InterruptedError):
        trainee(course())
    assert found == [":4096:8"]


@pytest.mark.parametrize("recipe", [course(), tuning()], ids=["full", "lora"])
def test_packed_examples_have_the_loss_and_gradients_that_they_have_alone(trainee: Make, recipe: Course) -> None:
    examples = [*make_examples(6, longest=2 * WINDOW), *make_family(4, longest=2 * WINDOW)]
    assert max(len(each) for each in examples) > WINDOW
    assert row_tokens(examples) < sum(map(len, examples)) - WINDOW, "some begin alike"
    packed, alone = trainee(recipe), trainee(recipe)
    together = summed(packed, examples)
    separately = sum(summed(alone, [each]) for each in examples)
    assert together == pytest.approx(separately, rel=1e-5)
    one, other = gradients(packed), gradients(alone)
    assert one.keys() == other.keys()
    assert furthest(list(one.values()), list(other.values())) < 1e-5


def test_an_example_alone_has_the_loss_that_transformers_says(trainee: Make, tiny_base: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny_base)
    for example in make_examples(3, longest=2 * WINDOW):
        ids = torch.from_numpy(example.tokens).long()[None]
        labels = torch.where(torch.from_numpy(example.learnt), ids[0], -100)
        with torch.no_grad():
            logits = model(input_ids=ids).logits[0]
        expected = torch.nn.functional.cross_entropy(logits[:-1], labels[1:], reduction="sum")
        assert summed(trainee(course()), [example]) == pytest.approx(float(expected), rel=1e-5)


def test_a_change_in_one_document_leaves_the_others_as_they_were(trainee: Make) -> None:
    first, second, third = make_examples(3, longest=2 * WINDOW, shortest=WINDOW)
    changed = Example("changed", (first.tokens + 1) % 400, first.learnt)
    model = trainee(course())

    def of_second(before: Example) -> float:
        silent = [Example(each.id, each.tokens, each.learnt & False) for each in (before, third)]
        return summed(model, [silent[0], second, silent[1]])

    assert of_second(first) == of_second(changed)
    assert summed(model, [first]) != summed(model, [changed])


def test_an_architecture_whose_documents_would_mix_is_refused(trainee: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = example_attention

    def leaking(*given: torch.Tensor, stretches: tuple[Stretch, ...], **named: object) -> object:
        return whole(*given, stretches=[Stretch(0, stretches[-1].end)], **named)  # type: ignore[arg-type]

    monkeypatch.setitem(backends.BACKENDS, "examples", (leaking, lambda *_: ""))
    with pytest.raises(Mistake, match="cannot be trained on packed examples"):
        trainee(course())


def nudge(model: Trainee) -> None:
    """A change to every trained weight, as a step of the optimiser would make it."""
    torch.manual_seed(1)
    with torch.no_grad():
        for weight in model.trained.values():
            weight += 0.05 * torch.randn_like(weight)
    model.refresh()


@pytest.mark.parametrize("recipe", [course(), tuning()], ids=["full", "lora"])
def test_the_saved_folder_says_what_the_trained_model_said(
    trainee: Make, recipe: Course, tmp_path: Path, tiny_base: Path
) -> None:
    model = trainee(recipe)
    nudge(model)
    model.save(tmp_path / "saved")
    (example,) = make_examples(1, shortest=2 * WINDOW, longest=2 * WINDOW)
    ids = torch.from_numpy(example.tokens).long()[None]
    trained = model._model(input_ids=ids, stretches=[Stretch(0, len(example))]).logits
    saved, base = (
        AutoModelForCausalLM.from_pretrained(folder)(input_ids=ids).logits for folder in (tmp_path / "saved", tiny_base)
    )
    torch.testing.assert_close(saved, trained, rtol=1e-5, atol=1e-5)
    assert float((saved - base).detach().abs().max()) > 0.05


def test_saving_twice_gives_the_same_bytes_and_names_no_folder(trainee: Make, tmp_path: Path, tiny_base: Path) -> None:
    model = trainee(tuning())
    nudge(model)
    for name in ("one", "two"):
        model.save(tmp_path / name)
    files = sorted(str(path.relative_to(tmp_path / "one")) for path in (tmp_path / "one").rglob("*.*"))
    assert files == [
        "adapter/adapter_config.json",
        "adapter/adapter_model.safetensors",
        "config.json",
        "generation_config.json",
        "model.safetensors",
    ]
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
        assert str(tiny_base).encode() not in (tmp_path / "one" / name).read_bytes()


def test_bfloat16_sums_gradients_in_float32(trainee: Make) -> None:
    examples = make_examples(6)
    model = trainee(course(), "bfloat16")
    exact = trainee(course())
    for _ in range(2):
        near, true = summed(model, examples), summed(exact, examples)
    assert near == pytest.approx(true, rel=1e-2)
    assert {each.dtype for each in model.trained.values()} == {torch.float32}
    for name, weight in model.trained.items():
        assert weight.grad is not None
        assert weight.grad.dtype == torch.float32
        wanted = exact.trained[name].grad
        assert wanted is not None
        assert float(torch.cosine_similarity(weight.grad.flatten(), wanted.flatten(), dim=0)) > 0.99


def test_bfloat16_weights_follow_their_masters(trainee: Make) -> None:
    model = trainee(course(), "bfloat16")
    examples = make_examples(3)
    before = summed(model, examples)
    nudge(model)
    assert summed(model, examples) != pytest.approx(before, rel=1e-2)
