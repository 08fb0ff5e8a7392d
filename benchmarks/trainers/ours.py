"""Our own loop, `kitae.train.fit`, as a contender."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from job import Job, Setting, Tally, Told, contend, peak_bytes

from kitae.core.quiet import hush

hush()

from kitae.train.batch import Batch  # noqa: E402
from kitae.train.checkpoint import Checkpoints  # noqa: E402
from kitae.train.example import Example  # noqa: E402
from kitae.train.fit import fit  # noqa: E402
from kitae.train.recipe import TuneRecipe  # noqa: E402
from kitae.train.trainee import Trainee  # noqa: E402


class Timed(Trainee):
    """Counts the rows that it is given, and knows that a step is over when its weights are brought in line."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.tally = Tally()
        super().__init__(*arguments, **named)
        self.tally = Tally()  # the check before training is no row of it

    def loss(self, batch: Batch) -> Any:
        tokens = sum(each.shared + each.end - each.start for each in batch.stretches)
        self.tally.add(tokens=tokens, computed=batch.tokens, targets=len(batch.targets))
        return super().loss(batch)

    def refresh(self) -> None:
        super().refresh()
        self.tally.end_of_step()


def main(job: Job, setting: Setting) -> Told:
    recipe = TuneRecipe(
        method=job.method,
        tokens=None,
        epochs=setting.epochs,
        rank=job.rank,
        alpha=job.alpha,
        learning_rate=job.learning_rate,
        sequence=setting.row,
        batch_tokens=job.batch_tokens,
    )
    examples = [
        Example(str(number), np.array(each.tokens, np.int32), np.array(each.learnt, np.bool_))
        for number, each in enumerate(job.dialogues)
    ]
    trainee = Timed(Path(job.model), recipe, number_format=setting.number_format)
    with tempfile.TemporaryDirectory() as folder:
        fit(trainee, recipe, examples, checkpoints=Checkpoints(Path(folder), "benchmark", every=math.inf))
    return Told.of(trainee.tally, peak_bytes(), faults(trainee.tally, job, setting), ("torch", "transformers"))


def faults(tally: Tally, job: Job, setting: Setting) -> list[str]:
    """Counts; that no example sees another is what `Trainee` holds every model to before it trains it."""
    wanted = setting.epochs * sum(each.targets for each in job.dialogues)
    tokens = setting.epochs * sum(len(each.tokens) for each in job.dialogues)
    found = []
    if sum(tally.targets) != wanted:
        found.append(f"{sum(tally.targets)} tokens are learnt where the assistant says {wanted}")
    if sum(tally.tokens) != tokens:
        found.append(f"{sum(tally.tokens)} tokens were read of {tokens}")
    return found


if __name__ == "__main__":
    contend(main)
