"""How much memory a course needs, and whether it is there: before anything is loaded."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from ..core.architecture import Architecture, from_config
from ..core.mistakes import Mistake
from .recipe import Course, Optimiser

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

BYTES: Final = 0.516
"""Of a weight that is held in 4 bits: those, 8 more for each 64 of them, and 32 for each 256 of those."""

ADAPTER: Final = 0.01
"""Of the parameters, when the size of an adapter is not said: rank 16 on every linear layer of a 7B."""

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
    course: Course, model: Architecture, number_format: str, *, recompute: bool = False, pieces: int = 1
) -> float:
    """Bytes of each process, roughly: a quarter more or less is possible.

    Weights that are trained have a gradient and two moments of AdamW in float32, and a float32 form beside where the
    model computes in bfloat16. Of a row, each layer keeps what its backward pass needs.
    """
    own = NARROW if number_format == "bfloat16" else WIDE
    if course.method == "full":
        weights = model.parameters * (TRAINED[course.optimiser] + (own if own != WIDE else 0))
    elif course.method == "qlora":
        adapters = ADAPTER * model.parameters * TRAINED["adamw"]
        weights = (model.parameters - model.tables) * BYTES + model.tables * own + adapters
    else:
        # It is loaded in float32 and cast after; adapters are a hundredth of it.
        weights = model.parameters * WIDE * 1.1
    row = activations(model, course.sequence, own=own, kept=0.0 if recompute else 1.0)
    return LIBRARIES + weights / pieces + row + LOGITS


def check_memory(
    course: Course,
    folder: Path,
    *,
    number_format: str,
    device: str,
    table: str,
    recompute: bool = False,
    pieces: int = 1,
) -> None:
    """Refuses what would not fit, with settings that would.

    Args:
        table: Of kitae.toml, for the message.
        recompute: Whether layers are computed anew instead of kept.
        pieces: How many processes share out one copy of the weights.

    Raises:
        Mistake: it needs more than is free.
    """
    free = _free(device)
    count = functools.partial(needed, model=shape_of(folder), number_format=number_format, pieces=pieces)
    wanted = count(course, recompute=recompute)
    if free is None or wanted <= free:
        return
    raise Mistake(
        f"training needs about {wanted / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free",
        where=table,
        hint=_smaller(course, count, free, recompute=recompute),
    )


def _smaller(course: Course, count: Callable[..., float], free: float, *, recompute: bool) -> str:
    """The first settings that would fit."""
    if not recompute and (found := count(course, recompute=True)) <= free:
        return f"`recompute = true` in [train.computing] would need about {found / 1e9:.1f} GB, and more time"
    for changes in _changes(course):
        found = count(course.model_copy(update=changes), recompute=recompute)
        if found <= free:
            told = " and ".join(f"`{key} = {json.dumps(value)}`" for key, value in changes.items())
            return f"{told} would need about {found / 1e9:.1f} GB"
    return "no setting makes it fit: take a smaller base or a larger machine"


def _changes(course: Course) -> list[dict[str, Any]]:
    rows = [course.sequence // part for part in (2, 4, 8) if course.sequence // part >= 128]
    shorter: list[dict[str, Any]] = [{"sequence": row} for row in rows]
    if course.adapts:
        return shorter
    return [*shorter, {"method": "lora"}, *({"method": "lora", "sequence": row} for row in rows)]


def _free(device: str) -> float | None:
    """Bytes; `None` where it is not known."""
    if device == "cuda":
        import torch

        return float(torch.cuda.mem_get_info()[0])
    if not MEMINFO.is_file():
        return None
    lines = dict(line.split(":", 1) for line in MEMINFO.read_text(encoding="utf-8").splitlines() if ":" in line)
    return float(lines["MemAvailable"].split()[0]) * 1024 if "MemAvailable" in lines else None
