"""Examples and models for training, made on the spot."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from kitae.core.dialogue import Dialogue, Message
from kitae.core.label import Label
from kitae.engine.tiny import make_tiny
from kitae.train.checkpoint import Checkpoints
from kitae.train.example import Example
from kitae.train.recipe import Course, PreferRecipe, PretrainRecipe, TuneRecipe
from kitae.train.trainee import Trainee

WINDOW = 64
"""The tiny model's sliding window: examples must be longer somewhere, or the window would not be tested."""


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Small matrices on several threads are slower than on one."""
    torch.set_num_threads(1)


def make_examples(count: int, *, seed: int = 0, shortest: int = 4, longest: int = 90) -> list[Example]:
    """Examples of very uneven length, of which an uneven last part is learnt."""
    random = np.random.default_rng(seed)
    examples = []
    for number in range(count):
        length = int(random.integers(shortest, longest + 1))
        learnt = np.zeros(length, np.bool_)
        learnt[-int(random.integers(1, max(2, length // (1 + number % 7)))) :] = True
        examples.append(Example(f"example {number}", random.integers(7, 400, length).astype(np.int32), learnt))
    return examples


def make_family(count: int, *, seed: int = 1, longest: int = 90) -> list[Example]:
    """Examples that begin alike for most of their length, as questions about the same passages do."""
    random = np.random.default_rng(seed)
    family, tokens = [], random.integers(7, 400, longest).astype(np.int32)
    for number in range(count):
        own = int(random.integers(6, longest // 3))
        tokens = tokens.copy()
        tokens[-own:] = random.integers(7, 400, own)
        learnt = np.zeros(longest, np.bool_)
        learnt[-int(random.integers(1, own)) :] = True
        family.append(Example(f"family {seed} {number}", tokens, learnt))
    return family


def course(**changes: Any) -> Course:
    """A short course that trains every weight, unless `changes` say otherwise."""
    return PretrainRecipe.model_validate(
        {"tokens": 2000, "sequence": 128, "batch_tokens": 256, "learning_rate": 1e-3, "seed": 5} | changes
    )


def tuning(**changes: Any) -> Course:
    """A short course with LoRA."""
    return TuneRecipe.model_validate({"rank": 4, "sequence": 128, "batch_tokens": 256, "seed": 5} | changes)


def preferring(**changes: Any) -> Course:
    """A short course of preferences with LoRA, unless `changes` say otherwise."""
    changed = {"rank": 4, "sequence": 256, "batch_tokens": 512, "tokens": 1500, "learning_rate": 1e-3} | changes
    return PreferRecipe.model_validate(changed)


def make_pairs(count: int, *, seed: int = 0) -> list[Example]:
    """Better and worse answers of uneven length after the same prompt."""
    random = np.random.default_rng(seed)
    examples = []
    for number in range(count):
        prompt = random.integers(7, 400, int(random.integers(20, 60)))
        for which in "+-":
            answer = random.integers(7, 400, int(random.integers(1, 12)))
            learnt = np.arange(len(prompt) + len(answer)) >= len(prompt)
            tokens = np.concatenate([prompt, answer]).astype(np.int32)
            examples.append(Example(f"{seed} {number}{which}", tokens, learnt))
    return examples


FAMILIES = ("llama", "qwen3", "gemma3")


@pytest.fixture(scope="session")
def families(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Tiny models of three families, with the same tokenizer, by name."""

    @functools.cache
    def made(name: str) -> Path:
        folder = make_tiny(tmp_path_factory.mktemp(name))
        if name != "gemma3":
            write_family(folder, name)
        return folder

    return made


def write_family(folder: Path, name: str) -> None:
    """Puts another architecture in place of the tiny model."""
    of = {"llama": ("LlamaConfig", "LlamaForCausalLM"), "qwen3": ("Qwen3Config", "Qwen3ForCausalLM")}[name]
    config, model = (getattr(transformers, each) for each in of)
    rows = json.loads((folder / "config.json").read_text(encoding="utf-8"))["vocab_size"]
    torch.manual_seed(1)
    settings = {"hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4}
    more = {"num_key_value_heads": 2, "head_dim": 16, "tie_word_embeddings": name == "qwen3"}
    made = model(config(vocab_size=rows, pad_token_id=0, eos_token_id=1, bos_token_id=2, **settings, **more))
    made.save_pretrained(folder)


@pytest.fixture
def trainee(tiny_base: Path) -> Callable[..., Trainee]:
    """Makes a trainee of the tiny model in float32."""

    def make(recipe: Course, number_format: str = "float32") -> Trainee:
        return Trainee(tiny_base, recipe, number_format=number_format)

    return make


@pytest.fixture
def never(tmp_path: Path) -> Checkpoints:
    """Checkpoints that are never due."""
    return Checkpoints(tmp_path / "checkpoints", "test", every=1e9)


def dialogue(id: str, *turns: tuple[str, str], answer: str = "10日") -> Dialogue:
    messages = tuple(Message.model_validate({"role": role, "content": content}) for role, content in turns)
    return Dialogue(
        id=id, messages=messages, kind="test", question="q", answer=answer, answerable=True, label=Label.PUBLIC
    )


def make_dialogues(count: int) -> list[Dialogue]:
    return [
        dialogue(
            f"d{number}",
            ("system", "資料だけをもとに短く答えます。"),
            ("user", f"資料：\n[1] 第{number}条　休暇は{number}日とする。\n質問：第{number}条の休暇は何日ですか。"),
            ("assistant", f"{number}日 [1]"),
        )
        for number in range(1, count + 1)
    ]


def gradients(trainee: Trainee) -> dict[str, torch.Tensor]:
    return {name: each.grad.clone() for name, each in trainee.trained.items() if each.grad is not None}


def furthest(one: Sequence[torch.Tensor], other: Sequence[torch.Tensor]) -> float:
    """The largest difference, relative to the largest number of the tensor it is in."""
    return max(float((a - b).abs().max() / b.abs().max().clamp_min(1e-12)) for a, b in zip(one, other, strict=True))
