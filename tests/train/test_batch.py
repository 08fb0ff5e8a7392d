from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kitae.train.batch import Batch
from kitae.train.example import WORTH_SHARING, Example, row_tokens, shared

from .conftest import make_examples, make_family

CPU = torch.device("cpu")


@st.composite
def rows(draw: st.DrawFn) -> list[Example]:
    """Examples of few different tokens, in the order of their tokens, so that neighbours often begin alike."""
    made = []
    for number in range(draw(st.integers(1, 6))):
        begins = draw(st.integers(0, 40)) * [1]
        ends = draw(st.lists(st.integers(1, 3), min_size=2, max_size=30))
        tokens = np.array(begins + ends, np.int32)
        learnt = np.array([draw(st.booleans()) for _ in tokens])
        learnt[: draw(st.integers(0, len(tokens)))] = False
        made.append(Example(str(number), tokens, learnt))
    return sorted(made, key=lambda each: each.tokens.tolist())


@settings(max_examples=200)
@given(rows())
def test_every_example_can_be_read_back_from_its_row(examples: list[Example]) -> None:
    batch = Batch.of(examples, CPU)
    ids, positions = batch.ids[0], batch.positions[0]
    assert batch.tokens == row_tokens(examples) == batch.stretches[-1].end
    wanted: list[tuple[int, int]] = []
    for example, stretch in zip(examples, batch.stretches, strict=True):
        assert stretch.of(ids[None])[0].tolist() == example.tokens.tolist()
        assert stretch.of(positions[None])[0].tolist() == list(range(len(example)))
        place = stretch.of(torch.arange(batch.tokens)[None])[0].tolist()
        predicted = [index for index in range(1, len(example)) if example.learnt[index]]
        wanted += [(place[index - 1], int(example.tokens[index])) for index in predicted]
    assert list(zip(batch.where.tolist(), batch.targets.tolist(), strict=True)) == wanted


def test_a_shared_beginning_is_computed_once() -> None:
    family = sorted(make_family(5), key=lambda each: each.tokens.tolist())
    batch = Batch.of(family, CPU)
    assert batch.tokens < 0.6 * sum(map(len, family))
    assert len(batch.targets) == sum(each.targets for each in family)


def test_what_is_learnt_is_never_shared() -> None:
    tokens = np.arange(60, dtype=np.int32)
    one, other = (Example(name, tokens, np.arange(60) >= first) for name, first in (("a", 50), ("b", 30)))
    assert shared(one, other) == 30
    early = Example("c", tokens, np.arange(60) >= WORTH_SHARING - 1)
    assert shared(one, early) == 0


def test_the_first_token_of_an_example_is_never_predicted_from_the_one_before() -> None:
    examples = make_examples(4)
    for example in examples:
        example.learnt[0] = True
    batch = Batch.of(examples, CPU)
    starts = {stretch.start for stretch in batch.stretches}
    assert not starts & {int(place) + 1 for place in batch.where}
    assert len(batch.targets) == sum(each.targets for each in examples)
