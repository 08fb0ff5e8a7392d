"""A model and suites → a scorecard: one row of the decision table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..core.artifact import Artifact
from ..core.dialogue import Dialogue
from ..core.generation import Decoding, Generated, Generator, Identity
from ..core.label import highest, shared
from ..core.mistakes import Mistake
from ..core.noun import canonical, digest
from ..core.passage import Passage, Retriever, labelled
from ..core.records import Records
from ..core.run import Run
from ..core.stage import Stage
from ..core.suite import Question, Suite
from ..engine.grounding import Language, grounded, read_answer
from .answers import Asked, Model, answers, model_of
from .nulls import NULL, null_answer, null_identity
from .recipe import EvaluateRecipe, Row
from .scorecard import SCORES, TIMINGS, Score, Timing
from .scoring import SCORING, judge
from .shots import chosen_shots
from .suites import DRAFTED, SUITES, question_files, suite_in

__all__ = ["DRAFTED", "EVALUATE", "SUITES", "evaluate", "place", "question_files"]

DIALOGUES = "dialogues"
"""The rows of a dialogues artifact that examples for the prompt are taken from."""


@dataclass(frozen=True)
class _Case:
    """A question, and the passages that were found for it."""

    suite: str
    question: Question
    shown: tuple[Passage, ...] | None


def evaluate(
    recipe: EvaluateRecipe,
    row: Row,
    suites: Sequence[Artifact],
    generator: Callable[[], Generator] | None,
    retriever: Retriever | None,
    run: Run,
    *,
    records: Records,
    identity: Identity | None = None,
    model: Artifact | None = None,
    index: Artifact | None = None,
    shots: Artifact | None = None,
) -> Artifact:
    """Asks one row all questions of all suites, and seals what it answered and how that is judged.

    Answers come from the records where they are known, so that a killed evaluation goes on where it stopped and
    scoring anew generates nothing.

    Args:
        recipe: How it is measured.
        row: What is measured. Part of what the scorecard is: see `place`.
        suites: Artifacts of kind `suite`.
        generator: Loads the model; `None` for null rows.
        retriever: For rows that are shown passages.
        run: The scorecard being made.
        records: Where answers are remembered.
        identity: Of the model, where it is known without loading it.
        model: The model's artifact; its label and licences pass on to the answers.
        index: The index behind the retriever. Of its passages only those that were shown pass on theirs.
        shots: Dialogues that examples for the prompt are taken from.

    Raises:
        Mistake: two suites have one name, or the row needs a model, a retriever or dialogues that are not there.
    """
    asked_of = _suites(suites)
    cases = _cases(asked_of, row, recipe, retriever, run)
    examples = _examples(row, shots, asked_of)
    decoding = Decoding(max_tokens=recipe.max_tokens)
    speaker = None if row.model == NULL else _speaker(row, generator, identity)
    generated = (
        _generated(cases, examples, speaker, decoding, recipe, records, run)
        if speaker
        else [null_answer(row, case.shown or (), recipe.language) for case in cases]
    )
    run.write(SCORES, (_score(case, answer) for case, answer in zip(cases, generated, strict=True)))
    run.write(TIMINGS, _timings(cases, generated) if speaker else [])
    _label(run, [*suites, *(each for each in (model, shots) if each)], cases)
    run.facts(
        row=row.model_dump(mode="json"),
        identity=(speaker.identity if speaker else null_identity(row)).model_dump(mode="json"),
        decoding=decoding.model_dump(mode="json"),
        prompt=prompt_digest(recipe.language),
        scoring=SCORING,
        passages=recipe.passages if row.way == "retrieval" else 0,
        shots=[each.id for each in examples],
        suites={
            suite.name: {"content": a.content, "kind": suite.kind} for a, suite in zip(suites, asked_of, strict=True)
        },
        questions=len(cases),
    )
    run.measure(tokens=sum(a.tokens for a in generated), answer_seconds=sum(a.seconds for a in generated))
    return run.seal(derived=[f"{TIMINGS}.jsonl"])


def place(row: Row, identity: Identity | None) -> dict[str, str]:
    """What a scorecard depends on beside recipe and inputs, for its fingerprint.

    Args:
        row: Which row.
        identity: Of the model; `None` for a null row.
    """
    known = (null_identity(row) if identity is None else identity).model_dump(mode="json")
    return {"row": canonical(row), "scoring": str(SCORING), **known}


def prompt_digest(language: Language) -> str:
    """Changes when the words around a question change, so that scores under other prompts are not compared silently."""
    passage = Passage(id="p", document="d", section="s", heading="A > B", text="t", label=highest([]))
    forms = [grounded("q", shown, language=language) for shown in (None, [], [passage])]
    return digest([[message.model_dump(mode="json") for message in form] for form in forms])[:16]


def _suites(artifacts: Sequence[Artifact]) -> list[Suite]:
    found = [suite_in(artifact) for artifact in artifacts]
    names = [suite.name for suite in found]
    if not names:
        raise Mistake("no suite to measure with", hint="name a file of questions under [[suites]]")
    if twice := {name for name in names if names.count(name) > 1}:
        raise Mistake(f"two suites are named `{min(twice)}`", hint="give each its own name: suites are never pooled")
    return found


def _cases(
    suites: Sequence[Suite], row: Row, recipe: EvaluateRecipe, retriever: Retriever | None, run: Run
) -> list[_Case]:
    questions = [(suite.name, question) for suite in suites for question in suite.questions]
    if row.way == "closed":
        return [_Case(name, question, None) for name, question in questions]
    if retriever is None:
        raise Mistake(f"the row `{row.name}` is shown passages, and there is no index to search", hint="make an index")
    advance = run.progress("searching", len(questions), "questions")
    cases = []
    for name, question in questions:
        hits = retriever.search(question.question, k=recipe.passages, groups=recipe.groups)
        cases.append(_Case(name, question, tuple(hit.passage for hit in hits)))
        advance(1)
    return cases


def _examples(row: Row, dialogues: Artifact | None, suites: Sequence[Suite]) -> tuple[Dialogue, ...]:
    if not row.shots:
        return ()
    if dialogues is None:
        raise Mistake(f"the row `{row.name}` wants {row.shots} examples, and there are no dialogues")
    asked = (question.question for suite in suites for question in suite.questions)
    return chosen_shots(dialogues.rows(DIALOGUES, Dialogue), row.shots, way=row.way, asked=asked)


def _speaker(row: Row, generator: Callable[[], Generator] | None, identity: Identity | None) -> Model:
    if generator is None:
        raise Mistake(f"the row `{row.name}` needs the model `{row.model}`, and there is none")
    return model_of(generator, identity)


def _generated(
    cases: Sequence[_Case],
    examples: Sequence[Dialogue],
    speaker: Model,
    decoding: Decoding,
    recipe: EvaluateRecipe,
    records: Records,
    run: Run,
) -> list[Generated]:
    asked = [
        Asked(
            messages=tuple(grounded(case.question.question, case.shown, shots=examples, language=recipe.language)),
            version=case.question.version,
        )
        for case in cases
    ]
    return answers(asked, speaker, decoding, records, run.progress("answering", len(asked), "questions"))


def _score(case: _Case, generated: Generated) -> Score:
    shown = case.shown or ()
    reading = read_answer(generated.text, shown)
    return Score(
        suite=case.suite,
        question=case.question.id,
        version=case.question.version,
        asked=case.question.question,
        answerable=case.question.answerable,
        kind=case.question.kind,
        text=generated.text,
        answer=reading.answer,
        abstained=reading.abstained,
        cited=reading.cited,
        invalid=reading.invalid,
        shown=tuple(passage.id for passage in shown),
        verdict=judge(case.question, reading, shown),
        finish=generated.finish,
        prompt_tokens=generated.prompt_tokens,
        tokens=generated.tokens,
    )


def _timings(cases: Sequence[_Case], generated: Sequence[Generated]) -> list[Timing]:
    return [
        Timing(suite=case.suite, question=case.question.id, seconds=answer.seconds)
        for case, answer in zip(cases, generated, strict=True)
    ]


def _label(run: Run, inputs: Sequence[Artifact], cases: Sequence[_Case]) -> None:
    """Answers tell what questions, model and passages tell, so they have the highest label of these."""
    passages = [passage for case in cases for passage in case.shown or ()]
    label, groups = labelled(passages)
    licences = {licence for each in inputs for licence in each.licences} | {passage.licence for passage in passages}
    run.label(
        highest([label, *(each.label for each in inputs)]),
        shared([groups, *(each.groups for each in inputs)]),
        licences,
    )


EVALUATE = Stage(name="evaluate", kind="scorecard", function=evaluate, format=1, exact=False)
