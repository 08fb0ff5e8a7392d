from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitae.train import packing
from kitae.train.example import Example, row_tokens, shared
from kitae.train.packing import Order, best_fit, by_tokens, pack, rows_for_tokens, shuffled

from .conftest import make_examples, make_family

LENGTHS = st.lists(st.integers(1, 64), min_size=1, max_size=80)


@given(LENGTHS)
def test_everything_is_in_exactly_one_row_and_no_row_is_too_long(lengths: list[int]) -> None:
    rows = best_fit(lengths, 64)
    assert sorted(chain.from_iterable(rows)) == list(range(len(lengths)))
    assert all(sum(lengths[index] for index in row) <= 64 for row in rows)


@given(LENGTHS)
def test_no_row_could_be_emptied_into_another(lengths: list[int]) -> None:
    sizes = sorted(sum(lengths[index] for index in row) for row in best_fit(lengths, 64))
    assert len(sizes) < 2 or sizes[0] + sizes[1] > 64


def test_the_fullest_row_that_fits_is_taken() -> None:
    assert best_fit([6, 5, 4, 3, 2], 10) == [(0, 2), (1, 3, 4)]


@given(st.integers(0, 50), st.integers(90, 400))
def test_families_stay_together_as_far_as_a_row_holds_them(seed: int, capacity: int) -> None:
    examples = [*make_examples(9, seed=seed), *make_family(5, seed=seed), *make_family(6, seed=seed + 99)]
    examples = [examples[index] for index in shuffled(len(examples), seed, 0)]
    rows = pack(examples, capacity)
    sizes = [row_tokens([examples[index] for index in row]) for row in rows]
    assert sorted(chain.from_iterable(rows)) == list(range(len(examples)))
    assert max(sizes) <= capacity
    apart = sum(row_tokens([example]) for example in examples)
    if capacity >= 250:
        assert sum(sizes) < 0.75 * apart


@pytest.fixture(scope="module", autouse=True)
def few_at_a_time() -> Iterator[None]:
    """Tokens are compared two at a time, so that examples of a few tokens show what happens to long ones."""
    before, packing.COMPARED = packing.COMPARED, 2
    yield
    packing.COMPARED = before


@given(st.lists(st.lists(st.integers(0, 2), max_size=7), max_size=30))
def test_examples_are_put_in_order_as_if_all_their_tokens_were_compared(rows: list[list[int]]) -> None:
    examples = [Example("", np.array(row, np.int32), np.ones(len(row), np.bool_)) for row in rows]
    assert by_tokens(examples, range(len(rows))) == sorted(range(len(rows)), key=lambda place: rows[place])


@pytest.mark.parametrize("together", [1, 2])
@settings(max_examples=20, deadline=None)
@given(st.integers(0, 50), st.integers(180, 400))
def test_examples_are_packed_as_a_plain_version_packs_them(together: int, seed: int, capacity: int) -> None:
    examples = [*make_examples(10, seed=seed), *make_family(6, seed=seed), *make_family(6, seed=seed + 99)]
    if together == 1:
        examples = [examples[index] for index in shuffled(len(examples), seed, 0)]
    assert pack(examples, capacity, together) == plain_pack(examples, capacity, together)


def plain_pack(examples: list[Example], capacity: int, together: int) -> list[tuple[int, ...]]:
    """With all tokens in memory at once."""
    units = [tuple(range(start, start + together)) for start in range(0, len(examples), together)]
    units.sort(key=lambda unit: examples[unit[0]].tokens.tolist())
    families: list[list[tuple[int, ...]]] = []
    for unit in units:
        joined = [*families[-1], unit] if families else []
        before, first = (families[-1][-1][-1], unit[0]) if families else (0, 0)
        lengths = len(examples[before]), len(examples[first])
        common = shared(examples[before], examples[first]) if families else 0
        alike = families and common >= packing.SAME_FAMILY * min(lengths)
        if alike and tokens_of(examples, joined) <= capacity:
            families[-1] = joined
        else:
            families.append([unit])
    rows = best_fit([tokens_of(examples, family) for family in families], capacity)
    ordered = [sorted((unit for family in row for unit in families[family]), key=units.index) for row in rows]
    return [tuple(chain.from_iterable(row)) for row in sorted(ordered, key=min)]


def tokens_of(examples: list[Example], units: list[tuple[int, ...]]) -> int:
    return row_tokens([examples[index] for index in chain.from_iterable(units)])


def test_examples_that_share_nothing_are_packed_by_length() -> None:
    examples = make_examples(40)
    sizes = sorted(sum(len(examples[index]) for index in row) for row in pack(examples, 200))
    assert len(sizes) == len(best_fit([len(each) for each in examples], 200))


def test_an_example_that_is_longer_than_a_row_is_refused() -> None:
    with pytest.raises(ValueError, match="11 tokens"):
        best_fit([3, 11], 10)


def order(rows: int = 7, per_step: int = 3, seed: int = 0, total: int = 30) -> Order:
    return Order([(index,) for index in range(rows)], [10] * rows, per_step, seed, total)


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
    total = rows_for_tokens(lengths, seed, tokens)
    order = Order([(index,) for index in range(len(lengths))], lengths, 1, seed, total)
    sizes = [order.tokens(step) for step in range(total)]
    assert sum(sizes) >= tokens > sum(sizes[:-1])
