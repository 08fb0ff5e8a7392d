from __future__ import annotations

import pytest

from kitae.train import cost, stage
from kitae.train.cost import pretrain_cost, tune_cost
from kitae.train.recipe import PretrainRecipe, TuneRecipe


def seconds(tokens: int, parameters: float = 123e6) -> float:
    return pretrain_cost(PretrainRecipe(tokens=tokens, held_out_tokens=0), parameters=parameters).value


def test_the_time_grows_with_tokens_and_parameters() -> None:
    fixed = cost.FIXED_SECONDS
    assert seconds(40_000) - fixed == pytest.approx(2 * (seconds(20_000) - fixed))
    assert seconds(20_000, 246e6) - fixed == pytest.approx(2 * (seconds(20_000) - fixed))
    assert pretrain_cost(PretrainRecipe(), parameters=123e6).how == "estimated"


def test_what_is_left_out_costs_nothing() -> None:
    assert seconds(0) == 0


def test_tuning_costs_by_its_tokens_or_by_the_dialogues() -> None:
    by_dialogues = tune_cost(TuneRecipe(epochs=2), parameters=123e6, dialogues=300)
    tokens = 2 * 300 * cost.TOKENS_PER_DIALOGUE
    assert by_dialogues == tune_cost(TuneRecipe(tokens=tokens), parameters=123e6, dialogues=7)


def test_lora_and_bfloat16_are_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    def both(number_format: str) -> list[float]:
        monkeypatch.setattr(stage, "place", lambda: {"device": "cpu", "number_format": number_format})
        recipes = [PretrainRecipe(method=method) for method in ("lora", "full")]
        return [pretrain_cost(recipe, parameters=123e6).value for recipe in recipes]

    lora, full = both("bfloat16")
    slow_lora, slow_full = both("float32")
    assert lora < full < slow_full
    assert lora < slow_lora < slow_full
