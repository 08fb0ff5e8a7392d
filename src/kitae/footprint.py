"""What a candidate takes, apart from how well it answers: tokens for a text, memory, money, and its licence's terms."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .adopt.table import characters_per_token
from .answering import Took
from .core.architecture import Architecture
from .core.label import Label
from .core.quantity import How
from .core.reading import LICENCE as PRACTICE
from .costing import HERE, architecture_of, look_at, memory_here
from .estimate import courses_of
from .gate.policy import Endpoint
from .naming import Subject
from .plan.answering import memory_to_serve, rented
from .plan.memory import GIB
from .plan.span import Span
from .project import ProjectFile
from .report.bilingual import Both
from .report.licences import Permission, doubts, permitted, together

THOUSAND: Final = 1000
"""Answers that a price is of."""

ROUGH: Final = 0.25
"""By how much training on this machine may take more or less memory: see `train.memory.needed`."""

BEHIND = "behind an endpoint; only whoever serves it knows"
PROVIDER = "the terms of whoever serves it are not known here"


@dataclass(frozen=True)
class Footprint:
    """`None` is what cannot be known; `unknown` says of each why."""

    model: Architecture | None
    characters_per_token: float | None
    """On the project's own text."""
    serve_gib: Span | None
    """Of a GPU, as `[plan.serving]` says."""
    train_gib: Span | None
    """Of each GPU of the first place, or of this machine's memory, with the whole vocabulary."""
    licence: str | None
    permitted: Permission
    """Whether base and data together let the company use what is trained."""
    terms: tuple[str, ...]
    """What the licences of base and data come to."""
    doubt: str
    """What has to be settled first; empty where nothing has."""
    unknown: dict[str, str]


def footprint(file: ProjectFile, subject: Subject, texts: Sequence[str]) -> Footprint:
    """
    Args:
        texts: Of the project, without what is kept out of training.

    Raises:
        Mistake: nothing is known of the card of the first place.
    """
    if subject.folder is None:
        columns = ("parameters", "characters_per_token", "serve_gib", "train_gib", "licence")
        return Footprint(None, None, None, None, None, "ask", (), PROVIDER, dict.fromkeys(columns, BEHIND))
    model, tokenizer = architecture_of(subject.folder), subject.folder / "tokenizer.json"
    density = characters_per_token(tokenizer, texts) if tokenizer.is_file() else None
    why = "no line of the project's text is measured" if tokenizer.is_file() else "it has no tokenizer.json"
    licences = [*subject.licences, *data_licences(file)]
    return Footprint(
        model=model,
        characters_per_token=density,
        serve_gib=memory_to_serve(model, file.plan).span,
        train_gib=_to_train(file, model),
        licence=", ".join(subject.licences),
        permitted=permitted(licences),
        terms=_plain(together(licences, Label.PUBLIC)),
        doubt=" ".join(_plain(doubts(licences))),
        unknown={} if density else {"characters_per_token": why},
    )


def _plain(told: Sequence[Both]) -> tuple[str, ...]:
    """Without the marks of Markdown, for a terminal."""
    return tuple(each.en.replace("**", "") for each in told)


def data_licences(file: ProjectFile) -> list[str]:
    """On what terms the project has what its models learn from."""
    found = [*(each.licence for each in file.sources), *(each.licence for each in file.tasks)]
    if file.general.path and file.train.pretrain.tokens:
        found.append(file.general.licence)
    if file.instruct.practice:
        found.append(PRACTICE)
    return found


def _to_train(file: ProjectFile, model: Architecture) -> Span:
    place = (file.places or (HERE,))[0]
    if place.gpus is not None:
        return look_at(file, model, place).found.memory.span
    needs = memory_here(courses_of(file), model) / GIB
    return Span(low=needs * (1 - ROUGH), mid=needs, high=needs * (1 + ROUGH))


@dataclass(frozen=True)
class Price:
    """Of 1,000 answers like those that were measured."""

    yen: float | None
    how: How | None
    what: str
    """What it was reckoned from; why it is not known where it is not."""


def price(file: ProjectFile, endpoint: Endpoint | None, model: Architecture | None, took: Took) -> Price:
    """
    Args:
        endpoint: That the candidate is behind, if it is.
        model: The candidate, where it is not.
        took: For its answers.
    """
    if endpoint is not None:
        return _asked(file, endpoint, took)
    if not took.calls:
        return Price(None, None, "nothing was answered")
    place = file.places[0] if file.places else None
    if place is not None and place.yen_per_hour:
        yen = took.seconds / took.calls / 3600 * THOUSAND * place.yen_per_hour
        return Price(yen, "quoted", f"¥{place.yen_per_hour:,.0f} an hour at the place `{place.name}`, as long as here")
    assert model is not None
    return _rented(file, model, took)


def _asked(file: ProjectFile, endpoint: Endpoint, took: Took) -> Price:
    money = endpoint.price(took.prompt_tokens, took.tokens)
    if money is None:
        return Price(None, None, "the endpoint names no price")
    if not took.tokens:
        return Price(None, None, "its server counts no tokens")
    rate = file.plan.exchange.yen if money.currency == "USD" else 1.0
    return Price(
        float(money.amount) * rate * THOUSAND / took.calls, "quoted", "the endpoint's price of its tokens here"
    )


def _rented(file: ProjectFile, model: Architecture, took: Took) -> Price:
    """On a machine of the catalogue: where the work is paid for anyway, that is what tells candidates apart."""
    size = {"prompt": round(took.prompt_tokens / took.calls), "answer": max(1, round(took.tokens / took.calls))}
    recipe = file.plan.model_copy(update={"serving": file.plan.serving.model_copy(update=size)})
    machine = rented(model, recipe, datetime.date.today())
    if not machine.yen_per_answer:
        return Price(None, None, f"{machine.name}: how fast it answers is not known")
    told = f"{machine.name} rented and always busy, with as many tokens as here"
    return Price(machine.yen_per_answer * THOUSAND, "estimated", told)
