"""What a person decides about training."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from ..core.noun import Noun
from ..core.quantity import Count, Money, TaxedBudget

Method = Literal["full", "lora", "qlora"]
Optimiser = Literal["adamw", "adamw8bit"]


class Limits(Noun):
    """`[train.limits]`: where each course stops with a checkpoint, whatever is left. No part of what a model is."""

    hours: float | None = Field(default=None, gt=0)
    budget: TaxedBudget | None = None
    """At the place's `yen_per_hour`."""
    kwh: float | None = Field(default=None, gt=0)
    """At the place's `watts`."""
    preflight: Count = 5_000_000
    """A course of so many tokens is checked before it begins."""

    @field_validator("budget")
    @classmethod
    def _is_in_yen(cls, budget: Money | None) -> Money | None:
        if budget is not None and (budget.currency != "JPY" or budget.amount <= 0):
            raise ValueError("an amount of yen is wanted: a place's price is `yen_per_hour`")
        return budget


class Computing(Noun):
    """`[train.computing]`: how all courses are computed. No part of what a model is."""

    shard: Literal["all", "node", "none"] = "all"
    """Where several processes train: whether all of them share out one copy of the weights, those of each machine do,
    or each has its own."""
    recompute: bool = False
    """Whether layers are computed anew on the way back instead of kept: more time for less memory."""
    attention: Literal["auto", "examples", "flex", "sdpa", "varlen"] = "auto"
    """What computes attention, each example by itself: see `backends`. `auto` takes what suits the machine."""


PLAIN = Computing()


class Course(Noun):
    """What every course of training has; the one loop reads only this. Fields that only LoRA uses say so."""

    name: ClassVar[str]
    """As tables of kitae.toml and commands call it."""
    method: Method
    """`full`: every weight is trained. `lora`: small matrices beside frozen weights, merged into them at the end.
    `qlora`: the same beside weights that are held in 4 bits, merged into the whole ones."""
    tokens: Count | None
    """Tokens to compute, repetitions counted; the last row may go over it. What examples of a row share counts once."""
    epochs: float = Field(default=1.0, gt=0)
    """How often each example is seen when `tokens` does not say it."""
    freeze: tuple[str, ...] = Field(default=(), exclude_if=lambda value: not value)
    """Weights that stay as they are, by name, where `*` stands for anything: `model.embed_tokens.*`."""
    rank: int = Field(default=16, ge=1)
    """LoRA: the rank of the matrices."""
    alpha: float = Field(default=32.0, gt=0)
    """LoRA: the change is scaled by `alpha / rank`."""
    learning_rate: float = Field(gt=0)
    """At its highest: it rises over the warm-up and falls along a half cosine to a tenth."""
    warmup: float = Field(default=0.05, ge=0, le=1)
    """Share of the steps over which the learning rate rises."""
    weight_decay: float = Field(default=0.0, ge=0)
    """AdamW's, on matrices only."""
    # Left out of what a model is made by where it is as ever: models of before stay what they are.
    optimiser: Optimiser = Field(default="adamw", exclude_if=lambda value: value == "adamw")
    """`adamw8bit`: what it keeps of each weight is held in 8 bits. One process on a GPU, with bitsandbytes."""
    clip: float = Field(default=1.0, gt=0)
    """The gradient's norm is cut to this."""
    sequence: Count = Field(default=1024, ge=2)
    """Tokens in a packed row, and the longest example."""
    batch_tokens: Count = Field(default=2048, ge=2)
    """Tokens between two steps of the optimiser; rounded to whole rows."""
    held_out_tokens: Count = 4096
    """At most so many tokens of the held-out examples are measured."""
    measures: int = Field(default=4, ge=1)
    """How often they are measured, evenly spread; the last time at the end."""
    keep: Literal["last", "best"] = "last"
    """`last`: the weights of the end. `best`: those of the measurement with the least loss on the held-out examples."""
    seed: int = 0

    @property
    def adapts(self) -> bool:
        """Whether small matrices are trained, beside weights that stay."""
        return self.method != "full"

    def freezes(self, name: str) -> bool:
        """Whether the weight of this name stays as it is."""
        return any(fnmatchcase(name, pattern) for pattern in self.freeze)

    @property
    def rows_per_step(self) -> int:
        """Packed rows between two steps of the optimiser."""
        return max(1, round(self.batch_tokens / self.sequence))


class PretrainRecipe(Course):
    """Continued pretraining: every token of the corpus is learnt."""

    name = "pretrain"
    method: Method = "full"
    tokens: Count = 20_000
    """Tokens to train on, repetitions counted; 0 leaves continued pretraining out."""
    learning_rate: float = Field(default=5e-5, gt=0)
    replay: float = Field(default=0.1, ge=0, lt=1)
    """Share of the tokens that is general text, so that less of it is forgotten."""


class PreferRecipe(Course):
    """Learning preferences between a better and a worse answer: DPO and its kin."""

    name = "prefer"
    method: Method = "lora"
    tokens: Count | None = None
    learning_rate: float = Field(default=1e-4, gt=0)
    beta: float = Field(default=0.1, gt=0)
    """How much a difference in log-probability counts. Large: stays near the model before training."""
    reference: bool = True
    """Whether differences count against those of the model before training (DPO) or by themselves."""
    normalised: bool = False
    """Whether log-probabilities are means over an answer's tokens (SimPO, with `reference` off) instead of sums."""
    margin: float = Field(default=0.0, ge=0)
    """By how much the better answer has to win."""
    likelihood: float = Field(default=0.2, ge=0)
    """Weight of the better answer's mean cross-entropy beside; keeps both from becoming unlikely together."""


class TuneRecipe(Course):
    """Tuning on dialogues: what the assistant says is learnt."""

    name = "tune"
    method: Method = "lora"
    tokens: Count | None = None
    learning_rate: float = Field(default=1e-3, gt=0)
    share: float = Field(default=1.0, gt=0, le=1)
    """Share of the dialogues that is learnt from, and of `tokens`: what more of them would be worth."""

    @model_validator(mode="after")
    def _trains_something(self) -> Self:
        if self.tokens == 0:
            raise ValueError("tuning on 0 tokens; leave `tokens` out to train for `epochs`")
        return self


COURSES = (PretrainRecipe.name, TuneRecipe.name, PreferRecipe.name)
"""Stages that train, in their order."""
