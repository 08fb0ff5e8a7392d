"""The store: all artifacts of a project, and the lock that keeps two runs apart."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import platform
import shutil
from collections.abc import Iterator
from pathlib import Path

from .artifact import FORMAT, RUN, WORK, Artifact, artifact_id, open_artifact
from .files import file_digest, write_atomically
from .mistakes import Mistake, nearest

KINDS = ("documents", "corpus", "dialogues", "suite", "model", "index", "scorecard")


class Store:
    """`store/<kind>/<name>@<fingerprint>/`. Opening it writes nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        stamp = folder / "format.json"
        if stamp.is_file():
            found = json.loads(stamp.read_text(encoding="utf-8"))["format"]
            if found > FORMAT:
                raise Mistake(
                    f"the store has format {found}; this kitae reads up to {FORMAT}",
                    where=str(folder),
                    hint="install a newer kitae, or name another folder",
                )

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Held by whoever makes or deletes artifacts. The system frees it when the process ends, however it ends."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (self.folder / "format.json").exists():
            write_atomically(self.folder / "format.json", [json.dumps({"format": FORMAT}).encode()])
        with (self.folder / ".lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                raise Mistake(
                    f"another run is at work on this store: {file.read().strip() or 'it has just begun'}",
                    where=str(self.folder),
                    hint="wait until it ends, or end it; what it has done so far is kept",
                ) from None
            file.truncate(0)
            file.write(f"process {os.getpid()} on {platform.node()}\n")
            file.flush()
            yield

    @property
    def memo_file(self) -> Path:
        """Where `Memo` remembers work on parts of artifacts; its folders of files stand beside."""
        return self.folder / "memo.sqlite"

    def artifacts(self, kind: str | None = None) -> list[Artifact]:
        """All sealed artifacts, the oldest first."""
        found = [open_artifact(folder) for folder in self._folders(kind)]
        return sorted((a for a in found if a is not None), key=lambda a: (a.record.created, a.id))

    def unsealed(self) -> list[Path]:
        """Folders of runs that have not ended well; the same run would go on there."""
        return [folder for folder in self._folders(None) if open_artifact(folder) is None]

    def find(self, kind: str, name: str, fingerprint: str) -> Artifact | None:
        """The sealed artifact with this fingerprint.

        Raises:
            Mistake: somebody edited one of its files.
        """
        folder = self.folder_of(kind, name, fingerprint)
        artifact = open_artifact(folder)
        if artifact is None:
            return None
        shutil.rmtree(folder / WORK, ignore_errors=True)
        if wrong := artifact.edited(thorough=False):
            raise Mistake(
                f"{artifact.id} was edited after it was sealed: {', '.join(wrong)}",
                where=str(folder / wrong[0]),
                hint=f"delete {folder} and run again; what is made from it is checked against its content",
            )
        return artifact

    def folder_of(self, kind: str, name: str, fingerprint: str) -> Path:
        return self.folder / artifact_id(kind, name, fingerprint)

    def named(self, written: str) -> Artifact:
        """The artifact that somebody means with `model/tuned`, `model/tuned@2` or `model/tuned@1a2b3c4d`.

        Without `@` the youngest. A number counts the artifacts of that name in order of their making.

        Raises:
            Mistake: there is none.
        """
        name, _, which = written.partition("@")
        artifacts = self.artifacts()
        same = [a for a in artifacts if f"{a.kind}/{a.name}" == name]
        if not same:
            known = {f"{a.kind}/{a.name}" for a in artifacts}
            raise Mistake(f"no artifact `{name}`", where=str(self.folder), hint=nearest(name, known))
        if not which:
            return same[-1]
        for number, artifact in enumerate(same, start=1):
            if (artifact.record.fingerprint.startswith(which) and len(which) == 8) or which == str(number):
                return artifact
        raise Mistake(
            f"no `{written}`; there are {len(same)} of `{name}`",
            where=str(self.folder),
            hint="known are: " + ", ".join(a.id for a in same),
        )

    def number(self, artifact: Artifact) -> int:
        """Which of its name it is, counted from 1 in order of making."""
        same = [a for a in self.artifacts(artifact.kind) if a.name == artifact.name]
        return 1 + [a.id for a in same].index(artifact.id)

    def copy_to(self, other: Store) -> list[str]:
        """Copies every sealed artifact that `other` lacks; returns their ids. A copy appears whole or not at all.

        Raises:
            Mistake: a file here is no longer what was sealed; it is not spread further.
        """
        copied = []
        for artifact in self.artifacts():
            target = other.folder / artifact.id
            if open_artifact(target) is not None:
                continue
            if wrong := artifact.edited():
                raise Mistake(
                    f"{artifact.id} was edited after it was sealed: {', '.join(wrong)}",
                    where=str(artifact.folder),
                    hint="delete its folder and make it again before you copy",
                )
            arriving = target.with_name(f".{target.name}.{os.getpid()}.arriving")
            shutil.rmtree(arriving, ignore_errors=True)
            shutil.copytree(artifact.folder, arriving, ignore=shutil.ignore_patterns(WORK))
            if any(file_digest(arriving / name) != seal.sha256 for name, seal in artifact.record.files.items()):
                raise Mistake("a copy differs from what was sealed", where=str(arriving), hint="check that disk")
            shutil.rmtree(target, ignore_errors=True)
            arriving.rename(target)
            copied.append(artifact.id)
        return copied

    def remove(self, folder: Path) -> None:
        """Deletes an artifact's folder; its seal goes first, so that half of it is never read."""
        (folder / RUN).unlink(missing_ok=True)
        shutil.rmtree(folder)

    def _folders(self, kind: str | None) -> list[Path]:
        kinds = (kind,) if kind else KINDS
        return [path for each in kinds for path in sorted((self.folder / each).glob("[!.]*@*")) if path.is_dir()]
