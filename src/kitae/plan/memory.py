"""How much memory of each GPU training and serving take, part by part."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from ..core.noun import Noun
from ..train.recipe import Method
from .architecture import Architecture
from .span import Span

Optimizer = Literal["adamw", "adamw-8bit", "fused"]
Checkpointing = Literal["none", "selective", "full"]

GIB: Final = 2**30

WITHIN: Final = 0.15
"""Rows whose settings are published lie so near or nearer, but for two (`kitae plan backtest`)."""

WEIGHTS: Final[dict[Method, float]] = {"full": 2.0, "lora": 2.0, "qlora": 0.5 + 4 / 64}
"""Bytes a parameter: bfloat16; for QLoRA 4 bits and a float32 scale for every 64 (bitsandbytes nf4)."""

TRAINED: Final[dict[Optimizer, float]] = {"adamw": 4.0 + 12.0, "adamw-8bit": 4.0 + 6.0, "fused": 0.0}
"""Bytes beside the weights for each parameter that is trained: gradient, float32 weight, two moments (EleutherAI's
cookbook, Megatron's 18 in all). `fused`: each gradient is used at once, and the moments are paged out."""

LOGITS: Final = 12
"""Bytes for each token and each entry of the vocabulary: bfloat16 and float32, both with their gradient."""

CHUNKS: Final = 8
"""Into which logits are cut where they are not held at once, as torchtune does."""

ADAPTER: Final = 0.01
"""Of the parameters, when the size of an adapter is not said: rank 16 on every linear layer of a 7B."""

FIXED: Final = 2.0
"""GiB of each GPU that torch's own count does not show: driver, NCCL, kernels. The cookbook has 5, without a
reason; ours is an assumption too."""

KEPT: Final[dict[Checkpointing, float]] = {"none": 1.0, "selective": 0.5, "full": 0.0}
"""Share of a layer's activations that is held until its backward pass. `selective` keeps every second product."""


class Training(Noun):
    """How a model is trained."""

    method: Method = "full"
    optimizer: Optimizer = "adamw"
    checkpointing: Checkpointing = "full"
    shards: int = Field(default=1, ge=1)
    """GPUs over which the weights and what belongs to them are spread (FSDP, ZeRO 3)."""
    sequence: int = Field(default=4096, ge=1)
    micro_batch: int = Field(default=1, ge=1)
    adapter: float | None = None
    """Parameters of LoRA's matrices; a hundredth of the model when left out."""
    chunked_logits: bool = False


class Memory(Noun):
    """Of one GPU, in GiB."""

    parts: dict[str, float]
    checkpointing: Checkpointing = "none"

    @property
    def total(self) -> float:
        return sum(self.parts.values())

    @property
    def span(self) -> Span:
        return Span(low=self.total * (1 - WITHIN), mid=self.total, high=self.total * (1 + WITHIN))

    def fits(self, gib: float) -> bool:
        """Whether the upper end is no more than a card has."""
        return self.span.high <= gib


def training(model: Architecture, how: Training, *, fixed: float = FIXED) -> Memory:
    """What training takes at its peak.

    Activations of a layer and token are 16 times its width and 8 times its inner layer in bytes, where attention never
    holds its scores: inputs, norms, projections, and gate, up, their product in bfloat16. For an ungated inner layer of
    four times the width that is 32 times the width; Korthikanti et al. (arXiv:2205.05198) count 34 with dropout.

    Args:
        fixed: GiB that torch does not count; 0 to compare with what torch counted.
    """
    adapter = model.parameters * ADAPTER if how.adapter is None else how.adapter
    trained = model.parameters if how.method == "full" else adapter
    tokens = how.sequence * how.micro_batch
    token = _layer_bytes(model)
    whole = tokens * model.layers * token * KEPT[how.checkpointing]
    # What is not kept is made again, one layer at a time, from the layer's input.
    again = tokens * (model.layers * 2 * model.hidden + token) if how.checkpointing == "full" else 0.0
    logits = tokens * model.vocabulary * LOGITS / (CHUNKS if how.chunked_logits else 1)
    # A layer is put together while it computes, and the next is fetched; so are the embeddings.
    gathered = 2 * (2 * model.layer + model.vocabulary * model.hidden) if how.shards > 1 else 0.0
    one = 2 * max(model.layer, model.vocabulary * model.hidden) if how.optimizer == "fused" else 0.0
    parts = {
        "weights": model.parameters * WEIGHTS[how.method] / how.shards + _unquantised(model, how),
        "trained": trained * TRAINED[how.optimizer] / how.shards + one,
        "gathered": gathered,
        "activations": whole + again,
        "logits": logits,
        "fixed": fixed * GIB,
    }
    return Memory(parts={name: size / GIB for name, size in parts.items()}, checkpointing=how.checkpointing)


def least_effort(model: Architecture, how: Training, gib: float) -> Memory:
    """With as little recomputing as fits into `gib`; with all of it where nothing fits."""
    order: tuple[Checkpointing, ...] = ("none", "selective", "full")
    tried = [training(model, how.model_copy(update={"checkpointing": each})) for each in order]
    return next((memory for memory in tried if memory.fits(gib)), tried[-1])


def serving(
    model: Architecture, *, length: int, at_once: int, bytes_per_weight: float = 2.0, shards: int = 1
) -> Memory:
    """What answering takes.

    Args:
        length: Tokens of a prompt with its answer.
        at_once: Answers that are written at the same time.
        bytes_per_weight: 2 for bfloat16, 1 for int8, 0.5625 for 4 bits.
        shards: GPUs that share one copy.
    """
    cache = kv_bytes(model) * length * at_once
    parts = {
        "weights": model.parameters * bytes_per_weight / shards,
        "cache": cache / shards,
        "logits": at_once * model.vocabulary * 4.0,
        "fixed": FIXED * GIB,
    }
    return Memory(parts={name: size / GIB for name, size in parts.items()})


def kv_bytes(model: Architecture) -> float:
    """Bytes that a token leaves in the cache: keys and values of each layer, in 16 bits."""
    return 2 * model.layers * model.kv_heads * model.head * 2


def _layer_bytes(model: Architecture) -> float:
    return 16 * model.hidden + (8 if model.gated else 4) * model.intermediate


def _unquantised(model: Architecture, how: Training) -> float:
    """Embeddings stay in 16 bits when the rest is quantised."""
    if how.method != "qlora":
        return 0.0
    return model.vocabulary * model.hidden * (2.0 - WEIGHTS["qlora"]) * 2 / how.shards
