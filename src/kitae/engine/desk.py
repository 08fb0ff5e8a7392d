"""A model that runs here, asked by many tasks at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from ..core.dialogue import Message
from ..core.generation import Decoding, Generated, Generator

MOST = 64
"""How many prompts go to the model together; an engine divides them further, by length."""


@dataclass(frozen=True)
class _Waiting:
    prompt: Sequence[Message]
    decoding: Decoding
    answer: asyncio.Future[Generated]


class Desk:
    """Whoever comes while the model answers is in its next batch, so it never idles while somebody waits."""

    def __init__(self, generator: Generator, *, most: int = MOST) -> None:
        self._generator = generator
        self._most = most
        self._waiting: list[_Waiting] = []
        self._clerk: asyncio.Task[None] | None = None

    async def ask(self, prompt: Sequence[Message], decoding: Decoding) -> Generated:
        """One answer.

        Raises:
            Mistake: a prompt does not fit into the model's context.
        """
        answer: asyncio.Future[Generated] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(prompt, decoding, answer))
        if self._clerk is None or self._clerk.done():
            self._clerk = asyncio.create_task(self._serve())
        return await answer

    async def _serve(self) -> None:
        await asyncio.sleep(0)  # all who come at the same moment are in the first batch
        while self._waiting:
            batch = self._next_batch()
            prompts = [each.prompt for each in batch]
            try:
                found = await asyncio.to_thread(self._generator.generate, prompts, batch[0].decoding)
            except Exception as error:  # told to everybody who waits for it
                for each in batch:
                    if not each.answer.done():
                        each.answer.set_exception(error)
                continue
            for each, generated in zip(batch, found, strict=True):
                if not each.answer.done():
                    each.answer.set_result(generated)

    def _next_batch(self) -> list[_Waiting]:
        """Those who have waited longest, as far as they want the same decoding."""
        decoding = self._waiting[0].decoding
        batch: list[_Waiting] = []
        others: list[_Waiting] = []
        for each in self._waiting:
            fits = each.decoding == decoding and len(batch) < self._most
            (batch if fits else others).append(each)
        self._waiting = others
        return batch
