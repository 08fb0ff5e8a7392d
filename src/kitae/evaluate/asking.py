"""Who answers many questions at once: a model behind an endpoint, or one that runs here."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from ..core.claims import Claims
from ..core.generation import Decoding, Generated, Identity
from ..core.journal import Journal
from ..core.label import Label
from ..core.mistakes import Mistake
from ..core.quantity import Money
from ..core.records import Records
from ..core.run import Meter, Watcher
from ..engine.desk import MOST, Desk
from ..engine.remote import Correspondent, Remote
from ..gate.client import Gate
from ..gate.policy import Endpoint, Purpose, check_endpoint
from .answers import KIND, REFUSAL, Asked, Model, answer_key, answer_row
from .collect import Ask, Collector, Speak
from .purse import Purse

CLAIMS = ".claims"
"""A file beside the records; it stays empty."""


class Respondent(Protocol):
    """Somebody who can be asked many things at once."""

    @property
    def name(self) -> str: ...

    @property
    def identity(self) -> Identity: ...

    @property
    def at_once(self) -> int: ...

    @property
    def endpoint(self) -> Endpoint | None: ...

    def open(self, journal: Journal) -> contextlib.AbstractAsyncContextManager[Speak]:
        """Makes it ready to be asked."""
        ...


@dataclass(frozen=True)
class Far:
    """A model behind an endpoint."""

    gate: Gate
    name: str
    label: Label
    """Of what it is sent."""
    purpose: Purpose

    @property
    def identity(self) -> Identity:
        return Remote(self.gate, self.name, self.label).identity

    @property
    def at_once(self) -> int:
        return self.endpoint.at_once

    @property
    def endpoint(self) -> Endpoint:
        return self.gate.endpoint(self.name)

    def check(self) -> None:
        """Before anything is done for it.

        Raises:
            Mistake: it may not receive the label, or its key is not set.
        """
        check_endpoint(self.name, self.endpoint, self.label)
        self.endpoint.secret()

    @contextlib.asynccontextmanager
    async def open(self, journal: Journal) -> AsyncIterator[Speak]:
        async with self.gate.door(self.name, label=self.label, purpose=self.purpose, journal=journal) as door:
            yield Correspondent(door).ask


@dataclass(frozen=True)
class Near:
    """A model that runs here; it is loaded when the first question comes."""

    name: str
    model: Model
    at_once: int = MOST
    endpoint: None = None

    @property
    def identity(self) -> Identity:
        return self.model.identity

    @contextlib.asynccontextmanager
    async def open(self, journal: Journal) -> AsyncIterator[Speak]:
        yield Desk(self.model.loaded()).ask


def ask_all(
    asks: Sequence[Ask],
    respondent: Respondent,
    records: Records,
    *,
    kind: str,
    watcher: Watcher,
    what: str,
    budget: Money | None = None,
    before: Money | None = None,
    silence_tries: int = 1,
) -> dict[str, str]:
    """Gets every reply that the records lack; with Ctrl-C once, those under way are waited for and kept.

    Args:
        kind: Of the records.
        budget: For all asks together, what earlier starts spent on them counted.
        before: What it has paid for besides.

    Returns:
        Why, for the keys of those that got none.

    Raises:
        Mistake: as `Collector.collect`.
    """
    keys = {ask.key for ask in asks}
    rows = [row for key in keys if (row := records.get(kind, key)) is not None]
    spent = [Money.model_validate(row["money"]) for row in rows if row.get("money")] + ([before] if before else [])
    if len(rows) == len(keys):
        return {}

    async def run() -> dict[str, str]:
        journal = Journal(records)
        purse = Purse(respondent.endpoint, budget, spent)
        advance = watcher.start(respondent.name, what, len(keys), "replies", Meter(said=purse.told))
        with Claims(records.folder / CLAIMS) as claims:
            async with respondent.open(journal) as speak:
                collector = Collector(
                    kind, journal, claims, purse, speak, respondent.at_once, advance, silence_tries=silence_tries
                )
                with _interrupts(collector):
                    return await collector.collect(asks)

    return asyncio.run(run())


@contextlib.contextmanager
def _interrupts(collector: Collector) -> Iterator[None]:
    """The first Ctrl-C stops asking, a second one everything."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        collector.stop(KeyboardInterrupt())
        loop.remove_signal_handler(signal.SIGINT)

    try:
        loop.add_signal_handler(signal.SIGINT, stop)
    except (RuntimeError, ValueError):  # not in the main thread: somebody else looks after signals
        yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)


def answers_from(
    asked: Sequence[Asked],
    respondent: Respondent,
    decoding: Decoding,
    records: Records,
    *,
    watcher: Watcher,
    budget: Money | None = None,
    before: Money | None = None,
) -> list[Generated]:
    """One answer of a model under test for each prompt, in order: as `answers.answers`, under the same keys.

    `REFUSAL` is the answer to what the endpoint refuses for good while it answers others; it is kept as answers are.

    Raises:
        Mistake: one got no answer, and may get one the next time; nothing stands in its place.
    """
    identity = respondent.identity
    keys = [answer_key(identity, decoding, each) for each in asked]
    asks = [
        Ask(
            key,
            each.messages,
            decoding,
            partial(answer_row, identity, decoding, each),
            answer_row(identity, decoding, each, REFUSAL),
        )
        for key, each in zip(keys, asked, strict=True)
    ]
    failed = ask_all(
        asks, respondent, records, kind=KIND, watcher=watcher, what="answering", budget=budget, before=before
    )
    if failed:
        raise Mistake(
            f"{len(failed)} of {len(asks)} prompts got no answer, the first because {next(iter(failed.values()))}",
            where=identity.model,
            hint="run the same command again: the others are kept, and an answer that is not there is not judged",
        )
    found = [records.get(KIND, key) for key in keys]
    return [Generated.model_validate(row["generated"]) for row in found if row is not None]
