"""Rows of a model's token embeddings, read from safetensors without torch."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.mistakes import Mistake

_NAME = re.compile(r"(?:^|\.)(?:embed_tokens|wte|embed_in|word_embeddings)\.weight$")
_FORMATS: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "BF16": np.dtype("<u2")}


@dataclass(frozen=True)
class TokenEmbeddings:
    """The input embeddings of a model: one row a token, mapped from its file."""

    stored: npt.NDArray[Any]
    number_format: str

    @property
    def shape(self) -> tuple[int, int]:
        return self.stored.shape[0], self.stored.shape[1]

    def rows(self, chosen: slice | npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Rows as float32."""
        rows = self.stored[chosen]
        if self.number_format == "BF16":  # the upper half of a float32
            return (rows.astype(np.uint32) << 16).view(np.float32)
        return np.asarray(rows, dtype=np.float32)


def token_embeddings(folder: Path) -> TokenEmbeddings:
    """Finds the token embeddings in a Hugging Face folder.

    Raises:
        Mistake: there are none, or they are packed in a format that only an engine can read.
    """
    for file in sorted(folder.glob("*.safetensors")):
        start, tensors = _header(file)
        for name, facts in tensors.items():
            if _NAME.search(name):
                return _mapped(file, start, name, facts)
    raise Mistake(
        "the model has no token embeddings that can be read",
        where=str(folder),
        hint="search by words alone with `vectors = 0` in [knowledge.search], or adopt a base with safetensors",
    )


def _header(file: Path) -> tuple[int, dict[str, Any]]:
    """Where the tensors begin, and what each is: https://github.com/huggingface/safetensors, "Format"."""
    with file.open("rb") as opened:
        size = int.from_bytes(opened.read(8), "little")
        if size > file.stat().st_size:
            raise Mistake("this is no safetensors file", where=str(file), hint="copy the model again")
        tensors: dict[str, Any] = json.loads(opened.read(size))
    tensors.pop("__metadata__", None)
    return 8 + size, tensors


def _mapped(file: Path, start: int, name: str, facts: dict[str, Any]) -> TokenEmbeddings:
    number_format: str = facts["dtype"]
    if number_format not in _FORMATS or len(facts["shape"]) != 2:
        raise Mistake(
            f"`{name}` is stored as {number_format} {facts['shape']}, which cannot be read as vectors",
            where=str(file),
            hint=f"adopt the model in one of {', '.join(_FORMATS)}",
        )
    stored = np.memmap(
        file, dtype=_FORMATS[number_format], mode="r", offset=start + facts["data_offsets"][0], shape=(*facts["shape"],)
    )
    return TokenEmbeddings(stored, number_format)
