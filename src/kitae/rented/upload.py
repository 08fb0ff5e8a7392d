"""Everything that leaves for a rented node, path by path, with sizes and labels."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import kitae

from ..core.artifact import Artifact
from ..core.label import Label
from ..core.mistakes import Mistake

CHECKOUT = ("pyproject.toml", "README.md", "LICENSE", "constraints/gpu.txt", "src/kitae")
"""What pip needs to install kitae, with the versions that were tried together."""

WHEELHOUSE = "wheelhouse-gpu"
"""What `make gpuwheels` fills, for a node that reaches no package index."""


@dataclass(frozen=True)
class Upload:
    """A file, or a folder with all that is in it."""

    path: str
    """From the project's folder."""
    target: str
    """From the folder of the job on the node."""
    size: int
    """Bytes."""
    label: Label | None
    """`None`: kitae's own, or names and numbers without a document's text."""


def artifact_uploads(artifacts: Iterable[Artifact], folder: Path) -> list[Upload]:
    """The artifacts' folders, each once.

    Args:
        folder: The project's.
    """
    found = {}
    for artifact in artifacts:
        path = artifact.folder.relative_to(folder).as_posix()
        found[path] = Upload(path, path, _size(artifact.folder), artifact.label)
    return list(found.values())


def file_uploads(folder: Path, names: Iterable[str]) -> list[Upload]:
    """Files of the project's folder that hold names and numbers, and nothing of a document."""
    return [Upload(name, name, _size(folder / name), None) for name in names]


def kitae_uploads(folder: Path, checkout: Path | None = None) -> list[Upload]:
    """kitae itself: the folder of wheels where `make gpuwheels` made one, else what pip builds it from.

    Args:
        folder: The project's.
        checkout: Of kitae; the one that this process runs from when left out.

    Raises:
        Mistake: kitae runs from no checkout, so there is neither.
    """
    checkout = checkout or Path(kitae.__file__).parents[2]
    names = (WHEELHOUSE,) if (checkout / WHEELHOUSE).is_dir() else CHECKOUT
    if missing := [name for name in names if not (checkout / name).exists()]:
        raise Mistake(
            f"kitae does not run from a checkout, so it cannot be sent along: no {missing[0]}",
            where=str(checkout),
            hint="run this command with a kitae that `make` installed from its checkout",
        )
    return [Upload(os.path.relpath(checkout / name, folder), name, _size(checkout / name), None) for name in names]


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else (path,)
    return sum(file.stat().st_size for file in files if file.is_file())
