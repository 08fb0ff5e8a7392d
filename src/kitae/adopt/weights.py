"""The weights with other token rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.files import disk_full_is_a_mistake
from ..core.mistakes import Mistake
from .facts import ROW_TENSORS, tensors, weight_files

if TYPE_CHECKING:
    from torch import Tensor

INDEX = "model.safetensors.index.json"


def token_rows(folder: Path) -> int:
    """How many token rows the model has.

    Raises:
        Mistake: its tables of token vectors are not recognised, or not all of them.
    """
    shapes = {name: shape for name, shape, _ in tensors(folder)}
    found = {shape[0] for name, shape in shapes.items() if ROW_TENSORS.search(name)}
    if len(found) == 1:
        rows = found.pop()
        others = sorted(name for name, shape in shapes.items() if rows in shape and not ROW_TENSORS.search(name))
        if not others:
            return rows
        reason = f"`{others[0]}` seems to have a row for each token as well, but is not known to"
    else:
        reason = "its tables of token vectors differ in length" if found else "no table of token vectors was found"
    raise Mistake(
        f"the vocabulary cannot be trimmed: {reason}",
        where=str(folder),
        hint='set [vocabulary] vocabulary = "keep"',
    )


def choose_rows(source: Path, target: Path, rows: Sequence[int], new: Sequence[Sequence[int]] = ()) -> None:
    """Writes the weights of `source` into `target`, file by file, with these token rows alone, in this order.

    Args:
        new: For each further row, of which old ones it is the mean.
    """
    from safetensors.torch import load_file, save_file

    size = 0
    for file in weight_files(source):
        weights = load_file(file)
        for name in filter(ROW_TENSORS.search, list(weights)):
            weights[name] = _chosen(weights[name], rows, new)
        size += sum(each.numel() * each.element_size() for each in weights.values())
        with disk_full_is_a_mistake(target):
            save_file(weights, target / file.name, metadata={"format": "pt"})
    if (source / INDEX).is_file() and not (source / "model.safetensors").is_file():
        written = json.loads((source / INDEX).read_text(encoding="utf-8"))
        written["metadata"] = {"total_size": size}
        (target / INDEX).write_text(json.dumps(written, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _chosen(table: Tensor, rows: Sequence[int], new: Sequence[Sequence[int]]) -> Tensor:
    import torch

    kept = table.index_select(0, torch.tensor(rows)).contiguous()
    if not new:
        return kept
    means = [table[list(pieces)].float().mean(0).to(table.dtype) for pieces in new]
    return torch.cat([kept, torch.stack(means)])
