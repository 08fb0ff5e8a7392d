"""The bundled reading practice: what it promises of itself, and what becomes of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Literal

import pytest

from kitae.core.dialogue import Dialogue
from kitae.core.passage import Passage
from kitae.core.reading import readings
from kitae.core.suite import squeeze
from kitae.engine.grounding import read_answer
from kitae.instruct.practice import MISSED, practice
from kitae.instruct.recipe import InstructRecipe

Retrieve = Callable[[Iterable[Passage]], Any]
LANGUAGES: list[Literal["ja", "en"]] = ["ja", "en"]


@pytest.fixture(scope="module")
def made() -> list[Dialogue]:
    from kitae.knowledge.search import lexical

    return practice(InstructRecipe(practice=10**6, passages=3), lexical)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_question_stands_twice_and_no_answer_is_long(language: Literal["ja", "en"]) -> None:
    questions: Counter[str] = Counter()
    for reading in readings(language):
        questions.update(each.question for each in reading.questions)
        questions.update(reading.unanswerable)
        assert len(reading.text) <= 400
        assert all(len(each.answer) <= (40 if language == "ja" else 60) for each in reading.questions)
    assert max(questions.values()) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_number_in_an_answer_stands_in_its_passage(language: Literal["ja", "en"]) -> None:
    for reading in readings(language):
        text = squeeze(reading.text)
        for each in reading.questions:
            if not each.derived:
                assert all(number in text for number in re.findall(r"[0-9]+", squeeze(each.answer))), each


def test_answers_cite_the_passage_that_was_asked_about(made: list[Dialogue]) -> None:
    answered = [d for d in made if d.answerable]
    assert len(answered) > 1000
    for dialogue in answered:
        number = dialogue.passages.index(dialogue.gold[0]) + 1
        assert dialogue.messages[-1].content == f"{dialogue.answer}[{number}]"


def test_what_the_passages_shown_do_not_tell_is_declined(made: list[Dialogue]) -> None:
    for dialogue in made:
        if not dialogue.answerable:
            assert read_answer(dialogue.messages[-1].content, []).abstained
            assert dialogue.gold == ()


def test_the_share_of_the_unanswerable_is_that_of_the_recipe(made: list[Dialogue]) -> None:
    declined = sum(not d.answerable for d in made) / len(made)
    assert declined == pytest.approx(InstructRecipe().unanswerable, abs=0.02)


def test_some_questions_are_asked_without_the_passage_that_answers(made: list[Dialogue]) -> None:
    missed = {d.made_from[0] for d in made if f"{d.made_from[0]}.0" not in d.passages}
    asked = {d.made_from[0] for d in made}
    assert len(missed) / len(asked) == pytest.approx(MISSED, abs=0.05)


def test_questions_about_one_passage_begin_alike(made: list[Dialogue]) -> None:
    shown: dict[str, set[tuple[str, ...]]] = {}
    for dialogue in made:
        shown.setdefault(dialogue.made_from[0], set()).add(dialogue.passages)
    assert all(len(ways) == 1 for ways in shown.values())


def test_the_place_of_the_right_passage_gives_nothing_away(made: list[Dialogue]) -> None:
    places = Counter(d.passages.index(d.gold[0]) for d in made if d.answerable and len(d.passages) == 3)
    assert min(places.values()) > 0.25 * places.total()


def test_fewer_are_the_first_of_more(made: list[Dialogue]) -> None:
    from kitae.knowledge.search import lexical

    assert practice(InstructRecipe(practice=50, passages=3), lexical) == made[:50]


def test_none_at_all_where_the_recipe_wants_none(retrieve: Retrieve) -> None:
    assert practice(InstructRecipe(practice=0), retrieve) == []


def test_with_no_unanswerable_ones_wanted_every_question_has_its_passage() -> None:
    from kitae.knowledge.search import lexical

    found = practice(InstructRecipe(practice=300, unanswerable=0), lexical)
    assert len(found) == 300
    assert all(dialogue.answerable for dialogue in found)
