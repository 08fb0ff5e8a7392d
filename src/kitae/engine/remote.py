"""A model behind an endpoint, spoken to through the gate."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..core.dialogue import Message
from ..core.generation import Decoding, Finish, Generated, Identity
from ..core.label import Label
from ..core.mistakes import Mistake
from ..gate.client import Gate


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
        body = {
            "model": endpoint.model,
            "messages": [message.model_dump() for message in prompt],
            "max_tokens": decoding.max_tokens,
            "temperature": decoding.temperature,
            "seed": decoding.seed,
        } | ({"stop": ["\n"]} if decoding.line else {})
        start = time.perf_counter()
        answer = self.gate.post(self.name, "/chat/completions", body, label=self.label, purpose="answer")
        seconds = time.perf_counter() - start
        try:
            choice = answer["choices"][0]
            text = choice["message"]["content"]
            finish: Finish = "length" if choice.get("finish_reason") == "length" else "stop"
            usage = answer.get("usage") or {}
            if not isinstance(text, str):
                raise TypeError
        except (KeyError, IndexError, TypeError):
            raise Mistake(
                f"the endpoint `{self.name}` sent an answer without text",
                where=endpoint.url,
                hint="it has to speak OpenAI's chat completions",
            ) from None
        return Generated(
            text=text,
            finish=finish,
            prompt_tokens=usage.get("prompt_tokens", 0),
            tokens=usage.get("completion_tokens", 0),
            seconds=seconds,
        )
