from __future__ import annotations

import pytest

from kitae.core.mistakes import Mistake
from kitae.plan.slips import Asked, check, slips

B, M, T = 10**9, 10**6, 10**12


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        (Asked(7 * M, gpus=8, gib=40, card="A100"), "7B (70億)"),
        (Asked(70_000, gpus=8, gib=80), "70M (7,000万)"),
        (Asked(7 * T, gpus=8, gib=80), "7B (70億)"),
        (Asked(7 * B, gpus=16, gib=40, tokens=7_000), "7M (700万)"),
        (Asked(7 * B, gpus=16, gib=40, tokens=7e18), "700T (700兆)"),
        (Asked(7 * B, gpus=16, gib=40, budget=200, gpu_hours=960), "¥200k (20万)"),
    ],
)
def test_a_slip_is_asked_back_with_what_was_probably_meant(asked: Asked, meant: str) -> None:
    (found,) = slips(asked)
    assert found.meant == meant
    with pytest.raises(Mistake) as caught:
        check(asked, where="kitae.toml")
    assert caught.value.readings == (meant,)
    assert "--as-written" in caught.value.hint


# Published runs and everyday ones: parameters, GPUs, GiB of one, tokens.
SOUND = [
    (7.96 * B, 16, 40, 7 * B),
    (6.7 * B, 2048, 80, 1 * T),
    (65.2 * B, 2048, 80, 1.4 * T),
    (1.1 * B, 16, 40, 3 * T),
    (3.08 * B, 384, 80, 11.2 * T),
    (405 * B, 16384, 80, 15.6 * T),
    (270 * M, 1, 24, 20_000_000),
    (117 * M, 1, 80, 600_000),
    (0.6 * B, 8, 40, 36 * T),
]


@pytest.mark.parametrize("run", SOUND)
def test_runs_that_people_made_are_no_slips(run: tuple[float, int, float, float]) -> None:
    parameters, gpus, gib, tokens = run
    assert slips(Asked(parameters, gpus=gpus, gib=gib, tokens=tokens)) == []


@pytest.mark.parametrize("budget", [395_250, 10_000_000, 2e9])
def test_the_worked_example_is_no_slip_for_any_budget_that_is_large_enough(budget: float) -> None:
    assert slips(Asked(7.96 * B, gpus=16, gib=40, tokens=7 * B, budget=budget, gpu_hours=960)) == []


def test_what_was_not_said_is_not_judged() -> None:
    assert slips(Asked(7 * M)) == []
    assert slips(Asked(7 * M, gpus=1, gib=24)) == []
    assert slips(Asked(70 * B, gpus=8, gib=80, tokens=100_000, whole=False)) == []
