"""Examples on disk: tokenised once, and mapped into memory when they are read.

A shard is what one tokenizer and one chat template make of one table of one artifact, whole: where rows end and which
share is learnt is decided afterwards, so that another `sequence` tokenises nothing again. It is kept in the memo under
the digests of all that it is made of. Another tokenizer or template finds no shard and makes its own: a stale one
cannot be read. One that is damaged is made again.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import inspect
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..core.artifact import Artifact
from ..core.files import file_digest
from ..core.memo import Memo
from ..core.mistakes import Mistake
from ..engine import chat, template
from ..engine.chat import Renderer
from . import example as examples_
from .example import Example
from .views import Examples

FORMAT: Final = 1

TOKENS, LEARNT, IDS, ENDS = "tokens.i4", "learnt.b1", "ids.utf8", "ends.i8"
SEAL: Final = "shard.json"
"""Written last: the digests of the others."""

SHARD, OF, RENDERING = "shard", "of", "rendering"
"""What it is remembered by: its format, the content of the artifact, and what made tokens of it."""

ROW: Final = np.dtype([("tokens", "<i8"), ("id", "<i8"), ("repeat", "<i8")])
"""Of an example: where its tokens and its id end, and how often it is learnt."""

READ: Final = ("tokenizer.json", "tokenizer_config.json", "config.json", "generation_config.json")
"""Files of a model's folder that say how text becomes tokens, besides the template."""


class Shard(Examples):
    """Examples in the files of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tokens = _mapped(folder / TOKENS, "<i4")
        self._learnt = _mapped(folder / LEARNT, np.bool_)
        self._ids = _mapped(folder / IDS, np.uint8)
        self._rows = _mapped(folder / ENDS, ROW)

    def __reduce__(self) -> tuple[type[Shard], tuple[Path]]:
        """Another process maps the same files."""
        return Shard, (self._folder,)

    def __len__(self) -> int:
        return len(self._rows)

    def at(self, place: int) -> Example:
        start, id_start = (int(self._rows[name][place - 1]) if place else 0 for name in ("tokens", "id"))
        end, id_end, repeat = (int(self._rows[name][place]) for name in ("tokens", "id", "repeat"))
        id = self._ids[id_start:id_end].tobytes().decode()
        return Example(id, self._tokens[start:end], self._learnt[start:end], repeat)


def tokenised(
    memo: Memo, source: Artifact, table: str, renderer: Renderer, made: Callable[[], Iterable[Example]]
) -> Shard:
    """The examples of a table, from the memo if they are there.

    Args:
        made: Makes them of the table.

    Raises:
        Mistake: whatever `made` finds; the disk is full.
    """
    key = {SHARD: FORMAT, OF: source.content, "table": table, RENDERING: rendering(renderer)}
    folder = memo.folder(key, lambda beside: write_shard(beside, made()), whole)
    return Shard(folder)


def read_of(artifacts: Sequence[Artifact]) -> Callable[[Any], bool]:
    """Says of a key whether a course would read its shard: one of these artifacts as one of these models renders it."""
    contents = {each.content for each in artifacts}
    renderings = {_rendering_of(each) for each in artifacts if each.kind == "model"}

    def read(key: Any) -> bool:
        return (
            isinstance(key, dict)
            and key.get(SHARD) == FORMAT
            and key.get(OF) in contents
            and key.get(RENDERING) in renderings
        )

    return read


def _rendering_of(model: Artifact) -> str:
    """Nothing where the model is not made yet, or is in a form that nothing is trained from."""
    if not model.path("tokenizer.json").is_file():
        return ""
    try:
        return rendering(Renderer(model.folder))
    except Mistake:
        return ""


def write_shard(folder: Path, examples: Iterable[Example]) -> None:
    """Writes the examples one after another; no more than one of them is held."""
    tokens = ids = 0
    with contextlib.ExitStack() as stack:
        files = {name: stack.enter_context((folder / name).open("wb")) for name in (TOKENS, LEARNT, IDS, ENDS)}
        for each in examples:
            id = each.id.encode()
            tokens, ids = tokens + len(each), ids + len(id)
            files[TOKENS].write(each.tokens.astype("<i4").tobytes())
            files[LEARNT].write(each.learnt.tobytes())
            files[IDS].write(id)
            files[ENDS].write(np.array([(tokens, ids, each.repeat)], ROW).tobytes())
    seal = {name: file_digest(folder / name) for name in files}
    (folder / SEAL).write_text(json.dumps(seal), encoding="utf-8")


def whole(folder: Path) -> bool:
    """Whether a shard is what was written."""
    try:
        seal = json.loads((folder / SEAL).read_text(encoding="utf-8"))
        return all(file_digest(folder / name) == seal[name] for name in (TOKENS, LEARNT, IDS, ENDS))
    except (OSError, ValueError, KeyError):
        return False


def rendering(renderer: Renderer) -> str:
    """Digest of all that text becomes tokens by: tokenizer, template, and our own code."""
    found = hashlib.sha256(renderer.template.encode() + b"\0" + importlib.metadata.version("tokenizers").encode())
    for name in READ:
        file = renderer.folder / name
        found.update(f"\0{name} {file_digest(file) if file.is_file() else ''}".encode())
    for module in (chat, template, examples_):
        found.update(_source(module))
    return found.hexdigest()


def _source(module: ModuleType) -> bytes:
    return inspect.getsource(module).encode()


def _mapped(file: Path, kind: npt.DTypeLike) -> npt.NDArray[Any]:
    """A file as an array whose pages the system reads when they are looked at, and drops when it needs the memory."""
    if not file.stat().st_size:
        return np.empty(0, kind)
    return np.asarray(np.memmap(file, kind, mode="r"))
