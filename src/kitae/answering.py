"""A model's answers to a suite: from the records, or asked for and kept; and what all of them took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .core.generation import Decoding, Generated
from .core.label import highest
from .core.quantity import Money, total
from .core.records import Records
from .core.run import Watcher
from .evaluate.answers import KIND as ANSWERS
from .evaluate.answers import Asked as Prompted
from .evaluate.answers import answer_key, answers
from .evaluate.asking import Near, answers_from
from .evaluate.collect import REFUSED
from .evaluate.judging.asked import REPLIES, Answer
from .evaluate.turns import answered
from .naming import Subject
from .suites import Asked

MAX_TOKENS = 1024
"""Of an answer: FastChat's."""


@dataclass(frozen=True)
class Wanted:
    """What is to be examined, in the words of the command line."""

    suite: str
    model: str
    judge: str = ""
    """Empty: only what a program can score."""
    adapter: Path | None = None
    retrieval: bool = False
    number_format: str = "float32"
    samples: int = 1
    max_tokens: int = MAX_TOKENS
    budget: Money | None = None
    """For all answers and judgments together; for each judge the one in `[judges]` when left out."""
    limit: int | None = None
    """At most so many questions: see `Asked.drawn`."""
    more_judges: tuple[str, ...] = ()
    """Who rate the same answers."""
    against: str = ""
    """Another model, as its name is printed: judges compare the two instead of rating one."""


@dataclass(frozen=True)
class Took:
    """What all calls for the answers took, turn by turn, whenever they were made."""

    calls: int
    """That were answered."""
    prompt_tokens: int
    tokens: int
    """0 where the server counts none."""
    seconds: float
    """Of calls to a model that runs here, batches divided among their answers; of others, each by itself."""
    money: Money | None
    """`None` where nobody asks for any, or the endpoint names no price."""
    refused: tuple[str, ...] = ()
    """Of each prompt that the endpoint refused for good, why."""


def answers_of(
    records: Records, suite: Asked, subject: Subject, wanted: Wanted, watcher: Watcher, before: Money | None = None
) -> tuple[list[Answer], Took]:
    """Whole answers are kept turn by turn, under the keys that judgments name.

    Args:
        before: What the budget has paid for already.

    Raises:
        Mistake: an endpoint does not answer, or the budget is reached. What was answered is kept.
    """
    who, keys = subject.who, dict[str, None]()

    def respond(asked: Sequence[Prompted], decoding: Decoding) -> list[Generated]:
        paid = total([before, *_money(_rows(records, keys))]) if wanted.budget else None
        keys.update((answer_key(who.identity, decoding, each), None) for each in asked)
        if not isinstance(who, Near):
            return answers_from(asked, who, decoding, records, watcher=watcher, budget=wanted.budget, before=paid)
        return answers(asked, who.model, decoding, records, watcher.start(who.name, "answering", len(asked), "prompts"))

    said = answered(
        suite.prompts,
        respond,
        model=subject.name,
        identity=subject.identity,
        max_tokens=wanted.max_tokens,
        samples=wanted.samples,
        frame=subject.frame,
    )
    label = highest([suite.label, subject.label])
    found = [each.model_copy(update={"label": label}) for each in said]
    _keep(records, found)
    return found, _took(_rows(records, keys))


def _rows(records: Records, keys: Mapping[str, None]) -> list[Mapping[str, Any]]:
    return [row for key in keys if (row := records.get(ANSWERS, key)) is not None]


def _money(rows: Sequence[Mapping[str, Any]]) -> list[Money]:
    return [Money.model_validate(row["money"]) for row in rows if row.get("money")]


def _keep(records: Records, said: Sequence[Answer]) -> None:
    rows = {each.key: each.model_dump(mode="json") for each in said}
    if new := {key: row for key, row in rows.items() if records.get(REPLIES, key) != row}:
        records.add_all(REPLIES, new)


def _took(rows: Sequence[Mapping[str, Any]]) -> Took:
    found = [Generated.model_validate(row["generated"]) for row in rows if REFUSED not in row]
    return Took(
        calls=len(found),
        prompt_tokens=sum(each.prompt_tokens for each in found),
        tokens=sum(each.tokens for each in found),
        seconds=sum(each.seconds for each in found),
        money=total(_money(rows)),
        refused=tuple(row[REFUSED] for row in rows if REFUSED in row),
    )
