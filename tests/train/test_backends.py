"""Every backend computes the same attention, and says so where a machine cannot train with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from kitae.core.mistakes import Mistake
from kitae.engine.local import load
from kitae.train import backends
from kitae.train.attention import example_attention
from kitae.train.backends import BACKENDS, EXAMPLES, FLEX, SDPA, VARLEN, Row, backend, registered
from kitae.train.batch import Batch
from kitae.train.recipe import Computing
from kitae.train.trainee import Trainee

from .conftest import FAMILIES, course, furthest, gradients, make_examples, make_family
from .test_attention import STRETCHES, TOKENS, masked, tensors

pytestmark = pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")

CPU = torch.device("cpu")
CLOSE = 1e-6


def detached() -> tuple[Tensor, Tensor, Tensor]:
    query, key, value = tensors()
    return query.detach(), key.detach(), value.detach()


def plain_varlen(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    ends: Tensor,
    key_ends: Tensor,
    longest: int,
    longest_keys: int,
    *,
    scale: float | None,
    window_size: tuple[int, int],
    enable_gqa: bool,
) -> Tensor:
    """What FlashAttention computes, as its documentation says it: queries are the last of their sequence's keys."""
    assert query.dim() == key.dim() == 3
    assert enable_gqa == (query.shape[1] != key.shape[1])
    assert ends.dtype == key_ends.dtype == torch.int32
    assert (longest, longest_keys) == (int(ends.diff().max()), int(key_ends.diff().max()))
    found = []
    for number in range(len(ends) - 1):
        own, keys = slice(ends[number], ends[number + 1]), slice(key_ends[number], key_ends[number + 1])
        count, seen = int(ends[number + 1] - ends[number]), int(key_ends[number + 1] - key_ends[number])
        place, other = torch.arange(seen - count, seen)[:, None], torch.arange(seen)[None]
        mask = (other <= place + window_size[1]) & ((window_size[0] < 0) | (other >= place - window_size[0]))
        q, k, v = (each[None].transpose(1, 2) for each in (query[own], key[keys], value[keys]))
        told = torch.nn.functional.scaled_dot_product_attention(
            q, k, v, attn_mask=mask, scale=scale, enable_gqa=enable_gqa
        )
        found.append(told[0].transpose(0, 1))
    return torch.cat(found)


@pytest.fixture
def flash(monkeypatch: pytest.MonkeyPatch) -> None:
    """FlashAttention without a GPU."""
    monkeypatch.setattr("torch.nn.attention.varlen.varlen_attn", plain_varlen)


@pytest.mark.parametrize("window", [None, 1, 7, 33, 100])
@pytest.mark.parametrize("name", [SDPA, VARLEN])
def test_a_row_is_attended_as_a_masked_one_forward_and_back(name: str, window: int | None, flash: None) -> None:
    inputs, weights = tensors(), torch.randn(1, TOKENS, 4, 8)
    ours, _ = BACKENDS[name][0](
        torch.nn.Module(), *inputs, None, row=Row(STRETCHES, CPU), scaling=0.3, sliding_window=window
    )
    theirs = masked(*inputs, window)
    found, expected = (torch.autograd.grad((each * weights).sum(), inputs) for each in (ours, theirs))
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("window", [None, 1, 7, 33, 100])
def test_masks_and_blocks_are_those_of_the_examples(window: int | None) -> None:
    row = Row(STRETCHES, CPU)
    inputs = detached()
    with torch.no_grad():
        expected = masked(*inputs, window)
        found, _ = backends.flex_attention(
            torch.nn.Module(), *inputs, None, row=row, scaling=0.3, sliding_window=window
        )
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    assert row.mask(window) is row.mask(window), "made once"
    assert row.block_mask(window) is row.block_mask(window)


def hidden(model: Any, batch: Batch, name: str) -> Tensor:
    model.set_attn_implementation(registered(name))
    confined: dict[str, Any] = {"stretches": batch.stretches, "row": Row(batch.stretches, CPU)}
    found = model.base_model(input_ids=batch.ids, position_ids=batch.positions, use_cache=False, **confined)
    told: Tensor = found.last_hidden_state
    return told


