"""From a model artifact to something that answers: which engine, and where its files are.

A model artifact holds a Hugging Face folder (facts: engine `transformers`) or, after `convert`, the folders `ct2`
(weights) and `tokenizer` (everything else of the Hugging Face folder; facts: engine `ctranslate2`). One that was
trained with LoRA holds the adapters too, in the form of PEFT, in the folder `adapter`.
"""

from __future__ import annotations

from pathlib import Path

from ..core.artifact import Artifact
from ..core.generation import Local
from ..core.mistakes import Mistake
from ..core.quiet import hush

CT2, TOKENIZER, ADAPTER = "ct2", "tokenizer", "adapter"


def open_generator(
    model: Artifact,
    *,
    number_format: str | None = None,
    device: str | None = None,
    cores: int | None = None,
    workers: int | None = None,
) -> Local:
    """Loads a model; takes seconds for a small one.

    Args:
        number_format: To compute in; by default the one that the weights are in.
        device: For transformers, as torch names it; by default `cuda` where there is one, else `cpu`.
        cores: For CTranslate2; all by default.
        workers: For CTranslate2, how many batches at a time; by default one for each core.

    Raises:
        Mistake: the artifact is no model, its engine is unknown, or its files cannot be loaded.
    """
    engine = model.facts.get("engine", "transformers")
    number_format = number_format or model.facts.get("number_format", "float32")
    if engine == "ctranslate2":
        from .ct2 import CTranslate2Generator

        return CTranslate2Generator(
            model.path(CT2),
            tokenizer_folder(model),
            model=model.content,
            number_format=number_format,
            cores=cores,
            workers=workers,
        )
    if engine == "transformers":
        hush()
        from .local import TransformersGenerator

        return TransformersGenerator(hf_folder(model), model=model.content, number_format=number_format, device=device)
    raise Mistake(f"no engine `{engine}`", where=model.id, hint="known are: ctranslate2, transformers")


def hf_folder(model: Artifact) -> Path:
    """The Hugging Face folder of a model artifact: the artifact itself, or the one folder in it with a config.json.

    Raises:
        Mistake: there is none, as in a model that was converted.
    """
    if model.facts.get("engine") == "ctranslate2":
        raise Mistake(
            "a model for CTranslate2 can be asked, not trained or converted again",
            where=model.id,
            hint=f"take the model it was made from: {model.facts.get('converted', 'see `kitae lineage`')}",
        )
    found = [
        folder for folder in (model.folder, *sorted(model.folder.glob("*/"))) if (folder / "config.json").is_file()
    ]
    if not found:
        raise Mistake("the artifact holds no model", where=model.id, hint="it must hold a Hugging Face folder")
    return found[0]


def tokenizer_folder(model: Artifact) -> Path:
    """The folder that `Renderer` reads, whatever the engine."""
    return model.path(TOKENIZER) if model.facts.get("engine") == "ctranslate2" else hf_folder(model)
