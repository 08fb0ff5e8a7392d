"""How much memory of each GPU training and serving take, part by part."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from ..core.architecture import Architecture
from ..core.noun import Noun
from ..train.memory import ADAPTER, NARROW, activations
from ..train.memory import TRAINED as OF_TRAINED
from ..train.recipe import Method, Optimiser
from .span import Span

Updating = Optimiser | Literal["fused"]
"""`fused`: each gradient is used at once, and the moments are paged out, as torchtune can; kitae does not."""
Checkpointing = Literal["none", "selective", "full"]

GIB: Final = 2**30

WITHIN: Final = 0.15
"""Rows whose settings are published lie so near or nearer, but for two (`kitae plan backtest`)."""

WEIGHTS: Final[dict[Method, float]] = {"full": 2.0, "lora": 2.0, "qlora": 0.5 + 4 / 64}
"""Bytes a parameter: bfloat16; for QLoRA 4 bits and a float32 scale for every 64 (bitsandbytes nf4)."""

TRAINED: Final[dict[Updating, float]] = {
    "adamw": OF_TRAINED["adamw"],
    "adamw8bit": OF_TRAINED["adamw8bit"],
    "fused": 0.0,
}
"""Bytes beside the weights for each parameter that is trained."""

VECTORS: Final = 8
"""As wide as the model, that a layer keeps of each token on a GPU: inputs, norms, projections. With an ungated inner
layer of four times the width that makes 32 bytes for each number of the width; Korthikanti et al. (arXiv:2205.05198)
count 34 with dropout. A processor's own operations keep more: `train.memory.VECTORS`."""

LOGITS: Final = 12
"""Bytes for each token and each entry of the vocabulary: bfloat16 and float32, both with their gradient."""

CHUNKS: Final = 8
"""Into which logits are cut where they are not held at once, as torchtune does."""

FIXED: Final = 2.0
"""GiB of each GPU that torch's own count does not show: driver, NCCL, kernels. The cookbook has 5, without a
reason; ours is an assumption too."""

KEPT: Final[dict[Checkpointing, float]] = {"none": 1.0, "selective": 0.5, "full": 0.0}
"""Share of a layer's activations that is held until its backward pass. `selective` keeps every second product."""


class Training(Noun):
    """How a model is trained."""

    method: Method = "full"
    optimiser: Updating = "adamw"
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

    Args:
        fixed: GiB that torch does not count; 0 to compare with what torch counted.
    """
    adapter = model.parameters * ADAPTER if how.adapter is None else how.adapter
    trained = model.parameters if how.method == "full" else adapter
    tokens = how.sequence * how.micro_batch
    logits = tokens * model.vocabulary * LOGITS / (CHUNKS if how.chunked_logits else 1)
    # A layer is put together while it computes, and the next is fetched; so are the embeddings.
    gathered = 2 * (2 * model.layer + model.vocabulary * model.hidden) if how.shards > 1 else 0.0
    one = 2 * max(model.layer, model.vocabulary * model.hidden) if how.optimiser == "fused" else 0.0
    parts = {
        "weights": model.parameters * WEIGHTS[how.method] / how.shards + _unquantised(model, how),
        "trained": trained * TRAINED[how.optimiser] / how.shards + one,
        "gathered": gathered,
        "activations": activations(model, tokens, own=NARROW, vectors=VECTORS, kept=KEPT[how.checkpointing]),
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


def _unquantised(model: Architecture, how: Training) -> float:
    """Embeddings stay in 16 bits when the rest is quantised."""
    if how.method != "qlora":
        return 0.0
    return model.vocabulary * model.hidden * (2.0 - WEIGHTS["qlora"]) * 2 / how.shards
