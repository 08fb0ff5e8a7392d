from __future__ import annotations

import pytest

from kitae.train import cost, stage
from kitae.train.cost import measured_tokens, planned_tokens
from kitae.train.recipe import PreferRecipe, PretrainRecipe, TuneRecipe


def seconds(tokens: int, parameters: float = 123e6) -> float:
    return cost.cost(PretrainRecipe(tokens=tokens, held_out_tokens=0), parameters=parameters).value


def test_the_time_grows_with_tokens_and_parameters() -> None:
    fixed = cost.FIXED_SECONDS
    assert seconds(40_000) - fixed == pytest.approx(2 * (seconds(20_000) - fixed))
    assert seconds(20_000, 246e6) - fixed == pytest.approx(2 * (seconds(20_000) - fixed))
    assert cost.cost(PretrainRecipe(), parameters=123e6).how == "estimated"


def test_what_is_left_out_costs_nothing() -> None:
    assert seconds(0) == 0


def test_tuning_costs_by_its_tokens_or_by_the_dialogues() -> None:
    assert planned_tokens(TuneRecipe(epochs=2), dialogues=300) == 2 * 300 * cost.TOKENS_PER_DIALOGUE
    assert planned_tokens(TuneRecipe(tokens=5000), dialogues=300) == 5000


def test_preferences_cost_by_the_questions_and_read_every_pair_once_more() -> None:
    once, twice = (planned_tokens(PreferRecipe(), questions=count) for count in (1000, 2000))
    assert twice == pytest.approx(2 * once)
    alone = PreferRecipe(tokens=3000, reference=False, held_out_tokens=0)
    assert measured_tokens(alone) == 0
    assert measured_tokens(alone.model_copy(update={"reference": True})) == 3000


def test_lora_and_bfloat16_are_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    def both(number_format: str) -> list[float]:
        monkeypatch.setattr(stage, "place", lambda: {"device": "cpu", "number_format": number_format})
        recipes = [PretrainRecipe(method=method) for method in ("lora", "full")]
        return [cost.cost(recipe, parameters=123e6).value for recipe in recipes]

    lora, full = both("bfloat16")
    slow_lora, slow_full = both("float32")
    assert lora < full < slow_full
    assert lora < slow_lora < slow_full
