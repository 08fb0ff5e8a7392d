from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from kitae.core.mistakes import Mistake
from kitae.engine.chat import Renderer
from kitae.engine.tiny import make_tiny
from kitae.plan import probe as probing
from kitae.plan.probe import LEAST, Forecast, Timing, probe
from kitae.train.data import Data
from kitae.train.example import Example
from kitae.train.recipe import TuneRecipe
from kitae.train.trainee import Trainee

PLACE = {"number_format": "float32", "device": "cpu"}
TIMING = Timing(load=2, measuring=1, first=3, rows=((100, 1.0), (100, 1.0)), update=0.5, checkpoint=0, save=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny(tmp_path_factory.mktemp("probed"))


def data(folder: Path, count: int) -> Data:
    # No two begin alike: what neighbours share would be computed once.
    examples = [
        Example(f"e{number}", ((7 * np.arange(60) + 13 * number) % 90 + 5).astype(np.int32), np.ones(60, dtype=bool))
        for number in range(count)
    ]
    return Data(examples, examples[:2], Renderer(folder))


def course(**changes: object) -> TuneRecipe:
    return TuneRecipe.model_validate({"method": "full", "sequence": 64, "batch_tokens": 64} | changes)


def test_a_probe_makes_a_few_real_steps_and_tells_of_all(folder: Path) -> None:
    before = sorted(path.name for path in folder.iterdir())
    found = probe(course(), folder, data(folder, 40), place=PLACE, seconds=0.0)
    assert len(found.timing.rows) == LEAST - 1, "the first one is told apart"
    assert found.tokens == 40 * 60
    assert found.timing.checkpoint > 0
    assert min(found.parts.values()) >= 0
    assert found.interval[0] <= found.seconds <= found.interval[1]
    assert sorted(path.name for path in folder.iterdir()) == before


def test_a_course_that_is_shorter_than_the_probe_is_made_whole(folder: Path) -> None:
    found = probe(course(), folder, data(folder, 2), place=PLACE)
    assert found.tokens == 2 * 60
    assert found.timing.checkpoint == 0


def test_time_that_every_step_takes_more_is_seen(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted delay of a tenth of a second a step: forty steps take at least four seconds."""
    refresh: Callable[[Trainee], None] = Trainee.refresh

    def slow(self: Trainee) -> None:
        time.sleep(0.1)
        refresh(self)

    monkeypatch.setattr(Trainee, "refresh", slow)
    found = probe(course(), folder, data(folder, 40), place=PLACE, seconds=0.0)
    assert found.steps == 40
    assert found.training >= 4


def test_rows_are_timed_apart_from_the_updates_of_a_step(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same delay, when a step has ten rows: forty rows, but only four updates."""
    refresh: Callable[[Trainee], None] = Trainee.refresh

    def slow(self: Trainee) -> None:
        time.sleep(0.1)
        refresh(self)

    monkeypatch.setattr(Trainee, "refresh", slow)
    found = probe(course(batch_tokens=640), folder, data(folder, 40), place=PLACE, seconds=0.0)
    assert found.steps == 4
    assert 0.1 <= found.timing.update < 0.2
    assert len(found.timing.rows) == LEAST - 1, "one row a step, however many the course puts into one"


def test_little_is_measured_and_all_of_it_foretold(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kitae.plan.probe.MEASURED", 120)
    given = data(folder, 40)
    held = Data(given.examples, given.examples[:20], given.renderer)
    some, times = probing._some(held.held_out, 1_000_000)
    assert (len(some), times) == (2, 10.0)
    assert probing._some([], 4096) == ([], 1.0)


def test_a_course_that_goes_wrong_at_once_is_a_mistake(folder: Path) -> None:
    with pytest.raises(Mistake, match="not a number"):
        probe(course(learning_rate=1e30), folder, data(folder, 8), place=PLACE)


def test_the_whole_is_the_sum_of_its_parts() -> None:
    found = Forecast(TIMING, tokens=1000, steps=4, measures=5)
    assert found.training == 3 + 9 + 4 * 0.5
    assert found.seconds == 2 + 5 + 14 + 0 + 1
    assert found.interval == (found.seconds, found.seconds)


def test_what_the_cards_could_have_computed_bounds_the_share() -> None:
    """20 seconds for 1,000 tokens of 1 GFLOP each is 50 GFLOP/s: a twentieth of one TFLOP/s, a fortieth of two."""
    found = Forecast(TIMING, tokens=1000, steps=0, measures=5)
    for gpus in (1, 2):
        share = found.share_of_peak(1e9, 1.0, gpus)
        assert share.low == pytest.approx(share.high) == pytest.approx(0.05 / gpus)


def test_checkpoints_are_counted_as_often_as_they_would_be_written() -> None:
    """One that takes a second is written every 30 seconds, one that takes ten seconds every 200."""
    hour = {"load": 0, "measuring": 0, "first": 1, "rows": ((100, 1.0), (100, 1.0)), "update": 0, "save": 0}
    quick, slow = (Forecast(Timing(checkpoint=each, **hour), 360_000, 1, 0) for each in (1.0, 10.0))  # type: ignore[arg-type]
    assert quick.checkpoints == 3600 // 31
    assert slow.checkpoints == 3600 // 210 * 10


def test_the_interval_is_as_wide_as_the_steps_differ() -> None:
    apart = Forecast(Timing(0, 0, 1, ((100, 0.9), (100, 1.1)), 0, 0, 0), 10_000, 1, 0)
    low, high = apart.interval
    assert low < apart.seconds < high
    assert high - apart.seconds == pytest.approx(apart.training * apart.timing.spread)
