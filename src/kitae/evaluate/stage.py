"""A model and suites → a scorecard: one row of the decision table."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..core.artifact import Artifact
from ..core.dialogue import Dialogue, Message
from ..core.generation import Decoding, Generated, Generator, Identity
from ..core.label import EVERYONE, highest, may_read, shared
from ..core.mistakes import Mistake
from ..core.noun import canonical, digest
from ..core.passage import Passage, Retriever, labelled
from ..core.records import Records
from ..core.run import Run
from ..core.stage import Stage
from ..core.suite import Question, Suite
from ..core.task import asked
from ..engine.grounding import Language, grounded, read_answer
from .answers import Asked, Model, answers, model_of
from .nulls import NULL, null_answer, null_identity, task_null_answer
from .outputs import judge_output
from .recipe import EvaluateRecipe, Row
from .scorecard import SCORES, TIMINGS, Score, Timing
from .scoring import SCORING, judge, supports
from .shots import chosen_shots, task_shots
from .suites import DRAFTED, SUITES, TASK_SUITE, question_files, suite_in

__all__ = ["DRAFTED", "EVALUATE", "SUITES", "TASK_SUITE", "evaluate", "place", "question_files"]

DIALOGUES = "dialogues"
"""The rows of a dialogues artifact that examples for the prompt are taken from."""


@dataclass(frozen=True)
class _Case:
    """A question, the passages that were found for it, and the examples that stand before it."""

    suite: Suite
    question: Question
    shown: tuple[Passage, ...] | None
    examples: tuple[Dialogue, ...]
    seconds: float = 0.0
    """What the search took."""

    def prompt(self, language: Language) -> tuple[Message, ...]:
        if self.suite.kind == "task":
            return tuple(asked(self.suite.instruction, self.question.question, self.examples))
        return tuple(grounded(self.question.question, self.shown, shots=self.examples, language=language))


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
    shots: Sequence[Artifact] = (),
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
        shots: Dialogues that examples for the prompt are taken from; for a row of tasks, those of each suite in order.

    Raises:
        Mistake: two suites have one name, or the row needs a model, a retriever or dialogues that are not there.
    """
    asked_of = _suites(suites)
    examples = _examples(row, shots, asked_of, recipe)
    cases = _cases(asked_of, row, recipe, retriever, index, examples, run)
    decoding = {suite.name: _decoding(row, suite, recipe) for suite in asked_of}
    speaker = None if row.model == NULL else _speaker(row, generator, identity)
    generated = (
        _generated(cases, speaker, decoding, recipe, records, run)
        if speaker
        else _null_answers(cases, row, recipe, dict(zip((suite.name for suite in asked_of), shots, strict=False)))
    )
    run.write(SCORES, (_score(case, answer) for case, answer in zip(cases, generated, strict=True)))
    run.write(TIMINGS, _timings(cases, generated) if speaker else [])
    _label(run, [*suites, *shots, *([model] if model else [])], cases)
    run.facts(
        row=row.model_dump(mode="json"),
        identity=(speaker.identity if speaker else null_identity(row)).model_dump(mode="json"),
        # Where an answer ends is said to models that cannot know it; it makes none better, so rows may differ in it.
        decoding=next(iter(decoding.values())).model_dump(mode="json", exclude={"line"}),
        prompt=prompt_digest(recipe.language),
        scoring=SCORING,
        passages=recipe.passages if row.searches else 0,
        shots=[each.id for case in examples.values() for each in case],
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
    suites: Sequence[Suite],
    row: Row,
    recipe: EvaluateRecipe,
    retriever: Retriever | None,
    index: Artifact | None,
    examples: Mapping[str, tuple[Dialogue, ...]],
    run: Run,
) -> list[_Case]:
    cases = [_Case(suite, question, None, examples[suite.name]) for suite in suites for question in suite.questions]
    if not row.searches:
        return cases
    if retriever is None or (row.way == "given" and index is None):
        raise Mistake(f"the row `{row.name}` is shown passages, and there is no index to search", hint="make an index")
    known = _readable(index, recipe) if index and row.way == "given" else []
    advance = run.progress("searching", len(cases), "questions")
    found = []
    for case in cases:
        start = time.perf_counter()
        hits = retriever.search(case.question.question, k=recipe.passages, groups=recipe.groups)
        seconds = time.perf_counter() - start
        shown = _with_evidence(tuple(hit.passage for hit in hits), case.question, known, recipe.passages)
        found.append(replace(case, shown=shown, seconds=seconds))
        advance(1)
    return found


