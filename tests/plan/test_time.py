"""Operations, and the interval of how many a card does."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitae.core.mistakes import Mistake
from kitae.plan.architecture import typical
from kitae.plan.cards import Card, card, reached, steady
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
        rate, _ = steady(card(name), size)
        assert all(row.mfu in rate for row in reached() if row.card == name and row.parameters == size)


def test_the_upper_end_is_the_slowest_row_with_losses_and_the_middle_is_geometric() -> None:
    rate, _ = steady(card("a100"), 6.74e9)
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
    rate, sources = steady(card("v100"), 7e9)
    assert "nothing is measured on v100" in sources[0]
    assert rate.low == min(row.mfu for row in reached())


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
