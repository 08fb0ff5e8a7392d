"""How much memory a course needs, and whether it is there: before anything is loaded."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..core.architecture import Architecture, from_config
from ..core.mistakes import Mistake
from .recipe import Computing, Course, Method, Optimiser

if TYPE_CHECKING:
    from .ranks import Alone

MEMINFO = Path("/proc/meminfo")

LIBRARIES: Final = 0.7e9
"""Bytes of Python, torch and transformers, on a CPU."""

LOGITS: Final = 2**24 * 4 * 3
"""Bytes of the logits that are held at a time, with their gradient; see `loss.CHUNK_LOGITS`."""

WIDE, NARROW = 4, 2
"""Bytes of a number in float32 and in bfloat16."""

TRAINED: Final[dict[Optimiser, float]] = {"adamw": 2 * WIDE + 2 * WIDE, "adamw8bit": 2 * WIDE + 2}
"""Bytes for each weight that is trained, beside the one in bfloat16 that computes: gradient and weight in float32, two
moments (EleutherAI's cookbook, Megatron's 18 in all)."""

LESS: Final[dict[Method, tuple[Method, ...]]] = {"full": ("lora", "qlora"), "lora": ("qlora",), "qlora": ()}
"""Methods that hold less."""

BYTES: Final = 0.516
"""Of a weight that is held in 4 bits: those, 8 more for each 64 of them, and 32 for each 256 of those."""

ADAPTER, RANK = 0.01, 16
"""Of the parameters, an adapter of this rank on every linear layer of a 7B."""

CLEARLY: Final = 0.8
"""Of an estimate that was too low: settings that need no more than this are offered, since it may be a quarter off."""

VECTORS: Final = 14
"""As wide as the model, that the backward pass of a layer needs of each token where every operation keeps its own
(Korthikanti et al., arXiv:2205.05198, without attention scores)."""


def shape_of(folder: Path) -> Architecture:
    """From config.json and the weights, in whatever number format they are stored."""
    tensors = dict(_tensors(folder))
    tied = not any(name.endswith("lm_head.weight") for name in tensors)
    return from_config(folder, float(sum(tensors.values()))).model_copy(update={"tied": tied})


def _tensors(folder: Path) -> Iterator[tuple[str, int]]:
    """Names of all tensors, and how many numbers each has."""
    from safetensors import safe_open

    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, framework="numpy") as weights:
            yield from ((name, math.prod(weights.get_slice(name).get_shape())) for name in list(weights.keys()))


def activations(
    model: Architecture, tokens: float, *, own: int = NARROW, vectors: int = VECTORS, kept: float = 1.0
) -> float:
    """Bytes that stay of so many tokens until their backward pass, where attention never holds its scores.

    Args:
        own: Bytes of a number.
        vectors: As wide as the model, of each layer; besides, an inner layer keeps what goes in, gate, their product
            and what comes out, each as wide as itself.
        kept: Share of each layer that is kept. Of 0 only its input stays, and one layer at a time is made again.
    """
    layer = tokens * (vectors * model.hidden + (4 if model.gated else 2) * model.intermediate) * own
    return layer * model.layers * kept if kept else layer + tokens * model.layers * model.hidden * own


def needed(
    course: Course,
    model: Architecture,
    number_format: str,
    *,
    device: str = "cpu",
    recompute: bool = False,
    pieces: int = 1,
) -> float:
    """Bytes of each process, roughly: a quarter more or less is possible.

    Weights that are trained have a gradient and two moments of AdamW in float32, and a float32 form beside where the
    model computes in bfloat16. Of a row, each layer keeps what its backward pass needs.
    """
    own = NARROW if number_format == "bfloat16" else WIDE
    if course.method == "full":
        weights = model.parameters * (TRAINED[course.optimiser] + (own if own != WIDE else 0))
    else:
        adapters = ADAPTER * course.rank / RANK * model.parameters * TRAINED[course.optimiser]
        # Processors load in float32 and cast after; a GPU is only given what was cast.
        plain = model.parameters * (own if device == "cuda" else WIDE)
        packed = (model.parameters - model.tables) * BYTES + model.tables * own
        weights = adapters + (packed if course.method == "qlora" else plain)
    row = activations(model, course.sequence, own=own, kept=0.0 if recompute else 1.0)
    return LIBRARIES + weights / pieces + row + LOGITS


@dataclass(frozen=True)
class Demand:
    """A course on a machine."""

    course: Course
    folder: Path
    """Of the model."""
    number_format: str
    device: str
    recompute: bool = False
    """Whether layers are computed anew instead of kept."""
    processes: int = 1
    pieces: int = 1
    """How many processes share out one copy of the weights."""

    @functools.cached_property
    def model(self) -> Architecture:
        return shape_of(self.folder)

    @property
    def bytes(self) -> float:
        """Of each process; see `needed`."""
        return needed(
            self.course,
            self.model,
            self.number_format,
            device=self.device,
            recompute=self.recompute,
            pieces=self.pieces,
        )


def demand(
    course: Course, folder: Path, computing: Computing, ranks: Alone, *, number_format: str, device: str
) -> Demand:
    """Of a course as these processes compute it."""
    pieces = ranks.pieces(computing.shard)
    return Demand(course, folder, number_format, device, computing.recompute, ranks.count, pieces)


def check_memory(asked: Demand) -> None:
    """Refuses what would not fit, with settings that would.

    Raises:
        Mistake: it needs more than is free.
    """
    free = _free(asked.device)
    if free is None or asked.bytes <= free:
        return
    raise Mistake(
        f"training needs about {asked.bytes / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free",
        where=f"[train.{asked.course.name}]",
        hint=_smaller(asked, free),
    )


@contextmanager
def out_of_memory_is_a_mistake(asked: Demand) -> Iterator[None]:
    """Says what would take less, where the estimate was too low.

    One of several processes cannot end the others with a mistake; there its own error says the same besides.

    Raises:
        Mistake: the GPU has no memory left.
    """
    import torch

    try:
        yield
    except torch.OutOfMemoryError as error:
        told = Mistake(
            f"the GPU ran out of memory; training was thought to need about {asked.bytes / 1e9:.1f} GB of it",
            where=f"[train.{asked.course.name}]",
            hint=_smaller(asked, CLEARLY * asked.bytes),
        )
        if asked.processes == 1:
            raise told from error
        error.add_note(f"{told.what}\n{told.hint}")
        raise


def _smaller(asked: Demand, free: float) -> str:
    """The first settings that would fit."""
    if not asked.recompute and (found := replace(asked, recompute=True).bytes) <= free:
        return f"`recompute = true` in [train.computing] would need about {found / 1e9:.1f} GB, and more time"
    for processes in _processes(asked):
        found = replace(asked, processes=processes, pieces=processes).bytes
        if found <= free:
            return f"`torchrun --nproc-per-node={processes}` would need about {found / 1e9:.1f} GB of each GPU"
    for changes in _changes(asked):
        found = replace(asked, course=asked.course.model_copy(update=changes)).bytes
        if found <= free:
            told = " and ".join(f"`{key} = {json.dumps(value)}`" for key, value in changes.items())
            return f"{told} would need about {found / 1e9:.1f} GB"
    return "no setting makes it fit: take a smaller base or a larger machine"


def _processes(asked: Demand) -> list[int]:
    """How many more could share the weights out, each on a GPU of this machine."""
    course = asked.course
    if asked.device != "cuda" or asked.processes > 1 or course.method == "qlora" or course.optimiser == "adamw8bit":
        return []
    return [count for count in (2, 4, 8) if count <= _cards()]


def _changes(asked: Demand) -> list[dict[str, Any]]:
    """What takes less, what changes least first."""
    course = asked.course
    rows = [course.sequence // part for part in (2, 4, 8) if course.sequence // part >= 128]
    shorter: list[dict[str, Any]] = [{"sequence": row} for row in rows]
    ranks = [{"rank": course.rank // part} for part in (2, 4, 8) if course.rank // part >= 4]
    # Both are one GPU's alone: see `quantised.check_package`.
    packs = asked.device == "cuda" and asked.processes == 1
    eight_bits = [{"optimiser": "adamw8bit"}] if packs and course.optimiser == "adamw" else []
    methods = [method for method in LESS[course.method] if packs or method != "qlora"]
    own = [*shorter, *ranks]
    if not course.adapts:
        own = [*eight_bits, *shorter, *(eight | row for eight in eight_bits for row in shorter)]
    return [*own, *({"method": method} | row for method in methods for row in ({}, *shorter))]


def _cards() -> int:
    import torch

    return torch.cuda.device_count()


def _free(device: str) -> float | None:
    """Bytes; `None` where it is not known."""
    if device == "cuda":
        import torch

        return float(torch.cuda.mem_get_info()[0])
    if not MEMINFO.is_file():
        return None
    lines = dict(line.split(":", 1) for line in MEMINFO.read_text(encoding="utf-8").splitlines() if ":" in line)
    return float(lines["MemAvailable"].split()[0]) * 1024 if "MemAvailable" in lines else None
