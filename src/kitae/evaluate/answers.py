"""Answers, looked up in the records before they are generated."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..core.dialogue import Message
from ..core.generation import Decoding, Generated, Generator, Identity
from ..core.mistakes import Mistake
from ..core.noun import digest
from ..core.quantity import Money
from ..core.records import Records

KIND = "answers"
BATCH = 64
"""How many prompts go to the model at once, and so how much a kill can lose."""


@dataclass(frozen=True)
class Asked:
    """A prompt, and the version of the question that it asks."""

    messages: tuple[Message, ...]
    version: str
    sample: int = 0
    """Which of several answers to the same prompt; greedy decoding needs but one."""


@dataclass(frozen=True)
class Model:
    """A model that is loaded only when it has to say something new."""

    identity: Identity
    load: Callable[[], Generator]

    def loaded(self) -> Generator:
        """Loads it.

        Raises:
            Mistake: what was loaded is not what was announced; its answers would be remembered under a wrong name.
        """
        generator = self.load()
        if generator.identity != self.identity:
            raise Mistake(
                "the model that was loaded is not the one that was to be measured",
                where=f"{generator.identity} instead of {self.identity}",
                hint="run the command again, so that it looks at the model anew",
            )
        return generator

    def once(self) -> Model:
        """The same model, loaded at most once; it stays in memory for as long as this is held."""
        return replace(self, load=functools.cache(self.load))


def model_of(load: Callable[[], Generator], identity: Identity | None = None) -> Model:
    """With an identity that is known beforehand the model may never have to be loaded; otherwise it is, now."""
    if identity is not None:
        return Model(identity, load)
    generator = load()
    return Model(generator.identity, lambda: generator)


def answer_key(identity: Identity, decoding: Decoding, asked: Asked) -> str:
    """What an answer depends on, and nothing else: the same key means that it need not be generated again."""
    return digest(
        {
            "identity": identity.model_dump(mode="json"),
            "decoding": decoding.model_dump(mode="json"),
            "messages": [message.model_dump(mode="json") for message in asked.messages],
            "version": asked.version,
            "sample": asked.sample,
        }
    )


def answers(
    asked: Sequence[Asked],
    model: Model,
    decoding: Decoding,
    records: Records,
    advance: Callable[[int], None] = lambda _: None,
) -> list[Generated]:
    """One answer for each prompt, in order; what is new is in the records before this goes on to the next batch.

    What is missing is cut into batches of like length in an order that the prompts alone decide, so that a run which
    was killed between two batches goes on with those that it would have had: in some engines, neighbours in a batch
    decide about padding and so about the last bits. What is in the records already is never generated again.
    """
    keys = [answer_key(model.identity, decoding, each) for each in asked]
    prompts = dict(zip(keys, asked, strict=True))
    known = {key: found for key in prompts if (found := _known(records, key)) is not None}
    advance(sum(key in known for key in keys))
    generator: Generator | None = None
    for batch in _batches({key: prompt for key, prompt in prompts.items() if key not in known}):
        generator = generator or model.loaded()
        generated = generator.generate([prompts[key].messages for key in batch], decoding)
        for key, answer in zip(batch, generated, strict=True):
            _remember(records, key, model.identity, decoding, prompts[key], answer)
            known[key] = answer
        advance(sum(key in batch for key in keys))
    return [known[key] for key in keys]


def _batches(prompts: Mapping[str, Asked]) -> list[list[str]]:
    order = sorted(prompts, key=lambda key: (sum(len(m.content) for m in prompts[key].messages), key))
    return [order[start : start + BATCH] for start in range(0, len(order), BATCH)]


def _known(records: Records, key: str) -> Generated | None:
    row = records.get(KIND, key)
    return Generated.model_validate(row["generated"]) if row is not None else None


def _remember(
    records: Records, key: str, identity: Identity, decoding: Decoding, asked: Asked, answer: Generated
) -> None:
    records.add(KIND, key, answer_row(identity, decoding, asked, answer))


REFUSAL = Generated(text="", finish="refused", prompt_tokens=0, tokens=0, seconds=0.0)
"""Stands for the answer of an endpoint that refuses a prompt for good."""


def answer_row(
    identity: Identity, decoding: Decoding, asked: Asked, answer: Generated, money: Money | None = None
) -> dict[str, Any]:
    """The record of an answer; `money` is what the endpoint took for it."""
    row = {
        "identity": identity.model_dump(mode="json"),
        "decoding": decoding.model_dump(mode="json"),
        "prompt": digest([message.model_dump(mode="json") for message in asked.messages]),
        "version": asked.version,
        "sample": asked.sample,
        "generated": answer.model_dump(mode="json"),
    }
    return row | ({"money": money.model_dump(mode="json")} if money else {})
