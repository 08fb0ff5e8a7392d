"""base model → Model (dequantised once, sealed) → Model with the vocabulary that the project needs."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

from ..core.artifact import Artifact
from ..core.document import Document
from ..core.files import disk_full_is_a_mistake
from ..core.label import EVERYONE, Label
from ..core.mistakes import Mistake
from ..core.run import Run
from ..core.stage import Stage
from .facts import facts_of, licence_of
from .recipe import AdoptRecipe, TrimRecipe
from .sources import Base, find_base, joined, model_files
from .weights import choose_rows

TABLE = "vocabulary"
"""Rows of a trimmed model: how many characters a token of each vocabulary stands for."""


def base_files(recipe: AdoptRecipe, project: Path) -> tuple[tuple[str, str], ...]:
    """What the base's content is known by, for the fingerprint.

    Raises:
        Mistake: the base is not on this machine.
    """
    return find_base(recipe.base, project).identity


def adopt(recipe: AdoptRecipe, folder: Path, run: Run) -> Artifact:
    """Seals the base as a plain Hugging Face folder.

    Args:
        folder: the project's; a relative `path:` starts there.

    Raises:
        Mistake: it is not on this machine, damaged, or of a kind that cannot be read.
    """
    base = find_base(recipe.base, folder)
    advance = run.progress("reading the base model", 3, "steps")
    licence = base.licence
    if base.folder is not None:
        _copy(base.folder, run)
        advance(2)
    else:
        file, sha256 = _whole(base, run)
        advance(1)
        from .gguf import dequantise

        stated = dequantise(file, run.folder)
        licence = licence or stated
        run.facts(gguf_sha256=sha256)
        advance(1)
    licence = licence or licence_of(run.folder)
    _tell(licence, recipe, run)
    run.label(Label.PUBLIC, [EVERYONE], [licence])
    run.facts(base=recipe.base, licence=licence, **facts_of(run.folder))
    advance(1)
    return run.seal()


def trim(recipe: TrimRecipe, model: Artifact, documents: Artifact, run: Run) -> Artifact:
    """Keeps the token rows that the project needs, and adds what it asks for.

    Raises:
        Mistake: the vocabulary is of a kind that cannot be trimmed, or grown.
    """
    from .growth import grow
    from .table import BASE, NOW, advice, measured

    before = {f"{fact}_before": model.facts[fact] for fact in ("vocabulary", "parameters")}
    base = json.loads(model.path("tokenizer.json").read_text(encoding="utf-8"))
    texts = [document.text for document in documents.rows("documents", Document)]
    advance = run.progress("choosing the vocabulary", 3, "steps")
    now, rows = _kept(recipe, model, base, texts)
    advance(1)
    counts = {BASE: model.facts["vocabulary"], NOW: len(rows) or model.facts["vocabulary"]}
    table = measured(model.path("tokenizer.json"), now, counts, texts)
    run.write(TABLE, table)
    advance(1)
    grown = grow(now, texts, recipe.grow) if recipe.grow else None
    if rows:
        new = [[rows[piece] for piece in pieces] for pieces in grown.pieces] if grown else []
        _write_json(run.path("tokenizer.json"), grown.tokenizer if grown else now)
        _write_settings(model, run, {old: place for place, old in enumerate(rows)}, len(rows) + len(new))
        choose_rows(model.folder, run.folder, rows, new)
    else:
        _copy_all(model, run)
    advance(1)
    run.facts(**{**model.facts, **(facts_of(run.folder) if rows else {})}, **before, advice=advice(table))
    return run.seal(derived=[f"{TABLE}.jsonl"])


def _kept(
    recipe: TrimRecipe, model: Artifact, base: dict[str, Any], texts: list[str]
) -> tuple[dict[str, Any], list[int]]:
    """The tokenizer, and which rows stay; no row is named where all of them do, as they are."""
    from .vocabulary import trim as trim_vocabulary
    from .weights import token_rows

    if recipe.vocabulary == "trim":
        trimmed = trim_vocabulary(
            model.folder,
            texts,
            language=recipe.language,
            general=recipe.general,
            available=token_rows(model.folder),
        )
        return trimmed.tokenizer, trimmed.rows
    if not recipe.grow:
        return base, []
    # Rows beyond the last token are padding: new tokens take their numbers.
    tokens = len({*base["model"]["vocab"].values(), *(token["id"] for token in base["added_tokens"])})
    if tokens > (there := token_rows(model.folder)):
        raise Mistake(
            f"the tokenizer names {tokens:,} tokens and the model has {there:,} rows, so none can be added",
            where=model.id,
            hint='set `grow = 0`, or vocabulary = "trim"',
        )
    return base, list(range(tokens))


def _copy_all(model: Artifact, run: Run) -> None:
    for name in model.record.files:
        with disk_full_is_a_mistake(run.folder):
            shutil.copyfile(model.path(name), run.path(name))


def _tell(licence: str, recipe: AdoptRecipe, run: Run) -> None:
    if licence == "gemma":
        run.say("Gemma is provided under and subject to the Gemma Terms of Use (ai.google.dev/gemma/terms)")
    if licence == "unknown":
        run.say(f"the licence of {recipe.base} is unknown: look before you hand on what is made from it")


def _copy(folder: Path, run: Run) -> None:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if how := config.get("quantization_config"):
        raise Mistake(
            f"the weights are quantised ({how.get('quant_method', 'unknown')}): they cannot be trained as they are",
            where=str(folder),
            hint="adopt the model in float32, bfloat16 or float16",
        )
    if not (folder / "tokenizer.json").is_file():
        raise Mistake(
            "the model has no tokenizer.json",
            where=str(folder),
            hint="load its tokenizer with transformers and `save_pretrained` it there",
        )
    for file in model_files(folder):
        with disk_full_is_a_mistake(run.folder):
            shutil.copyfile(file, run.path(file.name))


def _whole(base: Base, run: Run) -> tuple[Path, str]:
    """The GGUF as one file with its SHA-256, checked against the published one."""
    whole, found = run.work / "model.gguf", hashlib.sha256()
    with contextlib.ExitStack() as stack:
        stack.enter_context(disk_full_is_a_mistake(whole))
        # A file in one piece is read where it is.
        out = stack.enter_context(whole.open("wb")) if len(base.gguf) > 1 else None
        for chunk in joined(base.gguf):
            found.update(chunk)
            if out is not None:
                out.write(chunk)
    if found.hexdigest() != base.sha256:
        raise Mistake(
            f"the weights are damaged: their SHA-256 is {found.hexdigest()[:16]}…, it should be {base.sha256[:16]}…",
            where=", ".join(map(str, base.gguf)),
            hint=base.mend,
        )
    return (whole if len(base.gguf) > 1 else base.gguf[0]), found.hexdigest()


RENUMBERED = ("config.json", "generation_config.json", "tokenizer_config.json")
REPLACED = re.compile(
    r"tokenizer\.json|vocab\.json|merges\.txt|added_tokens\.json|.*\.model|.*\.safetensors(?:\.index\.json)?"
)
"""Files of a model that a trimmed one has anew, or that would only repeat, now wrongly, what `tokenizer.json` says."""


def _write_settings(model: Artifact, run: Run, new_ids: dict[int, int], rows: int) -> None:
    from .settings import renumber_settings

    for name in model.record.files:
        if name in RENUMBERED:
            settings = json.loads(model.path(name).read_text(encoding="utf-8"))
            _write_json(run.path(name), renumber_settings(settings, new_ids, rows))
        elif not REPLACED.fullmatch(name):
            shutil.copyfile(model.path(name), run.path(name))


def _write_json(path: Path, value: Any) -> None:
    with disk_full_is_a_mistake(path):
        path.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")


# Formats 2: SmolLM2's tokenizer splits digits; a token stays with its own derivation, not with every possible one.
ADOPT = Stage(name="adopt", kind="model", function=adopt, format=2, packages=("transformers", "gguf"))
TRIM = Stage(name="trim", kind="model", function=trim, format=2, packages=("tokenizers",))
