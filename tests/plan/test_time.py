"""Operations, and the interval of how many a card does."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitae.core.mistakes import Mistake
from kitae.plan.architecture import typical
from kitae.plan.cards import Card, card, peak, reached, steady
from kitae.plan.time import LOST, Work, hours, operations, together

LLAMA = typical(6.74e9)


def test_a_token_costs_six_operations_a_parameter_and_its_attention() -> None:
    attention = 12 * 32 * 4096 * 2048
    assert operations(LLAMA, Work(tokens=1, sequence=2048)) == 6 * 6.74e9 + attention
    assert operations(LLAMA, Work(tokens=1, sequence=2048, method="lora")) == 4 * 6.74e9 + attention


def test_a_mixture_of_experts_costs_only_what_a_token_passes() -> None:
    moe = LLAMA.model_copy(update={"parameters": 47e9, "active": 13e9})
    assert operations(moe, Work(tokens=1, sequence=1)) < 6 * 14e9


def test_qlora_is_slower_than_lora() -> None:
    lora, qlora = (hours(LLAMA, Work(tokens=1e9, method=each), card("a100")).total.mid for each in ("lora", "qlora"))
    assert qlora / lora == pytest.approx(3083 / 2413)


@pytest.mark.parametrize("size", [7e9, 13e9, 30e9, 70e9])
def test_the_interval_holds_every_measured_row_of_its_size(size: float) -> None:
    for name in ("a100", "h100"):
        rate = steady(card(name), size).mfu
        assert all(row.mfu in rate for row in reached() if row.card == name and row.parameters == size)


def test_the_upper_end_is_the_slowest_row_with_losses_and_the_middle_is_geometric() -> None:
    rate = steady(card("a100"), 6.74e9).mfu
    found = hours(LLAMA, Work(tokens=1e12, sequence=2048), card("a100")).total
    assert found.width == pytest.approx(rate.width / (1 - LOST))
    assert found.mid == pytest.approx(math.sqrt(found.low * found.high))


def test_padding_evaluation_and_standing_still_add_hours() -> None:
    plain = hours(LLAMA, Work(tokens=1e9), card("a100"), gpus=8).total.mid
    packed = hours(LLAMA, Work(tokens=1e9, packing=0.5), card("a100"), gpus=8).total.mid
    measured = hours(LLAMA, Work(tokens=1e9, evaluated=3e8), card("a100"), gpus=8)
    waiting = hours(LLAMA, Work(tokens=1e9, checkpoints=10, checkpoint_seconds=360), card("a100"), gpus=8)
    assert packed == pytest.approx(2 * plain)
    assert measured.total.mid == pytest.approx(1.1 * plain)
    assert measured.parts["evaluation"].mid == pytest.approx(0.1 * plain)
    assert waiting.total.mid == pytest.approx(plain + 8)


@settings(deadline=None)
@given(st.floats(1e8, 1e12), st.tuples(st.floats(0, 1e13), st.floats(0, 1e13)).map(sorted))
def test_more_tokens_never_take_less(parameters: float, few_many: list[float]) -> None:
    few, many = (hours(typical(parameters), Work(tokens=each), card("h100")).total for each in few_many)
    assert few.low <= many.low and few.mid <= many.mid and few.high <= many.high


def test_a_card_on_which_nothing_was_measured_says_so() -> None:
    rate = steady(card("v100"), 7e9)
    assert "nothing is measured on v100" in rate.sources[0] and rate.warning == rate.sources[0]
    assert rate.mfu.low == min(row.mfu for row in reached())


def test_the_further_a_model_is_from_what_was_measured_the_wider_and_it_says_so() -> None:
    near, far, furthest = (steady(card("h100"), size) for size in (12e9, 1e9, 1e8))
    assert near.mfu.width <= far.mfu.width < furthest.mfu.width
    assert far.mfu.low == 0.33, "8B is hardly further than 7B"
    assert furthest.mfu.low == pytest.approx(0.33 * 0.5 ** math.log10(70 / 8))
    assert furthest.mfu.high == far.mfu.high
    assert "7.0 times away" in far.warning
    assert not near.warning
    assert "70.0 times away" in furthest.warning
    assert hours(typical(1e8), Work(tokens=1e9), card("h100")).warnings == (furthest.warning,)


def test_what_a_project_says_of_a_card_goes_over_the_bundled_one_field_by_field() -> None:
    said = {"a100": Card(mfu_low=0.31, mfu_high=0.38, terabytes_per_second={"80": 2.0})}
    found = card("a100", said)
    assert (found.peak_tflops, found.watts) == (312, 400)
    assert found.terabytes_per_second == {"40": 1.555, "80": 2.0}
    assert found.mfu and found.mfu.low == 0.31
    assert found.source.startswith("kitae.toml; NVIDIA")
    assert peak("a100", said) == 312e12


@pytest.mark.parametrize("said", [{"mfu_low": 0.3}, {"mfu_high": 0.3}, {"mfu_low": 0.4, "mfu_high": 0.3}])
def test_one_end_of_what_was_reached_is_no_interval(said: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="mfu_high"):
        Card.model_validate(said)


def test_a_card_without_a_peak_is_a_mistake() -> None:
    with pytest.raises(Mistake, match="l40s"):
        card("l40s", {"l40s": Card(watts=350)})


def test_what_a_project_measured_itself_goes_before_the_table_and_holds_the_losses() -> None:
    own = {"l40s": Card(peak_tflops=362, mfu_low=0.3, mfu_high=0.33)}
    found = hours(LLAMA, Work(tokens=1e9), card("l40s", own)).total
    assert found.width == pytest.approx(1.1)


def test_an_unknown_card_is_a_mistake_that_says_how_to_add_it() -> None:
    with pytest.raises(Mistake) as mistake:
        card("a1000")
    assert "a100" in mistake.value.hint and "[plan.cards.a1000]" in mistake.value.hint


def test_works_of_one_window_are_added_up() -> None:
    one = hours(LLAMA, Work(tokens=1e9), card("a100"))
    assert together([one, one]).total.mid == pytest.approx(2 * one.total.mid)
