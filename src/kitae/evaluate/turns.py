"""A model answers prompts turn by turn: each turn stands after the answers to those before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ..core.dialogue import Message
from ..core.generation import Decoding, Generated, Identity
from ..core.passage import Passage
from .answers import REFUSAL, Asked
from .judging.asked import Answer
from .judging.asked import Asked as Prompt

TEMPERATURES: Mapping[str, float] = {
    **dict.fromkeys(("writing", "roleplay"), 0.7),
    **dict.fromkeys(("stem", "humanities"), 0.1),
    **dict.fromkeys(("math", "coding", "reasoning", "extraction"), 0.0),
}
"""Of MT-Bench, by category (FastChat, `llm_judge/common.py`). What is not among them is answered greedily: FastChat
takes 0.7 for unknown categories, and nothing that a program checks gains by chance."""


@dataclass(frozen=True)
class Framed:
    """How a turn stands in the prompt: with passages, if there are any, and the instruction that goes with them."""

    user: Message
    system: Message | None = None
    shown: tuple[Passage, ...] = ()
    """What was found, numbered from 1 in the prompt."""


Frame = Callable[[str], Framed]
Respond = Callable[[Sequence[Asked], Decoding], list[Generated]]
"""Answers to prompts, from the records or the model."""


def plain(turn: str) -> Framed:
    """The turn as it stands in the suite."""
    return Framed(Message(role="user", content=turn))


def answered(
    prompts: Sequence[Prompt],
    respond: Respond,
    *,
    model: str,
    identity: Identity,
    max_tokens: int,
    samples: int = 1,
    frame: Frame = plain,
) -> list[Answer]:
    """Asks all first turns, then all second ones. What follows on a turn that was refused counts as refused too.

    Args:
        prompts: Of a suite.
        respond: Whom to ask.
        model: What it is called in tables.
        identity: Of whom is asked.
        max_tokens: Of an answer.
        samples: How often each prompt is answered, with the sample's number as the seed. Of what is decoded greedily
            there is only one: the others would be the same.
        frame: How a turn stands in the prompt.

    Returns:
        Prompt by prompt, sample by sample.
    """
    lines = [
        _Line(prompt, Decoding(max_tokens=max_tokens, temperature=temperature(prompt.category), seed=sample))
        for prompt in prompts
        for sample in range(samples if temperature(prompt.category) else 1)
    ]
    for turn in range(max((len(prompt.turns) for prompt in prompts), default=0)):
        _one_turn([line for line in lines if turn < len(line.prompt.turns)], turn, respond, frame)
    return [line.answer(model, identity) for line in lines]


def temperature(category: str) -> float:
    """At which a category is answered."""
    return TEMPERATURES.get(category, 0.0)


class _Line:
    """A conversation under way."""

    def __init__(self, prompt: Prompt, decoding: Decoding) -> None:
        self.prompt = prompt
        self.decoding = decoding
        self.asked: list[Framed] = []
        self.said: list[Generated] = []

    def next(self, framed: Framed) -> Asked:
        """What is asked next: all that was said, and one more turn."""
        self.asked.append(framed)
        system = self.asked[0].system
        messages = [system] if system else []
        for number, each in enumerate(self.asked):
            messages.append(each.user)
            if number < len(self.said):
                messages.append(Message(role="assistant", content=self.said[number].text))
        return Asked(tuple(messages), self.prompt.version, self.decoding.seed)

    @property
    def refused(self) -> bool:
        """Whether a turn was: there is nothing to go on from."""
        return REFUSAL in self.said

    def answer(self, model: str, identity: Identity) -> Answer:
        return Answer(
            model=model,
            identity=identity,
            decoding=self.decoding,
            question=self.prompt.id,
            version=self.prompt.version,
            sample=self.decoding.seed,
            turns=tuple(each.text for each in self.said),
            finishes=tuple(each.finish for each in self.said),
        )


def _one_turn(lines: Sequence[_Line], turn: int, respond: Respond, frame: Frame) -> None:
    for line in lines:
        if line.refused:
            line.said.append(REFUSAL)
    asked = [(line, line.next(frame(line.prompt.turns[turn]))) for line in lines if not line.refused]
    for decoding in dict.fromkeys(line.decoding for line, _ in asked):
        group = [(line, each) for line, each in asked if line.decoding == decoding]
        for (line, _), said in zip(group, respond([each for _, each in group], decoding), strict=True):
            line.said.append(said)
