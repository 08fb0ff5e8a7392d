"""Several processes make of a course what one makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kitae.train.fit import plan

from .conftest import course, make_examples, make_family
from .ranked import Job, alone, furthest, together

EQUAL = 1e-9

FULL = course(tokens=2400, batch_tokens=384, weight_decay=0.1, learning_rate=2e-3)


def job(base: Path, tmp_path: Path, **changes: object) -> Job:
    told = {
        "course": FULL,
        "examples": [*make_examples(14), *make_family(4)],
        "held_out": make_examples(7, seed=9),
        "checkpoints": tmp_path / "never",
    }
    return Job(base=base, **(told | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("shard", ["all", "none"])
def test_two_are_as_one(tiny_base: Path, tmp_path: Path, shard: str) -> None:
    one = job(tiny_base, tmp_path, shard=shard)
    order = plan(one.examples, one.course)
    assert order.rows_per_step % 2 and 0 < order.total % 3 < 3, "no step is even, the last is short"
    assert furthest(together(2, one), alone(one)) < EQUAL
