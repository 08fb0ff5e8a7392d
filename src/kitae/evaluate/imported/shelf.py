"""The imported suites of a project: `suites/NAME.json`, one file each, ours in form and others' in content."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import ValidationError

from ...core.files import write_atomically
from ...core.mistakes import Mistake, nearest
from ...core.noun import canonical
from ..own.shelf import OWN
from .folder import Imported

FOLDER = "suites"


def keep(project: Path, imported: Imported) -> Path:
    """Puts a suite into the project's folder. The same suite again changes nothing.

    Raises:
        Mistake: no name, or one that a bundled suite or another imported one has.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", imported.name):
        what = f"`{imported.name}` is no name of a suite"
        raise Mistake(what, where="--name", hint="small letters, digits, `-`, `.` and `_`")
    if imported.name in OWN:
        raise Mistake(f"`{imported.name}` is a bundled suite", where="--name", hint="give it another name")
    file = project / FOLDER / f"{imported.name}.json"
    if file.exists() and imported_suite(project, imported.name) != imported:
        raise Mistake(
            f"another suite is called `{imported.name}`: scores under one name have to stay comparable",
            where=str(file),
            hint="give it a name of its own with `--name`",
        )
    write_atomically(file, [canonical(imported).encode() + b"\n"])
    return file


def names(project: Path) -> list[str]:
    """Of the imported suites."""
    return sorted(path.stem for path in (project / FOLDER).glob("*.json"))


def imported_suite(project: Path, name: str) -> Imported:
    """A suite that was imported.

    Raises:
        Mistake: there is none of that name, or its file was edited into something else.
    """
    file = project / FOLDER / f"{name}.json"
    if name not in names(project):
        raise Mistake(f"no imported suite `{name}`", where=str(file.parent), hint=nearest(name, names(project)))
    try:
        return Imported.model_validate_json(file.read_bytes())
    except ValidationError as error:
        what = f"not a suite that `kitae suites add` wrote: {error.errors()[0]['msg']}"
        raise Mistake(what, where=str(file), hint="delete it and add the suite again") from None
