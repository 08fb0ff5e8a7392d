"""A task's pairs → dialogues to learn it from."""

from __future__ import annotations

from pathlib import Path

from ..core.artifact import Artifact
from ..core.dialogue import Dialogue, Message
from ..core.mistakes import Mistake
from ..core.noun import digest
from ..core.run import Run
from ..core.stage import Stage
from ..core.task import TaskRecipe, asked, divided, read_pairs


def task(recipe: TaskRecipe, folder: Path, run: Run) -> Artifact:
    """The pairs that are not tested with, as rows `dialogues`.

    Raises:
        Mistake: the file holds something else than pairs, or no pair is left to learn from.
    """
    found = divided(read_pairs(folder / recipe.file), recipe.test)
    if not found.learnt:
        raise Mistake(
            f"no pair is left to learn from: {len(found.tested)} are tested with, {found.copies} are nearly the same",
            where=recipe.file,
            hint="add pairs whose inputs differ in more than a number, or lower `test`",
        )
    run.write("dialogues", (_dialogue(recipe, pair.input, pair.output) for pair in found.learnt))
    run.label(recipe.label, recipe.groups, [recipe.licence])
    run.facts(task=recipe.name, dialogues=len(found.learnt), tested=len(found.tested), copies=found.copies)
    return run.seal()


def _dialogue(recipe: TaskRecipe, input: str, output: str) -> Dialogue:
    return Dialogue(
        id=f"{recipe.name}-{digest([input, output])[:12]}",
        messages=(*asked(recipe.instruction, input), Message(role="assistant", content=output)),
        kind="task",
        question=input,
        answer=output,
        answerable=True,
        repeat=recipe.repeat,
        label=recipe.label,
        groups=recipe.groups,
        licence=recipe.licence,
    )


TASK = Stage(name="task", kind="dialogues", function=task, format=1)