def _readable(index: Artifact, recipe: EvaluateRecipe) -> list[Passage]:
    reader = {EVERYONE, *recipe.groups}
    return [passage for passage in index.rows("passages", Passage) if may_read(reader, passage.groups)]


def _with_evidence(
    shown: tuple[Passage, ...], question: Question, known: Sequence[Passage], most: int
) -> tuple[Passage, ...]:
    """The passages, the last of them replaced by one with evidence where none has any; as they are if none is known."""
    if any(supports(passage, question.evidence) for passage in shown):
        return shown
    right = [passage for passage in known if supports(passage, question.evidence)][:1]
    return (*shown[: most - len(right)], *right)


def _examples(
    row: Row, dialogues: Sequence[Artifact], suites: Sequence[Suite], recipe: EvaluateRecipe
) -> dict[str, tuple[Dialogue, ...]]:
    """By suite; a task's examples are its own."""
    if not row.shots:
        return {suite.name: () for suite in suites}
    if not dialogues or (row.way == "task" and len(dialogues) != len(suites)):
        raise Mistake(f"the row `{row.name}` wants {row.shots} examples, and there are no dialogues")
    if row.way == "task":
        return {
            suite.name: task_shots(own.rows(DIALOGUES, Dialogue), row.shots, characters=recipe.shot_characters)
            for suite, own in zip(suites, dialogues, strict=True)
        }
    asked_for = (question.question for suite in suites for question in suite.questions)
    chosen = chosen_shots(dialogues[0].rows(DIALOGUES, Dialogue), row.shots, way=row.way, asked=asked_for)
    return {suite.name: chosen for suite in suites}


def _decoding(row: Row, suite: Suite, recipe: EvaluateRecipe) -> Decoding:
    """Answers and classes are one line; a model that was shown by examples alone does not stop there by itself."""
    most = recipe.task_tokens if suite.kind == "task" else recipe.max_tokens
    return Decoding(max_tokens=most, line=row.shots > 0 and suite.measure != "lines")


def _null_answers(
    cases: Sequence[_Case], row: Row, recipe: EvaluateRecipe, learnt: Mapping[str, Artifact]
) -> list[Generated]:
    if row.way != "task":
        return [null_answer(row, case.shown or (), recipe.language) for case in cases]
    pairs = {name: list(artifact.rows(DIALOGUES, Dialogue)) for name, artifact in learnt.items()}
    return [task_null_answer(row, case.question.question, pairs.get(case.suite.name, [])) for case in cases]


def _speaker(row: Row, generator: Callable[[], Generator] | None, identity: Identity | None) -> Model:
    if generator is None:
        raise Mistake(f"the row `{row.name}` needs the model `{row.model}`, and there is none")
    return model_of(generator, identity)


def _generated(
    cases: Sequence[_Case],
    speaker: Model,
    decoding: Mapping[str, Decoding],
    recipe: EvaluateRecipe,
    records: Records,
    run: Run,
) -> list[Generated]:
    """Suite by suite, in their order, which is that of the cases."""
    advance = run.progress("answering", len(cases), "questions")
    found: list[Generated] = []
    for name, settings in decoding.items():
        own = [case for case in cases if case.suite.name == name]
        prompts = [Asked(messages=case.prompt(recipe.language), version=case.question.version) for case in own]
        found += answers(prompts, speaker, settings, records, advance)
    return found


def _score(case: _Case, generated: Generated) -> Score:
    shown = case.shown or ()
    reading = read_answer(generated.text, shown)
    if case.suite.kind == "task":
        verdict = judge_output(case.suite, case.question.gold[0], generated.text)
    else:
        verdict = judge(case.question, reading, shown)
    return Score(
        suite=case.suite.name,
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
        verdict=verdict,
        finish=generated.finish,
        prompt_tokens=generated.prompt_tokens,
        tokens=generated.tokens,
    )


def _timings(cases: Sequence[_Case], generated: Sequence[Generated]) -> list[Timing]:
    return [
        Timing(suite=case.suite.name, question=case.question.id, seconds=case.seconds + answer.seconds)
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


EVALUATE = Stage(name="evaluate", kind="scorecard", function=evaluate, format=2, exact=False)
