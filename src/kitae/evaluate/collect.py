"""Many questions at once to one model; every reply is remembered before the next is asked for in its place."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..core.claims import Claims
from ..core.dialogue import Message
from ..core.generation import Decoding, Generated
from ..core.journal import Journal
from ..core.mistakes import Mistake
from ..core.quantity import Money, total
from ..gate.client import Rejected, Unanswered
from .purse import Purse

Speak = Callable[[Sequence[Message], Decoding], Awaitable[Generated]]

ROUNDS = 3
"""How often what failed is taken up again after all the rest, as long as anything succeeds."""
SILENCE_TRIES = 3
"""How often an empty reply is asked for again, where a reply has to say something."""
OTHERS = 0.2
"""Seconds between two looks at what another process is at work on."""
OF_THIS_CALL = (400, 413, 422)
"""Refusals that may be about one prompt (too long, a filter); others are about the endpoint, and end the work."""
REFUSED = "refused"
"""Why, in the record of a prompt that was refused for good."""
CONTROL_TOKENS = 16
"""Of the answer to a prompt that is asked again only to see whether an endpoint still answers at all."""


@dataclass(frozen=True)
class Ask:
    """One prompt, and under which key its reply is remembered."""

    key: str
    messages: tuple[Message, ...]
    decoding: Decoding
    row: Callable[[Generated, Money | None], dict[str, Any]]
    """Makes the record of a reply, and of what it cost where the endpoint has a price."""
    refused: Mapping[str, Any] | None = None
    """What is remembered, with why, where the prompt is refused for good; `None` where it is asked again next time."""


@dataclass
class Collector:
    """Gets the replies that the records lack. A kill loses the calls under way; two processes share the work."""

    kind: str
    """Of the records."""
    journal: Journal
    claims: Claims
    purse: Purse
    speak: Speak
    at_once: int
    """As many calls `speak` makes at a time."""
    advance: Callable[[int], None] = lambda _: None
    silence_tries: int = 1
    _stopped: BaseException | None = field(default=None, init=False)
    _failures: int = field(default=0, init=False)
    """In a row, without a reply between."""
    _answered: Ask | None = field(default=None, init=False)
    """The last one that was."""

    async def collect(self, asks: Sequence[Ask]) -> dict[str, str]:
        """Returns when every ask is in the records, its refusal among them, or has failed.

        Returns:
            Why, for each key that failed: it is asked for again the next time.

        Raises:
            Mistake: the endpoint refuses everything or answers nothing, the budget is reached, or the disk is full.
                What was answered is in the records.
        """
        waiting = list({ask.key: ask for ask in asks if not self._known(ask)}.values())
        self._answered = next((ask for ask in asks if self._known(ask) and not self._refused(ask)), None)
        self.advance(len({ask.key for ask in asks}) - len(waiting))
        failed: dict[str, Mistake] = {}
        for _ in range(ROUNDS):
            failed = await self._round(waiting)
            if len(failed) in (0, len(waiting)):
                break
            waiting = [ask for ask in waiting if ask.key in failed]
        await self._keep_refusals(asks, failed)
        return {key: error.what for key, error in failed.items()}

    def stop(self, error: BaseException) -> None:
        """Asks for nothing more; `collect` raises `error` when the calls under way have ended."""
        self._stopped = self._stopped or error

    async def _round(self, asks: Sequence[Ask]) -> dict[str, Mistake]:
        queue, failed = deque(asks), dict[str, Mistake]()
        # Twice as many as may speak: one that waits before another try leaves its place at the endpoint to others.
        await asyncio.gather(*(self._work(queue, failed) for _ in range(min(2 * self.at_once, len(asks)))))
        if self._stopped is not None:
            raise self._stopped
        return failed

    async def _keep_refusals(self, asks: Sequence[Ask], failed: dict[str, Mistake]) -> None:
        """Takes those out of `failed` that are about their prompt alone: the endpoint still answers another one."""
        rows = {ask.key: ask.refused for ask in asks if ask.refused and _of_this_prompt(failed.get(ask.key))}
        if rows and await self._still_answers():
            for key, row in rows.items():
                await self.journal.add(self.kind, key, {**row, REFUSED: failed.pop(key).what})

    async def _still_answers(self) -> bool:
        """Whether a prompt that was answered is answered again: without a balance, some providers refuse all with 400.

        `False` where none was.
        """
        if self._answered is None:
            return False
        short = self._answered.decoding.model_copy(update={"max_tokens": CONTROL_TOKENS})
        try:
            await self._spoken(replace(self._answered, decoding=short))
        except Mistake:
            return False
        self._failures = 0
        return True

    async def _work(self, queue: deque[Ask], failed: dict[str, Mistake]) -> None:
        refused = 0
        while queue and self._stopped is None:
            ask = queue.popleft()
            try:
                if await self._get(ask):
                    refused = 0
                    self.advance(1)
                else:
                    queue.append(ask)
                    refused += 1
                    # Only when others are at all that is left is there nothing to do but wait.
                    if refused >= len(queue):
                        await asyncio.sleep(OTHERS)
                        refused = 0
            except Mistake as error:
                await self._fail(ask, error, failed)
            except BaseException as error:
                self.stop(error)
                raise

    async def _get(self, ask: Ask) -> bool:
        """Whether the reply is in the records now; not while another process is getting it."""
        if not self.claims.take(ask.key):
            return False
        try:
            self.journal.records.refresh(self.kind)
            if not self._known(ask):
                reply, cost = await self._reply(ask)
                await self.journal.add(self.kind, ask.key, ask.row(reply, cost))
                self._failures, self._answered = 0, ask
            return True
        finally:
            self.claims.free(ask.key)

    async def _reply(self, ask: Ask) -> tuple[Generated, Money | None]:
        """The reply and what it cost, with the empty ones before it."""
        costs = []
        for _ in range(self.silence_tries):
            reply, cost = await self._spoken(ask)
            costs.append(cost)
            if reply.text.strip():
                break
        return reply, total(costs)

    async def _spoken(self, ask: Ask) -> tuple[Generated, Money | None]:
        reserved, reply = await self.purse.reserve(ask.messages, ask.decoding), None
        try:
            reply = await self.speak(ask.messages, ask.decoding)
        finally:
            cost = await self.purse.settle(reserved, ask.messages, reply)
        return reply, cost

    async def _fail(self, ask: Ask, error: Mistake, failed: dict[str, Mistake]) -> None:
        failed[ask.key] = error
        self._failures += 1
        if not await self._goes_on(ask, error):
            self.stop(error)

    async def _goes_on(self, ask: Ask, error: Mistake) -> bool:
        """Whether others may still be answered; after many failures in a row only where one is."""
        refused = _of_this_prompt(error)
        if self._failures <= 2 * self.at_once:
            return refused or isinstance(error, Unanswered)
        return refused and ask.refused is not None and await self._still_answers()

    def _known(self, ask: Ask) -> bool:
        return self.journal.records.get(self.kind, ask.key) is not None

    def _refused(self, ask: Ask) -> bool:
        return REFUSED in (self.journal.records.get(self.kind, ask.key) or ())


def _of_this_prompt(error: Mistake | None) -> bool:
    """Whether it is a refusal that may be about one prompt."""
    return isinstance(error, Rejected) and error.status in OF_THIS_CALL
