"""A stage: recipe + inputs → artifact, and what its result depends on."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import inspect
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .artifact import Artifact, Input
from .noun import Noun, digest


@dataclass(frozen=True)
class Stage:
    """What `road.py` composes. The function is the one that the CLI, Python and the tests call."""

    name: str
    kind: str
    function: Callable[..., Artifact]
    format: int
    """Counted up by hand when the same inputs would make something else than before."""
    packages: tuple[str, ...] = ()
    """Packages and dictionaries whose version changes the result."""
    exact: bool = True
    """Whether the result is the same anywhere. Otherwise `place` says what it is computed with."""
    place: Callable[[], dict[str, str]] | None = None
    """What else the result depends on: where it is computed, bundled data."""
    takes: Callable[[Mapping[str, str], Mapping[str, str]], bool] | None = None
    """Whether what was made at one place (its `place`) is taken at another (its own) for what would be made there."""

    def versions(self) -> dict[str, str]:
        return {name: importlib.metadata.version(name) for name in self.packages}

    def identity(self) -> dict[str, str]:
        return self.place() if self.place else {}

    def source(self) -> str:
        """Digest of the Python files of the stage's folder."""
        return _folder_source(Path(inspect.getfile(self.function)).parent)

    def fingerprint(
        self,
        recipe: Noun,
        inputs: tuple[Input, ...],
        files: tuple[tuple[str, str], ...],
        identity: Mapping[str, str],
    ) -> str:
        """The identity of what this stage makes of these inputs. Machine, paths and workers are no part of it."""
        parts: dict[str, Any] = {
            "stage": self.name,
            "format": self.format,
            "recipe": recipe.model_dump(mode="json"),
            "inputs": [[each.role, each.content] for each in inputs],
            "files": [list(file) for file in files],
            "packages": self.versions(),
            "identity": dict(identity),
        }
        return digest(parts)


@functools.cache
def _folder_source(folder: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(folder.glob("*.py")):
        found.update(path.name.encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:16]


@functools.cache
def version() -> str:
    """Version of kitae, with the commit where it runs from a checkout."""
    number = importlib.metadata.version("kitae")
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        commit = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return number
    return f"{number}+{commit}"
