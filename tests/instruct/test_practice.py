"""The bundled reading practice: what it promises of itself, and what becomes of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any, Literal

import pytest

from kitae.core.dialogue import Dialogue
from kitae.core.passage import Passage
from kitae.core.reading import readings, shelf
from kitae.core.suite import squeeze
from kitae.engine.grounding import read_answer
from kitae.instruct.practice import practice
from kitae.instruct.recipe import InstructRecipe

Retrieve = Callable[[Iterable[Passage]], Any]
LANGUAGES: list[Literal["ja", "en"]] = ["ja", "en"]


@pytest.fixture(scope="module")
def made() -> list[Dialogue]:
    from kitae.knowledge.search import lexical

    return practice(InstructRecipe(practice=10**6, passages=3), lexical)[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_question_stands_twice_and_no_answer_is_long(language: Literal["ja", "en"]) -> None:
    questions: Counter[str] = Counter()
    for reading in readings(language):
        questions.update(each.question for each in reading.questions)
        questions.update(reading.unanswerable)
        assert len(reading.text) <= (400 if language == "ja" else 700)
        assert all(len(each.answer) <= (40 if language == "ja" else 70) for each in reading.questions)
    assert max(questions.values()) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_number_in_an_answer_stands_in_its_passage(language: Literal["ja", "en"]) -> None:
    for reading in readings(language):
        text = squeeze(f"{reading.heading} {reading.text}")
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


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_the_share_of_the_unanswerable_is_that_of_the_recipe(share: float) -> None:
    from kitae.knowledge.search import lexical

    made, _ = practice(InstructRecipe(practice=10**6, passages=3, unanswerable=share), lexical)
    assert sum(not d.answerable for d in made) / len(made) == pytest.approx(share, abs=0.02)


def test_some_questions_are_asked_without_the_passage_that_answers(made: list[Dialogue]) -> None:
    missed = [d for d in made if f"{d.made_from[0]}.0" not in d.passages]
    declined = [d for d in made if not d.answerable]
    assert all(not d.answerable for d in missed)
    assert len(missed) / len(declined) == pytest.approx(0.5, abs=0.1)


def test_such_a_question_is_about_a_passage_of_the_same_document_or_domain(made: list[Dialogue]) -> None:
    of = {passage.id: reading for passage, reading in zip(shelf("ja"), readings("ja"), strict=True)}
    for dialogue in made:
        about = of[f"{dialogue.made_from[0]}.0"]
        beside = [of[shown] for shown in dialogue.passages]
        assert any(about.title == each.title or about.domain == each.domain for each in beside)


def test_all_that_is_asked_with_the_same_passages_shown_follows_at_once(made: list[Dialogue]) -> None:
    runs = [shown for shown, _ in groupby(made, key=lambda d: d.passages)]
    assert len(runs) < 1.01 * len(set(runs))  # two lone passages may find each other
    assert len(made) > 5 * len(runs)


def test_passages_of_one_document_are_shown_together(made: list[Dialogue]) -> None:
    titles = Counter(reading.title for reading in readings("ja"))
    of = {passage.id: reading.title for passage, reading in zip(shelf("ja"), readings("ja"), strict=True)}
    pairs = {d.passages for d in made if len(d.passages) > 1 and titles[of[d.passages[0]]] > 1}
    together = [shown for shown in pairs if len({of[each] for each in shown}) < len(shown)]
    assert len(together) > 0.6 * len(pairs)


def test_nearly_every_prompt_is_asked_both_what_it_tells_and_what_it_does_not(made: list[Dialogue]) -> None:
    by_prompt: dict[tuple[str, ...], set[bool]] = {}
    for dialogue in made:
        by_prompt.setdefault(dialogue.passages, set()).add(dialogue.answerable)
    assert sum(len(each) == 2 for each in by_prompt.values()) > 0.95 * len(by_prompt)


def test_the_place_of_the_right_passage_gives_nothing_away(made: list[Dialogue]) -> None:
    places = Counter(d.passages.index(d.gold[0]) for d in made if d.answerable and len(d.passages) == 3)
    assert min(places.values()) > 0.25 * places.total()


def test_fewer_are_the_first_of_more(made: list[Dialogue]) -> None:
    from kitae.knowledge.search import lexical

    assert practice(InstructRecipe(practice=50, passages=3), lexical)[0] == made[:50]


def test_none_at_all_where_the_recipe_wants_none(retrieve: Retrieve) -> None:
    assert practice(InstructRecipe(practice=0), retrieve) == ([], [])


def test_with_no_unanswerable_ones_wanted_every_question_has_its_passage() -> None:
    from kitae.knowledge.search import lexical

    found, _ = practice(InstructRecipe(practice=300, unanswerable=0), lexical)
    assert len(found) == 300
    assert all(dialogue.answerable for dialogue in found)


def test_what_is_kept_apart_shares_no_passage_with_what_is_learnt() -> None:
    from kitae.knowledge.search import lexical

    learnt, apart = practice(InstructRecipe(practice=150, apart=120, passages=3), lexical)
    assert (len(learnt), len(apart)) == (150, 120)
    sections = {section for dialogue in learnt for section in dialogue.made_from}
    assert not sections & {section for dialogue in apart for section in dialogue.made_from}
    assert practice(InstructRecipe(practice=150, passages=3), lexical) == (learnt, [])
