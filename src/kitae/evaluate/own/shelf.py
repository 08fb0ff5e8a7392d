"""The bundled suites by name: what is asked, and for three of them how an answer is scored."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, Literal, TypeVar

from pydantic import TypeAdapter

from ...core.mistakes import Mistake, nearest
from ...core.noun import Noun, digest
from ..scoring import Verdict
from ..statistics import Estimate
from . import abstain, formats, riddles
from .items import Exchange, Instruction, Probe, Prompt, Riddle

Scored = Literal["program", "judge"]
T = TypeVar("T", bound=Noun)

SCORING = 1
"""Counted up when the same answer would be scored otherwise than before."""


@dataclass(frozen=True)
class OwnSuite:
    """A bundled suite."""

    name: str
    title: str
    scored: Scored
    """`judge`: a model has to read the answers."""
    prompts: tuple[Prompt, ...]
    items: tuple[Noun, ...]
    """As they stand in the package."""
    gold: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    """Answers that are known, by the ids of the prompts, where a program compares with them."""
    units: Mapping[str, str] = field(default_factory=dict)
    """What a question's errors are clustered by, where that is not the question itself: the passage it is about."""
    _score: Mapping[str, Callable[[str], Verdict]] = field(default_factory=dict, repr=False)
    _figures: Callable[[Iterable[tuple[Any, Verdict]]], dict[str, Estimate]] | None = None
    _item: Mapping[str, Noun] = field(default_factory=dict, repr=False)
    """Of each prompt."""

    @property
    def questions(self) -> int:
        """What errors are clustered by; wordings of one riddle count once."""
        return len({prompt.question for prompt in self.prompts})

    @property
    def version(self) -> str:
        """Changes with any question, reference or condition, and with how a program scores them.

        Scores of different versions are not compared.
        """
        scoring = SCORING if self.scored == "program" else 0
        return digest([scoring, [item.model_dump(mode="json") for item in self.items]])[:16]

    def score(self, prompt: str, answer: str) -> Verdict:
        """The verdict on an answer to the prompt of this id.

        Raises:
            Mistake: there is no such prompt, or the suite needs a judge.
        """
        if self.scored == "judge":
            raise Mistake(f"answers to {self.name} are scored by a judge", hint="name one in the recipe")
        if prompt not in self._score:
            raise Mistake(f"{self.name} has no prompt `{prompt}`", hint=nearest(prompt, self._score))
        return self._score[prompt](answer)

    def figures(self, verdicts: Iterable[tuple[str, Verdict]]) -> dict[str, Estimate]:
        """What stands beside the share of right answers, by its name.

        Args:
            verdicts: Each with the id of its prompt.
        """
        return self._figures((self._item[prompt], each) for prompt, each in verdicts) if self._figures else {}


@dataclass(frozen=True)
class _Kind:
    """How a file of the package becomes a suite."""

    title: str
    noun: type[Noun]
    prompts: Callable[[Any], list[Prompt]]
    score: Callable[[Any, str], Verdict] | None = None
    figures: Callable[[Iterable[tuple[Any, Verdict]]], dict[str, Estimate]] | None = None


def _turns(item: Exchange) -> list[Prompt]:
    return [Prompt(id=item.id, question=item.id, category=item.category, turns=item.turns, references=item.references)]


_KINDS: dict[str, _Kind] = {
    "forge-ja": _Kind("two turns of office work in eight categories", Exchange, _turns),
    "riddles-ja": _Kind(
        "riddles, logic, words, dates: each in two wordings", Riddle, riddles.prompts, riddles.score, riddles.figures
    ),
    "abstain-ja": _Kind(
        "invented things, real ones, harmless requests", Probe, abstain.prompts, abstain.score, abstain.figures
    ),
    "format-ja": _Kind("instructions that a program checks", Instruction, formats.prompts, formats.score),
}

OWN = tuple(_KINDS)
"""Names of the bundled suites."""


@functools.cache
def own_suite(name: str) -> OwnSuite:
    """A bundled suite.

    Raises:
        Mistake: there is none of that name.
    """
    if name not in _KINDS:
        raise Mistake(f"no bundled suite `{name}`", hint=nearest(name, OWN))
    kind = _KINDS[name]
    items = _read(name, kind.noun)
    pairs = [(item, prompt) for item in items for prompt in kind.prompts(item)]
    return OwnSuite(
        name=name,
        title=kind.title,
        scored="program" if kind.score else "judge",
        prompts=tuple(prompt for _, prompt in pairs),
        items=tuple(items),
        _score={prompt.id: functools.partial(kind.score, item) for item, prompt in pairs} if kind.score else {},
        _figures=kind.figures,
        _item={prompt.id: item for item, prompt in pairs},
    )


def _read(name: str, noun: type[T]) -> Sequence[T]:
    lines = (resources.files(__package__) / "data" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return TypeAdapter(tuple[noun, ...]).validate_json(f"[{','.join(lines)}]")  # type: ignore[valid-type]
