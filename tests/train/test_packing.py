from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitae.train.packing import Order, best_fit, rows_for_tokens, shuffled

LENGTHS = st.lists(st.integers(1, 64), min_size=1, max_size=80)


@given(LENGTHS)
def test_every_example_is_in_exactly_one_row_and_no_row_is_too_long(lengths: list[int]) -> None:
    rows = best_fit(lengths, 64)
    assert sorted(chain.from_iterable(rows)) == list(range(len(lengths)))
    assert all(sum(lengths[index] for index in row) <= 64 for row in rows)


@given(LENGTHS)
def test_no_row_could_be_emptied_into_another(lengths: list[int]) -> None:
    sizes = sorted(sum(lengths[index] for index in row) for row in best_fit(lengths, 64))
    assert len(sizes) < 2 or sizes[0] + sizes[1] > 64


def test_the_fullest_row_that_fits_is_taken() -> None:
    assert best_fit([6, 5, 4, 3, 2], 10) == [(0, 2), (1, 3, 4)]


def test_an_example_that_is_longer_than_a_row_is_refused() -> None:
    with pytest.raises(ValueError, match="11 tokens"):
        best_fit([3, 11], 10)


def order(rows: int = 7, per_step: int = 3, seed: int = 0, total: int = 30) -> Order:
    return Order([(index,) for index in range(rows)], per_step, seed, total)


def test_a_step_is_a_function_of_seed_and_step_alone() -> None:
    forwards = [order().step(step) for step in range(10)]
    backwards = [order().step(step) for step in reversed(range(10))][::-1]
    assert forwards == backwards
    assert forwards != [order(seed=1).step(step) for step in range(10)]


def test_each_epoch_goes_through_all_rows_in_an_order_of_its_own() -> None:
    stream = [index for step in range(10) for (index,) in order().step(step)]
    epochs = [stream[start : start + 7] for start in range(0, 28, 7)]
    assert all(sorted(epoch) == list(range(7)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 4


def test_the_order_is_the_same_on_every_machine() -> None:
    assert shuffled(8, seed=0, epoch=0) == [3, 4, 2, 6, 0, 7, 1, 5]


def test_the_last_step_holds_what_is_left() -> None:
    assert [len(order(total=8).step(step)) for step in range(order(total=8).steps)] == [3, 3, 2]
    with pytest.raises(IndexError):
        order(total=8).step(3)


@given(LENGTHS, st.integers(1, 3000), st.integers(0, 5))
def test_a_budget_of_tokens_is_reached_with_as_few_rows_as_possible(lengths: list[int], tokens: int, seed: int) -> None:
    rows = best_fit(lengths, 64)
    total = rows_for_tokens(rows, lengths, seed, tokens)
    taken = Order(rows, 1, seed, total)
    sizes = [sum(lengths[index] for index in taken.step(step)[0]) for step in range(total)]
    assert sum(sizes) >= tokens > sum(sizes[:-1])
