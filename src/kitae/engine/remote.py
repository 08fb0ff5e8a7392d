"""A model behind an endpoint, spoken to through the gate."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..core.dialogue import Message
from ..core.generation import Decoding, Generated, Identity
from ..core.label import Label
from ..core.mistakes import Mistake
from ..gate.client import Door, Gate

PATH = "/chat/completions"


@dataclass
class Remote:
    """A `Generator` over `/chat/completions`. `label` is that of what the prompts are made of."""

    gate: Gate
    name: str
    label: Label

    @property
    def identity(self) -> Identity:
        endpoint = self.gate.endpoint(self.name)
        return Identity(model=f"endpoint:{self.name}:{endpoint.model}", engine="http", number_format="unknown")

    def generate(
        self,
        prompts: Sequence[Sequence[Message]],
        decoding: Decoding,
        *,
        done: Callable[[int], None] | None = None,
    ) -> list[Generated]:
        """One call a prompt, in order.

        Raises:
            Mistake: the gate refuses, or the server's answer has no text.
        """
        answers = []
        for prompt in prompts:
            answers.append(self._one(prompt, decoding))
            if done is not None:
                done(1)
        return answers

    def _one(self, prompt: Sequence[Message], decoding: Decoding) -> Generated:
        endpoint = self.gate.endpoint(self.name)
        start = time.perf_counter()
        answer = self.gate.post(
            self.name, PATH, body(endpoint.model, prompt, decoding), label=self.label, purpose="answer"
        )
        seconds = time.perf_counter() - start
        try:
            return read(answer, seconds)
        except ValueError:
            raise Mistake(
                f"the endpoint `{self.name}` sent an answer without text",
                where=endpoint.url,
                hint="it has to speak OpenAI's chat completions",
            ) from None


@dataclass(frozen=True)
class Correspondent:
    """A model behind an open door, asked by many tasks at a time."""

    door: Door

    async def ask(self, prompt: Sequence[Message], decoding: Decoding) -> Generated:
        """One answer, which may be empty. Its seconds are those of the try that succeeded, with the wait for a place.

        Raises:
            Mistake: the server does not answer, or refuses.
        """
        start = time.perf_counter()

        def timed(answer: dict[str, Any]) -> Generated:
            return read(answer, time.perf_counter() - start, silence="")

        return await self.door.post(PATH, body(self.door.endpoint.model, prompt, decoding), timed)


def body(model: str, prompt: Sequence[Message], decoding: Decoding) -> dict[str, Any]:
    """What is sent for an answer. Without a seed where the answer does not depend on one: some servers know none."""
    sent = {
        "model": model,
        "messages": [message.model_dump() for message in prompt],
        "max_tokens": decoding.max_tokens,
        "temperature": decoding.temperature,
    }
    return (
        sent
        | ({"seed": decoding.seed} if decoding.temperature > 0 else {})
        | ({"stop": ["\n"]} if decoding.line else {})
    )


def read(answer: Mapping[str, Any], seconds: float, *, silence: str | None = None) -> Generated:
    """The first choice of a chat completion; a server that counts no tokens is taken to have used 0.

    Args:
        silence: What stands for an answer whose text is `null`; `None` where that is no answer.

    Raises:
        ValueError: it is no chat completion.
    """
    try:
        choice = answer["choices"][0]
        text = choice["message"]["content"]
        usage = answer.get("usage") or {}
        return Generated.model_validate(
            {
                "text": silence if text is None else text,
                "finish": "length" if choice.get("finish_reason") == "length" else "stop",
                "prompt_tokens": usage.get("prompt_tokens", 0),
                "tokens": usage.get("completion_tokens", 0),
                "seconds": seconds,
                "model": str(answer.get("model") or ""),
            }
        )
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise ValueError("no chat completion") from error
