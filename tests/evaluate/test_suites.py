from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from kitae.core.artifact import Artifact
from kitae.core.dialogue import Dialogue
from kitae.core.label import Label
from kitae.core.mistakes import Mistake
from kitae.engine.grounding import read_answer
from kitae.evaluate.recipe import DraftRecipe, SuiteRecipe
from kitae.evaluate.scoring import judge
from kitae.evaluate.stage import DRAFTED
from kitae.evaluate.suites import question_files, question_of, suite_in


def test_a_suite_is_sealed_with_its_questions(workshop: Any, questions: list[dict[str, Any]]) -> None:
    artifact = workshop.suite()
    suite = suite_in(artifact)
    assert artifact.kind == "suite"
    assert [question.id for question in suite.questions] == ["q1", "q2", "q3", "q4"]
    assert (artifact.facts["answerable"], artifact.facts["unanswerable"]) == (3, 1)
    assert artifact.facts["machine_drafted"] is False
    assert artifact.label is Label.INTERNAL


def test_an_edited_question_makes_another_suite_and_the_same_file_the_same(
    workshop: Any, questions: list[dict[str, Any]]
) -> None:
    first = workshop.suite()
    assert workshop.suite().id == first.id
    questions[0]["gold"] = ["2日", "二日"]
    second = workshop.suite(questions)
    assert second.id != first.id
    assert second.content != first.content


def test_a_missing_file_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="missing"):
        question_files(SuiteRecipe(name="a", file="none.jsonl"), tmp_path)


def drafted(workshop: Any, held_out: Sequence[Dialogue] | None) -> Artifact:
    artifact: Artifact = workshop.making(
        DRAFTED, "drafted", DraftRecipe(), {"dialogues": workshop.dialogues([], held_out)}
    )
    return artifact


def test_a_suite_is_drafted_from_dialogues_and_says_so(workshop: Any, make_dialogue: Callable[..., Dialogue]) -> None:
    artifact = drafted(workshop, [make_dialogue("a"), make_dialogue("b", "unanswerable", answerable=False)])
    suite = suite_in(artifact)
    assert suite.name == "drafted"
    assert artifact.facts["machine_drafted"] is True
    assert artifact.label is Label.RESTRICTED
    assert [(q.id, q.answerable, q.gold) for q in suite.questions] == [("a", True, ("5日",)), ("b", False, ())]


def test_what_a_model_was_tuned_on_is_never_drafted(workshop: Any, make_dialogue: Callable[..., Dialogue]) -> None:
    dialogues = workshop.dialogues([make_dialogue("trained")], [make_dialogue("kept")])
    artifact = workshop.making(DRAFTED, "drafted", DraftRecipe(), {"dialogues": dialogues})
    assert [question.id for question in suite_in(artifact).questions] == ["kept"]


def test_a_drafted_question_can_be_answered_right_with_support(
    make_dialogue: Callable[..., Dialogue], passages: list[Any]
) -> None:
    question = question_of(make_dialogue("a"))
    found = judge(question, read_answer("5日です。[1]", passages), passages)
    assert (found.right, found.supported) == (True, True)


@pytest.mark.parametrize("held_out", [None, []])
def test_nothing_held_out_is_a_mistake(workshop: Any, held_out: list[Dialogue] | None) -> None:
    with pytest.raises(Mistake, match="no dialogue was held out"):
        drafted(workshop, held_out)


def test_another_artifact_is_no_suite(workshop: Any, make_dialogue: Callable[..., Dialogue]) -> None:
    with pytest.raises(Mistake, match="is no suite"):
        suite_in(workshop.dialogues([make_dialogue("a")]))
