"""How fast the one loop of training is here, by number format and method: the figures in train/cost.py.

    python benchmarks/training.py PROJECT [--tokens 8k]       # a project that has been walked as far as its dialogues

The project's dialogues and its trimmed base, so that rows are packed as they are in use; nothing is kept.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import torch

from kitae.core.dialogue import Dialogue
from kitae.core.quantity import parse_count
from kitae.core.quiet import hush
from kitae.engine.chat import Renderer
from kitae.project import Project
from kitae.train.checkpoint import Checkpoints
from kitae.train.example import dialogues_as_examples, fitting
from kitae.train.fit import fit
from kitae.train.recipe import Method, TuneRecipe
from kitae.train.trainee import Trainee

NUMBER_FORMATS = ("bfloat16", "float32")
METHODS: tuple[Method, ...] = ("full", "lora")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--tokens", default="8k")
    chosen = arguments.parse_args()
    hush()
    store = Project(chosen.folder).store
    model = store.named("model/trimmed")
    dialogues = list(store.named("dialogues/main").rows("dialogues", Dialogue))
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {model.facts['parameters']:,} parameters")
    for method in METHODS:
        recipe = TuneRecipe(method=method, tokens=parse_count(chosen.tokens), learning_rate=1e-5)
        every = list(dialogues_as_examples(dialogues, Renderer(model.folder)))
        examples = [every[place] for place in fitting(every, recipe.sequence).places]
        for number_format in NUMBER_FORMATS:
            trainee = Trainee(model.folder, recipe, number_format=number_format)
            with tempfile.TemporaryDirectory() as folder:
                checkpoints = Checkpoints(Path(folder), "benchmark")
                fitted = fit(trainee, recipe, examples, held_out=[], checkpoints=checkpoints)
            print(f"{number_format:>8} {method:>5}: {fitted.tokens / fitted.seconds:6.0f} tokens a second")


if __name__ == "__main__":
    main()
