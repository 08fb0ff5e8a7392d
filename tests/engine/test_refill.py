"""Continuous refilling: the tokens of one prompt at a time, whatever is under way beside it."""

from __future__ import annotations

import random
from typing import Any

import pytest
import torch
import transformers

from kitae.engine import refill
from kitae.engine.local import load
from kitae.engine.refill import AT_ONCE, refilled
from kitae.engine.tiny import make_tiny


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return load(make_tiny(tmp_path_factory.mktemp("tiny")), torch.float32).eval()


def _prompts(count: int) -> list[list[int]]:
    drawn = random.Random(1)
    return [[drawn.randrange(10, 200) for _ in range(drawn.choice([3, 20, 90]))] for _ in range(count)]


def _alone(model: Any, prompt: list[int], max_tokens: int, ends: list[int]) -> list[int]:
    settings = transformers.GenerationConfig(
        max_new_tokens=max_tokens, do_sample=False, eos_token_id=ends, pad_token_id=0
    )
    ids = torch.tensor([prompt])
    with torch.inference_mode():
        found = model.generate(ids, attention_mask=torch.ones_like(ids), generation_config=settings)
    return [int(token) for token in found[0, len(prompt) :]]


def test_more_prompts_than_places_are_answered_as_if_each_were_alone(model: Any) -> None:
    prompts = _prompts(AT_ONCE + 5)
    # Whatever the first prompt says third ends answers, so that places become free at different times.
    end = _alone(model, prompts[0], 3, [1])[-1]
    alone = [_alone(model, prompt, 24, [end]) for prompt in prompts]
    assert len({len(tokens) for tokens in alone}) > 1
    assert refilled(model, prompts, max_tokens=24, ends=[end], pad=0) == alone


def test_the_model_is_left_as_it_was(model: Any) -> None:
    before, prompt = model.config._attn_implementation, _prompts(1)[0]
    first = _alone(model, prompt, 6, [1])
    refilled(model, _prompts(2), max_tokens=3, ends=[1], pad=0)
    assert model.config._attn_implementation == before
    assert _alone(model, prompt, 6, [1]) == first


def test_an_engine_that_gives_up_is_not_waited_for(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refill, "WAIT", 0.05)

    def broken(*arguments: Any, **named: Any) -> Any:
        raise ValueError("no memory left")

    monkeypatch.setattr(model, "forward", broken)
    with pytest.raises(RuntimeError, match="no memory left"):
        refilled(model, _prompts(3), max_tokens=3, ends=[1], pad=0)
