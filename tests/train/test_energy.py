"""What GPUs say that they used. There is none here: one is played."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from kitae.core.making import Given, Making
from kitae.core.records import Records
from kitae.core.store import Store
from kitae.plan.actual import MEASURED_KWH
from kitae.train.checkpoint import Checkpoints
from kitae.train.energy import reading
from kitae.train.fit import fit
from kitae.train.guard import Guard, Stopped
from kitae.train.stage import TUNE
from kitae.train.trainee import Trainee

from .conftest import course, make_dialogues, make_examples
from .test_stage import TUNING, base, dialogues


class NVMLError(Exception):
    pass


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """A card of that name that counts millijoules."""
    counted = {"GPU-7a1b": 5_000}

    def total(handle: str) -> int:
        if handle not in counted:
            raise NVMLError("not supported")
        return counted[handle]

    played = SimpleNamespace(
        NVMLError=NVMLError,
        nvmlInit=lambda: None,
        nvmlDeviceGetHandleByUUID=lambda name: name.decode(),
        nvmlDeviceGetTotalEnergyConsumption=total,
    )
    monkeypatch.setitem(sys.modules, "pynvml", played)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: SimpleNamespace(uuid="7a1b"))
    return counted


def test_a_card_is_read_in_joules_by_its_own_name(card: dict[str, int]) -> None:
    read = reading("cuda")
    assert read is not None
    card["GPU-7a1b"] = 12_500
    assert read() == 12.5


def test_what_does_not_count_is_not_read(card: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    assert reading("cpu") is None
    card.clear()
    assert reading("cuda") is None
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert reading("cuda") is None


class Impatient(Guard):
    """Stops once, after some steps."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self._left = count(steps, -1)

    def reason(self, seconds: float, joules: float | None = None) -> str:
        return "" if next(self._left) else "enough"


@pytest.mark.parametrize(("second", "expected"), [(True, 3.0 + 7.0), (False, None)])
def test_earlier_tries_count_and_one_that_cannot_say_it_makes_the_sum_unknown(
    second: bool, expected: float | None, tiny_base: Path, tmp_path: Path
) -> None:
    def energy(joules: float) -> Callable[[], float]:
        told = iter([100.0])  # at the beginning, and ever after
        return lambda: next(told, 100.0 + joules)

    def train(**more: object) -> float | None:
        checkpoints = Checkpoints(tmp_path, "test", every=1e9)
        trainee = Trainee(tiny_base, course(), number_format="float32")
        return fit(trainee, course(), make_examples(12), checkpoints=checkpoints, **more).joules  # type: ignore[arg-type]

    with pytest.raises(Stopped):
        train(energy=energy(3.0), guard=Impatient(2))
    assert train(energy=energy(7.0) if second else None) == expected


def test_a_model_is_sealed_with_what_was_counted_where_the_report_looks(
    tiny_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = iter([0.0])
    monkeypatch.setattr("kitae.train.along.reading", lambda _: lambda: next(told, 7.2e6))
    make = Making(Store(tmp_path / "store"), Records(tmp_path / "records"))
    using: dict[str, Given] = {"model": base(make, tiny_base), "dialogues": [dialogues(make, make_dialogues(6))]}
    assert make(TUNE, "tuned", TUNING, using).measured[MEASURED_KWH] == pytest.approx(2.0)
