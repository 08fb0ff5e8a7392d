"""How much memory a course needs, and whether it is there: before anything is loaded."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from ..core.mistakes import Mistake
from ..core.noun import Noun
from .recipe import Course

MEMINFO = Path("/proc/meminfo")

LIBRARIES: Final = 0.7e9
"""Bytes of Python, torch and transformers, on a CPU."""

LOGITS: Final = 2**24 * 4 * 3
"""Bytes of the logits that are held at a time, with their gradient; see `loss.CHUNK_LOGITS`."""

WIDE, NARROW = 4, 2
"""Bytes of a number in float32 and in bfloat16."""


BYTES: Final = 0.516
"""Of a weight that is held in 4 bits: those, 8 more for each 64 of them, and 32 for each 256 of those."""


class Shape(Noun):
    """What a model's settings say of its size."""

    parameters: float
    layers: int
    hidden: int
    intermediate: int
    vocabulary: int = 0
    """Rows of the table of token vectors."""
    tied: bool = True
    """Whether the output layer is that table too."""

    @property
    def tables(self) -> float:
        """Parameters of both."""
        return self.vocabulary * self.hidden * (1 if self.tied else 2)


def shape_of(folder: Path) -> Shape:
    """From config.json and the size of the weights, which kitae keeps in float32."""
    settings: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    text = settings.get("text_config", settings)
    hidden = int(text["hidden_size"])
    return Shape(
        parameters=sum(file.stat().st_size for file in folder.glob("*.safetensors")) / WIDE,
        layers=int(text["num_hidden_layers"]),
        hidden=hidden,
        intermediate=int(text.get("intermediate_size", 4 * hidden)),
        vocabulary=int(text.get("vocab_size", 0)),
        tied=not any(name.endswith("lm_head.weight") for name in _tensors(folder)),
    )


def _tensors(folder: Path) -> Iterator[str]:
    from safetensors import safe_open

    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, framework="numpy") as weights:
            yield from weights.keys()


def needed(course: Course, shape: Shape, number_format: str, *, recompute: bool = False, pieces: int = 1) -> float:
    """Bytes of each process, roughly: a quarter more or less is possible.

    Weights that are trained have a gradient and two moments of AdamW in float32, and a float32 form beside where the
    model computes in bfloat16. Of a row, each layer keeps what its backward pass needs: some fourteen vectors as wide
    as the model and four as wide as its inner layer (Korthikanti et al., arXiv:2205.05198, without attention scores).
    """
    own = NARROW if number_format == "bfloat16" else WIDE
    if course.method == "full":
        moments = 2 * WIDE if course.optimiser == "adamw" else 2
        weights = shape.parameters * (2 * WIDE + moments + (own if own != WIDE else 0))
    elif course.method == "qlora":
        # Adapters, with gradient and moments in float32, are a hundredth of it.
        weights = (shape.parameters - shape.tables) * BYTES + shape.tables * own + 0.01 * shape.parameters * 4 * WIDE
    else:
        # It is loaded in float32 and cast after; adapters are a hundredth of it.
        weights = shape.parameters * WIDE * 1.1
    layer = course.sequence * (14 * shape.hidden + 4 * shape.intermediate) * own
    row = layer * shape.layers
    if recompute:
        row = layer + course.sequence * shape.layers * shape.hidden * own
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
    shape = shape_of(folder)
    count = functools.partial(needed, shape=shape, number_format=number_format, pieces=pieces)
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
