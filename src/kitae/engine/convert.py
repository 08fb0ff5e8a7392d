"""The convert stage: a model as a Hugging Face folder → the same model for CTranslate2, in int8 or float32."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Literal

from ..core.artifact import MEASURED, RUN, Artifact
from ..core.noun import Noun
from ..core.quiet import hush
from ..core.run import Run
from ..core.stage import Stage
from .chat import Renderer, chat_template
from .open import CT2, TOKENIZER, hf_folder

NumberFormat = Literal["int8", "float32"]


class ConvertRecipe(Noun):
    """How a model is made fast to ask."""

    number_format: NumberFormat = "int8"
    """`int8` is faster than `float32` on a CPU and a quarter of its size; its answers may differ a little."""


def convert(recipe: ConvertRecipe, model: Artifact, run: Run) -> Artifact:
    """Converts a model and checks the result against it.

    Raises:
        Mistake: CTranslate2 does not know the architecture, or what came out does not agree with the original.
    """
    hush()
    from .conversion import convert_folder

    source = hf_folder(model)
    renderer = Renderer(source)
    beside, weights = run.work / CT2, run.path(CT2)
    for unfinished in (beside, weights):  # of a run that was killed; converting begins anew
        shutil.rmtree(unfinished, ignore_errors=True)
    difference = convert_folder(source, beside, recipe.number_format, renderer)
    beside.rename(weights)
    copy_all_but_weights(source, run.path(TOKENIZER), renderer)
    run.facts(**{**model.facts, "engine": "ctranslate2", "number_format": recipe.number_format, "converted": model.id})
    run.measure(difference_nats=round(difference, 5))
    return run.seal()


_WEIGHTS = (".safetensors", ".bin", ".gguf", ".pt", ".pth", ".index.json", ".jsonl")


def copy_all_but_weights(source: Path, target: Path, renderer: Renderer) -> None:
    """Tokenizer, settings and terms of a Hugging Face folder, and the chat template that it is asked with."""
    target.mkdir(parents=True, exist_ok=True)
    for file in sorted(source.iterdir()):
        if file.is_file() and not file.name.endswith(_WEIGHTS) and file.name not in (RUN, MEASURED):
            shutil.copyfile(file, target / file.name)
    (target / "chat_template.jinja").write_text(chat_template(renderer), encoding="utf-8")


STAGE = Stage(name="convert", kind="model", function=convert, format=1, packages=("ctranslate2",))
