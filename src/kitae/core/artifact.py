"""Artifacts: sealed, immutable folders."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field, ValidationError

from .files import file_digest
from .label import EVERYONE, Label
from .mistakes import Mistake
from .noun import Noun, digest

FORMAT = 1
"""Of `run.json`. A store of a newer format is not read; an older one is, or is migrated."""

RUN, MEASURED, WORK = "run.json", "measured.json", "work"
SMALL = 4 * 2**20

N = TypeVar("N", bound=Noun)


class Input(Noun):
    """An artifact that went into another one."""

    role: str
    id: str
    content: str


class FileSeal(Noun):
    """What a file was when it was sealed."""

    sha256: str
    size: int


class RunRecord(Noun):
    """`run.json`: the whole story of an artifact. Its `seal` is the digest of all the rest."""

    format: int = FORMAT
    kind: str
    name: str
    stage: str
    stage_format: int
    exact: bool
    fingerprint: str
    recipe: dict[str, Any]
    """As resolved, defaults included."""
    given: dict[str, Any]
    """As the user gave it."""
    inputs: tuple[Input, ...] = ()
    files_read: tuple[tuple[str, str], ...] = ()
    """Files of the user that went in: path and SHA-256."""
    identity: dict[str, str] = Field(default_factory=dict)
    """For numeric stages: device, engine, number format."""
    packages: dict[str, str] = Field(default_factory=dict)
    source: str = ""
    """Digest of the stage's own source, to notice a change that forgot the format number."""
    kitae: str = ""
    label: Label = Label.PUBLIC
    groups: tuple[str, ...] = (EVERYONE,)
    licences: tuple[str, ...] = ()
    facts: dict[str, Any] = Field(default_factory=dict)
    files: dict[str, FileSeal] = Field(default_factory=dict)
    derived: tuple[str, ...] = ()
    content: str = ""
    status: Literal["running", "failed", "sealed"] = "running"
    error: str = ""
    created: str = ""
    seal: str = ""

    def sealed_form(self) -> str:
        return digest(self.model_dump(mode="json", exclude={"seal"}))


def artifact_id(kind: str, name: str, fingerprint: str) -> str:
    return f"{kind}/{name}@{fingerprint[:8]}"


def content_digest(files: Mapping[str, FileSeal], derived: tuple[str, ...]) -> str:
    """Over the names and digests of all files that cannot be rebuilt from the others."""
    lines = [f"{name} {files[name].sha256}\n" for name in sorted(files) if name not in derived]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


class Artifact:
    """A sealed folder. Cheap to open: only `run.json` is read."""

    def __init__(self, folder: Path, record: RunRecord) -> None:
        self.folder = folder
        self.record = record

    @property
    def kind(self) -> str:
        return self.record.kind

    @property
    def name(self) -> str:
        return self.record.name

    @property
    def id(self) -> str:
        return artifact_id(self.kind, self.name, self.record.fingerprint)

    @property
    def content(self) -> str:
        return self.record.content

    @property
    def label(self) -> Label:
        return self.record.label

    @property
    def groups(self) -> tuple[str, ...]:
        return self.record.groups

    @property
    def licences(self) -> tuple[str, ...]:
        return self.record.licences

    @property
    def facts(self) -> dict[str, Any]:
        return self.record.facts

    @property
    def measured(self) -> dict[str, Any]:
        """Seconds, host, memory: what was measured when it was made. Part of no digest."""
        file = self.folder / MEASURED
        measured: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        return measured

    def path(self, name: str) -> Path:
        return self.folder / name

    def rows(self, name: str, noun: type[N]) -> Iterator[N]:
        """The rows of `<name>.jsonl` as nouns."""
        for row in self.raw(name):
            yield noun.model_validate(row)

    def raw(self, name: str) -> Iterator[dict[str, Any]]:
        """The rows of `<name>.jsonl` as dictionaries."""
        with (self.folder / f"{name}.jsonl").open(encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)

    def has(self, name: str) -> bool:
        return f"{name}.jsonl" in self.record.files

    def edited(self, *, thorough: bool = True) -> list[str]:
        """Names of files that are not as they were sealed, `run.json` among them.

        When not `thorough`, a large file is hashed only if its size changed or it is younger than the seal.
        """
        sealed_at = (self.folder / RUN).stat().st_mtime_ns
        wrong = [] if self.record.seal == self.record.sealed_form() else [RUN]
        for name, seal in self.record.files.items():
            path = self.folder / name
            if not path.is_file() or path.stat().st_size != seal.size:
                wrong.append(name)
                continue
            trusted = seal.size > SMALL and path.stat().st_mtime_ns <= sealed_at
            if (thorough or not trusted) and file_digest(path) != seal.sha256:
                wrong.append(name)
        return wrong


def open_artifact(folder: Path) -> Artifact | None:
    """The artifact in a folder, or `None` where there is no seal.

    Raises:
        Mistake: `run.json` is of a newer format, or no longer what it was.
    """
    file = folder / RUN
    if not file.is_file():
        return None
    try:
        written = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(written, dict) and written.get("format", 0) > FORMAT:
            raise Mistake(
                f"the artifact has format {written['format']}; this kitae reads up to {FORMAT}",
                where=str(file),
                hint="install the newer kitae that made it",
            )
        record = RunRecord.model_validate(written)
    except (ValueError, ValidationError) as error:
        raise Mistake(
            "an artifact's record cannot be read: somebody edited it",
            where=str(file),
            hint="delete its folder; the next run makes it again",
        ) from error
    return Artifact(folder, record) if record.status == "sealed" else None
