"""What is asked of a judge, and the row that is kept of what it said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from ...core.dialogue import Message
from ...core.generation import Generated, Identity
from ...core.mistakes import Mistake, nearest
from ...core.noun import Noun, digest
from ...core.quantity import Money
from .asked import Answer, Asked, JudgedSuite
from .parsing import Parsed
from .prompts import Template, delimit, pick
from .protocol import Protocol

JUDGMENTS = "judgments"
"""The kind of records that keeps them."""
Order = Literal["", "ab", "ba"]
"""Of a pair: as the models are named, and the other way round. Empty for a single answer."""


class About(Noun):
    """Everything that a judgment depends on."""

    answers: tuple[str, ...]
    """Keys; of a pair in the order in which the models are named, whatever the order they were shown in."""
    models: tuple[str, ...]
    identities: tuple[Identity, ...]
    suite: str
    question: str
    """Id of the prompt."""
    cluster: str
    """Question that it counts to in intervals."""
    category: str
    version: str
    turn: int
    sample: int
    judge: str
    protocol: str
    prompt: str
    """Digest of the judge's prompt."""
    reference: str
    """Digest of the reference that was shown; empty where none was."""
    order: Order = ""


@dataclass(frozen=True)
class JudgeRequest:
    """One call of a judge."""

    key: str
    """Digest of what it is about and of the words that are sent, so a changed answer is judged anew."""
    messages: tuple[Message, ...]
    temperature: float
    max_tokens: int
    about: About


class Judgment(Noun):
    """One row of the records, kept for good under `key`."""

    key: str
    about: About
    raw: str
    """What the judge said."""
    parse: Parsed
    prompt_tokens: int
    tokens: int
    ms: float
    """Wall-clock time of the call."""
    money: Money | None = None
    """`None` where the endpoint names no price."""
    served: str = ""
    """The model that the judge's server named with its answer; empty where it named none."""


def judged(request: JudgeRequest, reply: Generated, protocol: Protocol, money: Money | None = None) -> Judgment:
    """The row for a reply."""
    return Judgment(
        key=request.key,
        about=request.about,
        raw=reply.text,
        parse=protocol.read(reply.text, protocol.scale),
        prompt_tokens=reply.prompt_tokens,
        tokens=reply.tokens,
        ms=reply.seconds * 1000,
        money=money,
        served=reply.model,
    )


def requests_for(
    suite: JudgedSuite, answers: Sequence[Answer], protocol: Protocol, *, judge: str = ""
) -> Iterator[JudgeRequest]:
    """Every call that judging these answers takes, in the order of the questions.

    Single: one for each answer and turn. Pairs: two for each pair of models, question, turn and sample, in both orders.

    Args:
        suite: The questions, with references for the guided categories.
        answers: Of one model or more; not every question need have one.
        protocol: Prompts, reader, categories.
        judge: Name and version of the judging model: part of every key.

    Raises:
        Mistake: an answer to no question of the suite or to another version of it, two answers under one key, a
            category that the protocol does not know, a missing reference, or no prompt for a turn.
    """
    prompts = check_judged(suite, protocol)
    found = _by_question(answers, prompts, suite.name)
    for name, prompt in prompts.items():
        for turn in (each for each in protocol.turns if each <= len(prompt.turns)):
            for group in _groups(found.get(name, []), protocol):
                yield from _Case(suite.name, prompt, turn, group, protocol, judge).requests()


def check_judged(suite: JudgedSuite, protocol: Protocol) -> dict[str, Asked]:
    """The prompts of a suite by their ids, which a judge can be asked about by this protocol whatever is answered.

    Raises:
        Mistake: two have one id, a category that the protocol does not know, a missing reference, or no prompt for a
            turn.
    """
    prompts = _by_id(suite)
    if any(prompt.category in protocol.categories for prompt in prompts.values()):
        # A suite that has none of them has categories of its own, and nothing can be misspelt.
        for prompt in prompts.values():
            check_category(prompt, protocol)
    for prompt in prompts.values():
        for turn in protocol.turns[: len(prompt.turns)]:
            template_for(prompt, turn, protocol, suite.name)
    return prompts


def template_for(prompt: Asked, turn: int, protocol: Protocol, suite: str) -> Template:
    """What a judge is asked about an answer to this turn.

    Raises:
        Mistake: a reference is missing, or the protocol has no prompt for it.
    """
    has = len(prompt.references) >= turn
    if prompt.category in protocol.guided and not has:
        raise Mistake(
            f"the question `{prompt.id}` ({prompt.category}) has no reference for turn {turn}",
            where=suite,
            hint="a judge marks these categories only beside a right answer: add references to the suite",
        )
    guided = has and (protocol.by_reference or prompt.category in protocol.guided)
    return pick(protocol.templates, protocol.kind, turn, guided=guided)


def _by_id(suite: JudgedSuite) -> dict[str, Asked]:
    prompts: dict[str, Asked] = {}
    for prompt in suite.prompts:
        if prompt.id in prompts:
            raise Mistake(f"the question id `{prompt.id}` stands twice", where=suite.name, hint="give each its own id")
        prompts[prompt.id] = prompt
    return prompts


