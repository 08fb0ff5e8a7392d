"""Judgments of our own without a judge: the words are made up, all else is as in a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pytest

from kitae.core.generation import Decoding, Generated, Identity
from kitae.evaluate.judging.asked import CATEGORIES, Answer
from kitae.evaluate.judging.protocol import own_protocol
from kitae.evaluate.judging.request import Judgment, judged, requests_for
from kitae.evaluate.own.items import Prompt

Judge = Callable[..., list[Judgment]]


@dataclass(frozen=True)
class Suite:
    name: str
    prompts: Sequence[Prompt]


def suite(questions: int = 16, *, version: str = "") -> Suite:
    return Suite(
        "few",
        [
            Prompt(
                id=f"q{number}",
                question=f"q{number}",
                category=CATEGORIES[number % len(CATEGORIES)],
                turns=(f"問い{number}{version}", "続き"),
                references=("正解", "正解"),
            )
            for number in range(questions)
        ],
    )


def answers(model: str, asked: Suite, *, engine: str = "test", number_format: str = "float32") -> list[Answer]:
    identity = Identity(model=model, engine=engine, number_format=number_format)
    return [
        Answer(
            model=model,
            identity=identity,
            decoding=Decoding(),
            question=prompt.id,
            version=prompt.version,
            turns=(f"{model}の答え", f"{model}の続き"),
        )
        for prompt in asked.prompts
    ]


@pytest.fixture
def judge() -> Judge:
    """Judges models: `say` has the last line of a judgment for a question, a turn and the order of a pair."""

    def made(
        *models: str,
        say: Callable[[str, int, str], str],
        judge: str = "judge-1",
        protocol: str = "kitae-ja-single",
        questions: int = 16,
        version: str = "",
        said: Mapping[str, str] | None = None,
    ) -> list[Judgment]:
        asked = suite(questions, version=version)
        given = [each for model in models for each in answers(model, asked, **(said or {}))]
        how = own_protocol(protocol)
        return [
            judged(request, _reply(say(request.about.question, request.about.turn, request.about.order)), how)
            for request in requests_for(asked, given, how, judge=judge)
        ]

    return made


def _reply(text: str) -> Generated:
    return Generated(text=f"理由。\n{text}", finish="stop", prompt_tokens=10, tokens=5, seconds=0.1)
