"""General text, which is replayed beside a company's own so that a model forgets less, and measured with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from ..core.artifact import Artifact
from ..core.files import file_digest
from ..core.label import EVERYONE
from ..core.mistakes import Mistake
from ..core.reading import LICENCE, shelf, version
from ..core.run import Run
from ..core.stage import Stage
from .recipe import GeneralRecipe

SUFFIXES = (".txt", ".md", ".jsonl")


def general_files(recipe: GeneralRecipe, folder: Path) -> list[tuple[str, str]]:
    """Paths below the project's folder and SHA-256 of the files: part of fingerprints. None for the bundled text.

    Raises:
        Mistake: there is no such folder or file, or nothing to read in it.
    """
    return [(path.relative_to(folder).as_posix(), file_digest(path)) for path in _found(recipe, folder)]


def collect(recipe: GeneralRecipe, folder: Path, run: Run) -> Artifact:
    """Rows `corpus` and `held_out`: `id` and `text`.

    Args:
        folder: The project's.

    Raises:
        Mistake: a file is not UTF-8, or a line of JSON Lines has no `text`; or all text is held out.
    """
    texts = list(_bundled(recipe) if not recipe.path else _read(_found(recipe, folder), folder))
    held = [_held_out(text, recipe.held_out) for _, text in texts]
    for name, wanted in (("corpus", False), ("held_out", True)):
        pairs = zip(texts, held, strict=True)
        run.write(name, ({"id": id, "text": text} for (id, text), apart in pairs if apart is wanted))
    if all(held):
        raise Mistake("all general text is held out", where="[general]", hint="add more, or lower `held_out`")
    run.label(recipe.label, [EVERYONE], [recipe.licence if recipe.path else LICENCE])
    run.facts(texts=len(texts), held_out=sum(held), characters=sum(len(text) for _, text in texts))
    return run.seal()


def _found(recipe: GeneralRecipe, folder: Path) -> list[Path]:
    if not recipe.path:
        return []
    root = folder / recipe.path
    files = [root] if root.is_file() else sorted(root.rglob("*"))
    found = [path for path in files if path.is_file() and path.suffix in SUFFIXES]
    if not found:
        raise Mistake(
            "there is no general text",
            where=str(root),
            hint=f"`path` in [general] names a file or a folder with {', '.join(SUFFIXES)}; leave it out for the "
            "bundled passages",
        )
    return found


def _bundled(recipe: GeneralRecipe) -> Iterator[tuple[str, str]]:
    """The passages of the reading practice: other organisations' rules, guides and notices."""
    for passage in shelf(recipe.language):
        yield passage.id, f"{passage.heading}\n{passage.text}"


def _read(files: list[Path], folder: Path) -> Iterator[tuple[str, str]]:
    for path in files:
        name = path.relative_to(folder).as_posix()
        try:
            content = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            raise Mistake("general text is not UTF-8", where=name, hint="convert it") from None
        if path.suffix != ".jsonl":
            yield name, content
            continue
        for number, line in enumerate(content.splitlines(), start=1):
            yield f"{name}:{number}", _text_of(line, f"{name}, line {number}")


def _text_of(line: str, where: str) -> str:
    try:
        return str(json.loads(line)["text"])
    except (ValueError, KeyError, TypeError):
        raise Mistake("a line of general text has no `text`", where=where, hint='write {"text": "…"}') from None


def _held_out(text: str, part: float) -> bool:
    """By the text itself, so that the same text is never on both sides."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) < part * 2**32


GENERAL = Stage(name="general", kind="corpus", function=collect, format=1, place=lambda: {"practice": version()})