def check_category(prompt: Asked, protocol: Protocol) -> None:
    """
    Raises:
        Mistake: the protocol does not know the question's category.
    """
    if prompt.category and protocol.categories and prompt.category not in protocol.categories:
        raise Mistake(
            f"the question `{prompt.id}` has the unknown category `{prompt.category}`",
            where=f"the protocol {protocol.name}",
            hint=nearest(prompt.category, protocol.categories),
        )


def _by_question(answers: Sequence[Answer], prompts: Mapping[str, Asked], suite: str) -> dict[str, list[Answer]]:
    found: dict[str, list[Answer]] = {}
    keys: set[str] = set()
    for answer in answers:
        if answer.question not in prompts:
            hint = nearest(answer.question, prompts)
            raise Mistake(f"an answer of `{answer.model}` to no question: `{answer.question}`", where=suite, hint=hint)
        if answer.version != prompts[answer.question].version:
            raise Mistake(
                f"`{answer.model}` answered another version of the question `{answer.question}`",
                where=suite,
                hint="answer it again: what was asked has changed since",
            )
        if answer.key in keys:
            what = f"two answers of `{answer.model}` to `{answer.question}` have the same id"
            raise Mistake(what, where=suite, hint="number samples with `sample`")
        keys.add(answer.key)
        found.setdefault(answer.question, []).append(answer)
    return found


def _groups(answers: Sequence[Answer], protocol: Protocol) -> Iterator[tuple[Answer, ...]]:
    """Each answer alone, or the pairs of the same sample that play against each other."""
    if protocol.kind == "single":
        yield from ((answer,) for answer in answers)
        return
    for one, two in combinations(answers, 2):
        if one.sample != two.sample or one.model == two.model:
            continue
        if protocol.baseline == one.model:
            yield two, one
        elif protocol.baseline in ("", two.model):
            yield one, two


@dataclass(frozen=True)
class _Case:
    """One turn of one answer, or of two that are compared."""

    suite: str
    prompt: Asked
    turn: int
    group: tuple[Answer, ...]
    """One answer, or the two of a pair as they are named."""
    protocol: Protocol
    judge: str

    def requests(self) -> Iterator[JudgeRequest]:
        """One, or both orders of a pair."""
        template = template_for(self.prompt, self.turn, self.protocol, self.suite)
        orders: tuple[Order, ...] = ("",) if self.protocol.kind == "single" else ("ab", "ba")
        yield from (self._request(template, order) for order in orders)

    def _request(self, template: Template, order: Order) -> JudgeRequest:
        user = template.fill(self._values(template, order))
        about = self._about(template, order)
        return JudgeRequest(
            key=digest([about.model_dump(mode="json"), user])[:32],
            messages=_messages(template, user),
            temperature=self.protocol.temperature,
            max_tokens=self.protocol.max_tokens,
            about=about,
        )

    def _about(self, template: Template, order: Order) -> About:
        return About(
            answers=tuple(answer.key for answer in self.group),
            models=tuple(answer.model for answer in self.group),
            identities=tuple(answer.identity for answer in self.group),
            suite=self.suite,
            question=self.prompt.id,
            cluster=self.prompt.question,
            category=self.prompt.category,
            version=self.prompt.version,
            turn=self.turn,
            sample=self.group[0].sample,
            judge=self.judge,
            protocol=self.protocol.name,
            prompt=template.digest,
            reference=digest(list(self.prompt.references[: self.turn]))[:16] if template.guided else "",
            order=order,
        )

    def _values(self, template: Template, order: Order) -> dict[str, str]:
        """What the template is filled with, under FastChat's names."""
        shown = self.group[::-1] if order == "ba" else self.group
        values = self._turns("question", self.prompt.turns)
        for side, answer in zip(("",) if len(shown) == 1 else ("_a", "_b"), shown, strict=True):
            if len(answer.turns) < self.turn:
                what = f"the answer of `{answer.model}` to `{self.prompt.id}` ends before turn {self.turn}"
                raise Mistake(what, where=self.suite, hint="every turn is asked of a model, one after the other")
            values |= self._turns(f"answer{side}", answer.turns)
        if template.guided:
            values |= _numbered("ref_answer", self.prompt.references[: self.turn])
        return values | {"fence": delimit(list(values.values()))}

    def _turns(self, name: str, texts: Sequence[str]) -> dict[str, str]:
        return {name: texts[0]} if self.turn == 1 else _numbered(name, texts[: self.turn])


def _messages(template: Template, user: str) -> tuple[Message, ...]:
    """FastChat sends no empty system message."""
    system = (Message(role="system", content=template.system),) if template.system else ()
    return (*system, Message(role="user", content=user))


def _numbered(name: str, texts: Sequence[str]) -> dict[str, str]:
    return {f"{name}_{number}": text for number, text in enumerate(texts, start=1)}
