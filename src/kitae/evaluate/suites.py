"""Suites as artifacts: from the user's questions, or drafted from held-out dialogues."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ..core.artifact import Artifact
from ..core.dialogue import Dialogue
from ..core.files import file_digest
from ..core.mistakes import Mistake
from ..core.noun import digest
from ..core.passage import Passage
from ..core.run import Run
from ..core.stage import Stage
from ..core.suite import Evidence, Question, Suite, read_suite
from ..core.task import TaskRecipe, divided, read_pairs
from ..engine.grounding import read_answer
from .own.shelf import OWN, OwnSuite, own_suite
from .recipe import DraftRecipe, SuiteRecipe
from .scoring import Verdict, judge

__all__ = [
    "DRAFTED",
    "OWN",
    "ROWS",
    "SUITES",
    "TASK_SUITE",
    "OwnSuite",
    "drafted",
    "own_suite",
    "question_files",
    "question_of",
    "score_of",
    "suite_in",
    "suites",
    "task",
]

ROWS = "suite"


def question_files(recipe: SuiteRecipe, folder: Path) -> list[tuple[str, str]]:
    """Path below the project's folder and SHA-256 of the file that `suites` reads: part of the fingerprint.

    Raises:
        Mistake: it is missing.
    """
    file = folder / recipe.file
    if not file.is_file():
        raise Mistake("the questions of a suite are missing", where=str(file), hint="correct `file` in [[suites]]")
    return [(recipe.file, file_digest(file))]


def suites(recipe: SuiteRecipe, folder: Path, run: Run) -> Artifact:
    """Seals the questions in `folder / recipe.file`.

    Raises:
        Mistake: the file is missing or holds something else than questions.
    """
    suite = read_suite(folder / recipe.file, name=recipe.name, kind=recipe.kind)
    run.label(recipe.label, recipe.groups, ["own"])
    return _sealed(suite, run, drafted=False)


def drafted(recipe: DraftRecipe, dialogues: Artifact, run: Run) -> Artifact:
    """Seals a suite made of dialogues that no training sees.

    The questions are a machine's and read like the documents, so scores on them flatter every model that was tuned on
    questions of the same maker. It stands in until people have written questions; `facts` says so.

    Raises:
        Mistake: no dialogue was held out.
    """
    held_out = list(dialogues.rows(recipe.rows, Dialogue)) if dialogues.has(recipe.rows) else []
    if not held_out:
        raise Mistake(
            "no dialogue was held out, so no suite can be drafted",
            where=dialogues.id,
            hint="write questions and name their file under [[suites]], or raise `held_out` in [instruct]",
        )
    questions = tuple(question_of(dialogue) for dialogue in held_out)
    return _sealed(Suite(name=recipe.name, kind=recipe.kind, questions=questions), run, drafted=True)


def task(recipe: TaskRecipe, folder: Path, run: Run) -> Artifact:
    """Seals the pairs of a task that nothing is learnt from.

    Raises:
        Mistake: the file holds something else than pairs.
    """
    tested = divided(read_pairs(folder / recipe.file), recipe.test).tested
    questions = tuple(
        Question(id=digest(pair.input)[:12], question=pair.input, answerable=True, gold=(pair.output,), kind="task")
        for pair in tested
    )
    run.label(recipe.label, recipe.groups, [recipe.licence])
    suite = Suite(
        name=recipe.name, kind="task", questions=questions, measure=recipe.measure, instruction=recipe.instruction
    )
    return _sealed(suite, run, drafted=False)


def question_of(dialogue: Dialogue) -> Question:
    """The question of a dialogue, with the given answer as gold and as the quote to be found in the cited passage."""
    answerable = dialogue.answerable and bool(dialogue.answer.strip())
    files = dict.fromkeys(section.partition("#")[0] for section in (dialogue.gold or dialogue.made_from))
    return Question(
        id=dialogue.id,
        question=dialogue.question,
        answerable=answerable,
        gold=(dialogue.answer,) if answerable else (),
        evidence=tuple(Evidence(file=file, quote=dialogue.answer) for file in files) if answerable else (),
        kind=dialogue.kind,
    )


def score_of(suite: Suite, shown: Mapping[str, Sequence[Passage]] | None = None) -> Callable[[str, str], Verdict]:
    """What a program makes of an answer to the question of an id.

    Args:
        shown: The passages in the prompt of each question, as far as any were. Only these can be cited rightly.
    """
    return functools.partial(_scored, {question.id: question for question in suite.questions}, shown or {})


def _scored(
    questions: Mapping[str, Question], shown: Mapping[str, Sequence[Passage]], name: str, answer: str
) -> Verdict:
    passages = shown.get(name, ())
    return judge(questions[name], read_answer(answer, passages), passages)


def _sealed(suite: Suite, run: Run, *, drafted: bool) -> Artifact:
    run.write(ROWS, [suite])
    answerable = sum(question.answerable for question in suite.questions)
    run.facts(
        suite=suite.name,
        suite_kind=suite.kind,
        questions=len(suite.questions),
        answerable=answerable,
        unanswerable=len(suite.questions) - answerable,
        machine_drafted=drafted,
    )
    return run.seal()


def suite_in(artifact: Artifact) -> Suite:
    """The suite that an artifact of kind `suite` holds.

    Raises:
        Mistake: it is an artifact of another kind.
    """
    if artifact.kind != "suite":
        raise Mistake(f"{artifact.id} is no suite", hint="pass artifacts of kind `suite`")
    return next(artifact.rows(ROWS, Suite))


SUITES = Stage(name="suite", kind="suite", function=suites, format=1)
TASK_SUITE = Stage(name="task-suite", kind="suite", function=task, format=1)
DRAFTED = Stage(name="drafted", kind="suite", function=drafted, format=1)
