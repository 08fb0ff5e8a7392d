from __future__ import annotations

import pytest

from kitae.core.mistakes import Mistake
from kitae.train.data import replay

from .conftest import make_examples


@pytest.mark.parametrize("share", [0.05, 0.1, 0.4, 0.9])
def test_general_text_has_its_share_of_the_tokens(share: float) -> None:
    own, general = make_examples(80), make_examples(60, seed=3)
    found = replay(own, general, share)
    replayed = sum(len(each) * each.repeat for each in found)
    assert replayed / (replayed + sum(map(len, own))) == pytest.approx(share, abs=0.02)
    assert list(found) == list(replay(own, general, share))
    assert len({each.id for each in found}) == len(found)


def test_a_smaller_share_is_part_of_a_larger_one() -> None:
    own, general = make_examples(40), make_examples(60, seed=3)
    less, more = ({each.id for each in replay(own, general, share)} for share in (0.1, 0.3))
    assert less < more


def test_nothing_is_replayed_where_none_is_wanted_and_nothing_to_replay_is_a_mistake() -> None:
    assert not replay(make_examples(3), [], 0.0)
    with pytest.raises(Mistake, match="no general text to replay"):
        replay(make_examples(3), [], 0.1)
