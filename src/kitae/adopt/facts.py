"""What a person asks about a model, read from its folder without loading it."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

ROW_TENSORS = re.compile(r"(?:^|\.)(?:embed_tokens|wte|embed_in|lm_head|embed_out)\.(?:weight|bias)$")
"""Tensors with one row for each token, in the architectures that transformers names so."""
OUTPUT = re.compile(r"(?:^|\.)(?:lm_head|embed_out)\.weight$")

NAMES = {
    "layers": ("num_hidden_layers", "n_layer", "num_layers"),
    "hidden_size": ("hidden_size", "n_embd", "d_model"),
    "vocabulary": ("vocab_size",),
    "context": ("max_position_embeddings", "n_positions", "max_seq_len"),
}
"""A fact, and what the architectures' configs call it."""
FORMATS = {"F32": "float32", "BF16": "bfloat16", "F16": "float16"}


def facts_of(folder: Path) -> dict[str, Any]:
    """Architecture, sizes and number format, from the config and the headers of the weights."""
    top = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    # A model that also sees pictures keeps what is said about its text one level down.
    config = {**top, **top.get("text_config", {})}
    parameters, formats, names = 0, set(), set()
    for name, shape, number_format in tensors(folder):
        parameters += math.prod(shape)
        formats.add(FORMATS.get(number_format, number_format))
        names.add(name)
    tied = config.get("tie_word_embeddings", not any(map(OUTPUT.search, names)))
    return {
        "architecture": (top.get("architectures") or [top.get("model_type", "unknown")])[0],
        "parameters": parameters,
        **{fact: next((config[key] for key in keys if key in config), None) for fact, keys in NAMES.items()},
        "tied_embeddings": bool(tied),
        "engine": "transformers",
        "number_format": "+".join(sorted(formats)),
    }


def tensors(folder: Path) -> list[tuple[str, tuple[int, ...], str]]:
    """Name, shape and number format of every tensor."""
    from safetensors import safe_open

    found = []
    for file in weight_files(folder):
        with safe_open(file, framework="numpy") as weights:
            for name in weights.keys():  # noqa: SIM118  (it is no dictionary)
                piece = weights.get_slice(name)
                found.append((name, tuple(piece.get_shape()), str(piece.get_dtype())))
    return found


def weight_files(folder: Path) -> list[Path]:
    """The files that transformers would read: one, or those of the index. Some folders hold a second copy beside."""
    single, index = folder / "model.safetensors", folder / "model.safetensors.index.json"
    if single.is_file():
        return [single]
    if index.is_file():
        names = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        return [folder / name for name in sorted(names)]
    return []


def licence_of(folder: Path) -> str:
    """As the card's front matter says, or `unknown`: then somebody has to look."""
    card = folder / "README.md"
    matter = _front_matter(card) if card.is_file() else ""
    said = {key: _line(matter, key) for key in ("license", "license_name")}
    return (said["license_name"] if said["license"] in ("", "other") else "") or said["license"] or "unknown"


def _line(matter: str, key: str) -> str:
    found = re.search(rf"""^{key}:[ \t]*["']?([\w.-]+)""", matter, re.MULTILINE)
    return found[1].lower() if found else ""


def _front_matter(card: Path) -> str:
    parts = re.split(r"^---\s*$", card.read_text(encoding="utf-8", errors="replace"), maxsplit=2, flags=re.MULTILINE)
    return parts[1] if len(parts) == 3 and not parts[0].strip() else ""
