"""A model artifact → a folder of its own for other programs: the whole model, or its adapter alone."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from ..core.artifact import Artifact
from ..core.files import disk_full_is_a_mistake, file_digest, sync_folder
from ..core.mistakes import Mistake
from .open import ADAPTER, hf_folder
from .sentencepiece import FILE as SENTENCEPIECE
from .sentencepiece import added_tokens, sentencepiece_model

CARD: Final = "README.md"
NOTICE: Final = "NOTICE"
CARD_OF_BASE: Final = "README.base.md"
"""What the base's own card becomes, for the folder's card is about the model."""

CONFIG: Final = "adapter_config.json"
WEIGHTS: Final = (".safetensors", ".index.json")


def export_model(
    model: Artifact, target: Path, *, adapter: bool = False, beside: Callable[[], Mapping[str, str]] = dict
) -> None:
    """Copies a model's files out of the store. The folder appears whole or not at all.

    Args:
        target: A folder that does not exist or is empty, outside the store.
        adapter: The adapter alone, in the form of PEFT, with all but weights and config of the model.
        beside: Gives further files, name and text, once nothing speaks against it. An empty one is left out, and a
            file of the model with that name is not written over.

    Raises:
        Mistake: the target is not free, the artifact is no model of this form, or somebody edited it.
    """
    _check_free(target, model)
    files = _files(model, adapter=adapter)
    if wrong := model.edited():
        raise Mistake(
            f"{model.id} was edited after it was sealed: {', '.join(wrong)}",
            where=str(model.folder),
            hint="delete its folder and make it again before you hand it on",
        )
    more = beside()
    arriving = target.with_name(f".{target.name}.{os.getpid()}.arriving")
    shutil.rmtree(arriving, ignore_errors=True)
    try:
        with disk_full_is_a_mistake(target):
            arriving.mkdir(parents=True)
            for name, source in files.items():
                _copy(model, source, arriving / name)
            if adapter:
                _name_base(arriving / CONFIG, model)
            else:
                _add_sentencepiece(arriving)
            for name, text in more.items():
                if text and name not in files:
                    (arriving / name).write_text(text, encoding="utf-8")
        arriving.rename(target)
        sync_folder(target.parent)
    finally:
        shutil.rmtree(arriving, ignore_errors=True)


def has_sentencepiece(model: Artifact) -> bool:
    """Whether an exported model's tokenizer is a SentencePiece model too, which llama.cpp reads whatever its tokens."""
    return SENTENCEPIECE in model.record.files or sentencepiece_model(hf_folder(model)) is not None


def trained_on(model: Artifact) -> str:
    """Id of the model that a course started from; empty where the artifact is no course's."""
    return next((each.id for each in model.record.inputs if each.role == "model"), "")


def _check_free(target: Path, model: Artifact) -> None:
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise Mistake("there is something already", where=str(target), hint="name a new or an empty folder")
    store = model.folder.parents[1].resolve()
    if target.resolve().is_relative_to(store):
        raise Mistake("that is inside the store", where=str(target), hint="name a folder outside of it")


def _files(model: Artifact, *, adapter: bool) -> dict[str, str]:
    """What is copied: the name there, and the name in the artifact. Only what was sealed."""
    if model.kind != "model":
        raise Mistake(f"{model.id} is no model", hint="for example `kitae export model/tuned FOLDER`")
    inside = hf_folder(model).relative_to(model.folder)
    own = [name for name in model.record.files if Path(name).parent == inside and not name.endswith(".jsonl")]
    files = {Path(name).name: name for name in own}
    if CARD in files:
        files[CARD_OF_BASE] = files.pop(CARD)
    if not adapter:
        return files
    adapters = [name for name in model.record.files if Path(name).parent == Path(ADAPTER)]
    if not adapters:
        raise _no_adapter(model)
    kept = {name: source for name, source in files.items() if name != "config.json" and not name.endswith(WEIGHTS)}
    return kept | {Path(name).name: name for name in adapters}


def _no_adapter(model: Artifact) -> Mistake:
    if model.facts.get("method") in ("lora", "qlora"):
        return Mistake(
            f"{model.id} was trained before kitae kept adapters", hint="train it again: `kitae run` makes what is stale"
        )
    how = "with all weights" if "method" in model.facts else "by no course"
    return Mistake(
        f"{model.id} was trained {how}, so it has no adapter",
        hint='leave `--adapter` out, or train with method = "lora"',
    )


def _copy(model: Artifact, name: str, target: Path) -> None:
    shutil.copyfile(model.path(name), target)
    if file_digest(target) != model.record.files[name].sha256:
        raise Mistake("a copy differs from what was sealed", where=str(target), hint="check that disk")


def _add_sentencepiece(folder: Path) -> None:
    """Writes the tokenizer as llama.cpp's converter reads it, where it is of that kind and is not there."""
    if (folder / SENTENCEPIECE).exists() or not (folder / "tokenizer.json").is_file():
        return
    if found := sentencepiece_model(folder):
        (folder / SENTENCEPIECE).write_bytes(found)
        file = folder / "tokenizer_config.json"
        settings = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        settings.setdefault("added_tokens_decoder", added_tokens(folder))
        file.write_text(json.dumps(settings, ensure_ascii=False, indent=1), encoding="utf-8")


def _name_base(file: Path, model: Artifact) -> None:
    """Puts the id of what the adapter fits into its config.

    It is nobody's name on a hub, so no program can fetch something else under it.
    """
    config = json.loads(file.read_text(encoding="utf-8"))
    config["base_model_name_or_path"] = trained_on(model)
    file.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
