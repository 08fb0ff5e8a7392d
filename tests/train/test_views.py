from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitae.train.views import Joined, Picked

from .conftest import make_examples

EXAMPLES = make_examples(12)


@given(st.lists(st.integers(0, 11), max_size=20), st.integers(0, 20))
def test_what_is_joined_of_parts_is_what_a_list_would_hold(places: list[int], cut: int) -> None:
    whole = [EXAMPLES[place] for place in places]
    joined = Joined([Picked(EXAMPLES, places[:cut]), [], Picked(EXAMPLES, places[cut:])])
    assert list(joined) == whole
    assert joined[2:7] == whole[2:7]
    assert [joined.part(place) for place in range(len(whole))] == [
        0 if place < cut else 2 for place in range(len(whole))
    ]


def test_picked_examples_are_repeated_as_often_as_is_said() -> None:
    picked = Picked(EXAMPLES, [3, 1], [2, 1])
    assert [(each.id, each.repeat) for each in picked] == [("example 3", 2), ("example 1", 1)]
    assert picked[-1].id == "example 1"


def test_beyond_the_end_there_is_nothing() -> None:
    with pytest.raises(IndexError):
        Joined([EXAMPLES])[12]
    with pytest.raises(IndexError):
        Joined([])[0]