@pytest.mark.parametrize("family", FAMILIES)
def test_every_backend_makes_the_same_of_a_model(family: str, families: Callable[[str], Path], flash: None) -> None:
    model = load(families(family), torch.float32).eval()
    batch = Batch.of([*make_examples(5), *make_family(3)], CPU)
    assert any(each.before is not None for each in batch.stretches), "something is shared"
    with torch.no_grad():
        expected = hidden(model, batch, EXAMPLES)
        for name in (SDPA, FLEX, VARLEN):
            assert float((hidden(model, batch, name) - expected).abs().max() / expected.abs().max()) < CLOSE, name


def test_attention_that_looks_one_token_too_far_back_is_seen(flash: None) -> None:
    inputs = detached()
    row = Row(STRETCHES, CPU)
    for name in (SDPA, FLEX, VARLEN):
        found, _ = BACKENDS[name][0](torch.nn.Module(), *inputs, None, row=row, scaling=0.3, sliding_window=8)
        assert float((found - masked(*inputs, 7)).abs().max()) > 1e-3


REFUSED: Sequence[tuple[str, str, str, str]] = (
    (FLEX, "cpu", "float32", "no backward pass on a CPU"),
    (VARLEN, "cpu", "bfloat16", "needs a GPU"),
    (VARLEN, "cuda", "float32", "not in float32"),
    (FLEX, "cuda", "float64", "not compute in float64"),
)


@pytest.mark.parametrize(("name", "device", "number_format", "why"), REFUSED)
def test_a_machine_that_cannot_is_a_mistake_that_names_what_can(
    name: str, device: str, number_format: str, why: str, capability: Callable[[int], None]
) -> None:
    capability(9)
    with pytest.raises(Mistake, match=why) as raised:
        backend(device, number_format, name)
    assert f"`{backend(device, number_format)}`" in raised.value.hint


@pytest.fixture
def capability(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Pretends to be on a GPU of a generation, with Triton."""

    def pretend(major: int) -> None:
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: (major, 0))
        monkeypatch.setattr("kitae.train.backends.importlib.util.find_spec", lambda name: name == "triton")

    return pretend


def test_the_place_chooses(capability: Callable[[int], None], monkeypatch: pytest.MonkeyPatch) -> None:
    assert backend("cpu", "bfloat16") == EXAMPLES
    capability(9)
    assert backend("cuda", "bfloat16") == VARLEN
    assert backend("cuda", "float32") == FLEX
    assert backend("cuda", "float64") == SDPA
    capability(7)
    assert backend("cuda", "float16") == FLEX
    monkeypatch.setattr("kitae.train.backends.importlib.util.find_spec", lambda name: None)
    assert backend("cuda", "float16") == SDPA
    assert backend("cuda", "float16", EXAMPLES) == EXAMPLES


def test_a_course_is_refused_before_the_model_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="cannot train with `flex`"):
        Trainee(tmp_path, course(), number_format="float32", computing=Computing(attention="flex"))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_model_trains_alike_with_another_attention(family: str, families: Callable[[str], Path]) -> None:
    found = []
    for attention in ("examples", "sdpa"):
        computing = Computing.model_validate({"attention": attention})
        trainee = Trainee(families(family), course(), number_format="float64", computing=computing)
        loss = trainee.loss(Batch.of([*make_examples(5), *make_family(3)], CPU))
        loss.backward()  # type: ignore[no-untyped-call]
        found.append([loss.detach(), *gradients(trainee).values()])
    assert furthest(*found) < 1e-9


def test_an_attention_that_leaks_is_refused(families: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    whole: Any = Row.__dict__["held"]
    monkeypatch.setattr(Row, "held", property(lambda self: torch.ones_like(whole.func(self))))
    with pytest.raises(Mistake, match="cannot be trained on packed examples"):
        Trainee(families("llama"), course(), number_format="float32", computing=Computing(attention="sdpa"))


def test_examples_is_what_a_cpu_computes_with() -> None:
    assert BACKENDS[EXAMPLES][0] is example_attention
