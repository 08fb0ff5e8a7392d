"""Axes that are turned by questions and the passages that answer them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kitae.knowledge.learning import turned

Numbers = npt.NDArray[Any]
WIDTH, TELLING, PASSAGES = 40, 8, 60


def world(count: int) -> tuple[Numbers, Numbers, Numbers]:
    """Questions have eight directions in common with the passage that answers them, and noise in all others."""
    chance = np.random.default_rng(3)
    passages = chance.normal(size=(PASSAGES, WIDTH)).astype(np.float32)
    answers = chance.integers(0, PASSAGES, size=count)
    telling = np.arange(WIDTH) < TELLING
    questions = np.where(telling, passages[answers], chance.normal(size=(count, WIDTH)))
    return questions.astype(np.float32), passages, answers


def found(axes: Numbers, questions: Numbers, passages: Numbers) -> Numbers:
    """The place of the nearest passage."""
    asked, shelf = (each @ axes / np.linalg.norm(each @ axes, axis=1, keepdims=True) for each in (questions, passages))
    return np.asarray((asked @ shelf.T).argmax(axis=1))


def test_questions_that_were_not_learnt_from_find_their_passages_better() -> None:
    questions, passages, answers = world(4000)
    before = np.random.default_rng(5).normal(size=(WIDTH, 32))
    after = turned(before, questions[:3500], passages, answers[:3500])
    right = [float((found(axes, questions[3500:], passages) == answers[3500:]).mean()) for axes in (before, after)]
    assert right[1] > right[0] + 0.15


def test_learning_twice_gives_the_same_bits() -> None:
    questions, passages, answers = world(600)
    one, two = (turned(np.eye(WIDTH), questions, passages, answers) for _ in range(2))
    assert np.array_equal(one, two)
