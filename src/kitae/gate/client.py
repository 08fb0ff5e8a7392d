"""The one HTTP client of the package. Whatever leaves goes through a `Gate`, and is written down before it goes."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from ..core.journal import Journal
from ..core.label import Label
from ..core.mistakes import Mistake, nearest
from ..core.noun import canonical, digest
from ..core.records import Records
from .patience import Pace, backoff, retry_after
from .policy import Endpoint, Purpose, check_endpoint

if TYPE_CHECKING:
    import httpx

LEDGER = "ledger"
TRIES = 4
"""How often a call is tried when the server is busy or cannot be reached."""
TRIES_OF_MANY = 8
"""The same where many calls are made: one in a thousand that fails would leave the work undone."""
BUSY = (408, 425, 429, 500, 502, 503, 504, 529)
"""Answers that say "not now". 529 is no standard; several providers say it when they are overloaded."""
PATIENCE = 600.0
"""Seconds. A server that wants to be left alone for longer is not waited for."""

T = TypeVar("T")


class Unanswered(Mistake):
    """The server did not answer, or not in a form that can be read, however often it was asked."""


class Rejected(Mistake):
    """The server answers that it will not do what it is asked."""

    def __init__(self, status: int, text: str, *, where: str) -> None:
        hint = "correct `url`, `model` or `key` in [endpoints]"
        super().__init__(f"the endpoint answered {status}: {text[:200]}", where=where, hint=hint)
        self.status = status


@dataclass
class Gate:
    """Closed but for the declared endpoints. It fails closed: no ledger, no call."""

    endpoints: Mapping[str, Endpoint]
    records: Records
    transport: httpx.BaseTransport | None = None
    """Swapped by tests."""
    wait: float = 1.0
    """Seconds before the second try; doubled for each further one."""
    async_transport: httpx.AsyncBaseTransport | None = None
    """The same for `door`."""
    _calls: itertools.count[int] = field(default_factory=itertools.count, init=False)

    def endpoint(self, name: str) -> Endpoint:
        """
        Raises:
            Mistake: it is not declared.
        """
        if name not in self.endpoints:
            raise Mistake(
                f"no endpoint `{name}` is declared, so nothing may go there",
                where="[endpoints] in kitae.toml",
                hint=nearest(name, self.endpoints),
            )
        return self.endpoints[name]

    def post(self, name: str, path: str, body: Mapping[str, Any], *, label: Label, purpose: Purpose) -> dict[str, Any]:
        """Sends JSON to a declared endpoint and returns its JSON.

        The ledger gets a row before each try and one with the outcome. It holds digests and sizes, not texts.

        Raises:
            Mistake: not declared, label too high, no key, or the server does not answer as it should.
        """
        import httpx  # every command looks at the policy, few send anything

        endpoint = self.endpoint(name)
        note = _Note(name, endpoint, label, purpose, self._calls)
        self._check(note, body)
        headers, where = _headers(endpoint), f"{endpoint.url}{path}"
        # A proxy or a netrc of the environment would be a second way out that nobody declared.
        with httpx.Client(transport=self.transport, timeout=endpoint.timeout, trust_env=False) as client:
            for attempt in range(TRIES):
                self.records.add(LEDGER, *note.row(body, "sent"))
                try:
                    response = client.post(where, json=dict(body), headers=headers, follow_redirects=False)
                    outcome = str(response.status_code)
                except httpx.TransportError as error:
                    response, outcome = None, type(error).__name__
                self.records.add(LEDGER, *note.row(body, outcome))
                if response is not None and response.status_code not in BUSY:
                    return _object(response, where)
                _check_patience(response, name, where)
                if attempt < TRIES - 1:
                    time.sleep(max(backoff(attempt, self.wait), _left_alone(response)))
        raise _unanswered(name, where, TRIES, outcome)

    @contextlib.asynccontextmanager
    async def door(
        self, name: str, *, label: Label, purpose: Purpose, journal: Journal | None = None
    ) -> AsyncIterator[Door]:
        """Opens a way to one endpoint for many calls at a time, with the guarantees of `post` for each.

        Args:
            journal: Writes the ledger; pass the one that writes what comes of the calls, and both share its syncs.

        Raises:
            Mistake: not declared, label too high, or no key. Nothing was sent.
        """
        import httpx

        endpoint = self.endpoint(name)
        note = _Note(name, endpoint, label, purpose, self._calls)
        self._check(note, {})
        transport, limits = self.async_transport, httpx.Limits(max_connections=None, max_keepalive_connections=None)
        async with httpx.AsyncClient(
            transport=transport, timeout=endpoint.timeout, trust_env=False, limits=limits, headers=_headers(endpoint)
        ) as client:
            yield Door(note, client, journal or Journal(self.records), self.wait)

    def _check(self, note: _Note, body: Mapping[str, Any]) -> None:
        try:
            check_endpoint(note.name, note.endpoint, note.label)
        except Mistake:
            self.records.add(LEDGER, *note.row(body, "refused by policy"))
            raise


@dataclass(frozen=True)
class _Note:
    """What the ledger says of calls for one purpose."""

    name: str
    endpoint: Endpoint
    label: Label
    purpose: Purpose
    calls: itertools.count[int]

    def row(self, body: Mapping[str, Any], outcome: str) -> tuple[str, dict[str, Any]]:
        """Key and row. Digest and size of the body tell which call it was without telling what it said."""
        text = canonical(dict(body))
        row = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "endpoint": self.name,
            "url": self.endpoint.url,
            "model": self.endpoint.model,
            "purpose": self.purpose,
            "label": str(self.label),
            "body": digest(text),
            "bytes": len(text.encode()),
            "outcome": outcome,
        }
        return digest([row, time.time_ns(), next(self.calls)]), row


class Door:
    """An open way to one endpoint: at most `at_once` calls together, at most `per_minute`."""

    def __init__(self, note: _Note, client: httpx.AsyncClient, journal: Journal, wait: float) -> None:
        self.endpoint = note.endpoint
        self._note = note
        self._client = client
        self._journal = journal
        self._wait = wait
        self._pace = Pace(note.endpoint.per_minute)
        self._places = asyncio.Semaphore(note.endpoint.at_once)

    async def post(self, path: str, body: Mapping[str, Any], read: Callable[[dict[str, Any]], T]) -> T:
        """Sends JSON and returns what `read` makes of the JSON that comes back.

        A busy or unreachable server, a call that takes longer than `timeout` in all, a connection that breaks off, and
        an answer that is no JSON or that `read` cannot read are tried again. A call that waits for its next try leaves
        its place to others.

        Args:
            read: Raises ValueError for what is no answer.

        Raises:
            Unanswered: no try succeeded.
            Rejected: the server refuses the call.
        """
        where, outcome = f"{self.endpoint.url}{path}", ""
        for attempt in range(TRIES_OF_MANY):
            response, outcome = await self._try(where, body)
            if response is not None and response.status_code not in BUSY:
                try:
                    return read(_object(response, where))
                except (_Unreadable, ValueError):
                    outcome = "an answer that cannot be read"
            _check_patience(response, self._note.name, where)
            if attempt < TRIES_OF_MANY - 1:
                await asyncio.sleep(backoff(attempt, self._wait))
        raise _unanswered(self._note.name, where, TRIES_OF_MANY, outcome)

    async def _try(self, where: str, body: Mapping[str, Any]) -> tuple[httpx.Response | None, str]:
        async with self._places:
            await self._pace.turn()
            await self._journal.add(LEDGER, *self._note.row(body, "sent"))
            response, outcome = await self._send(where, body)
            self._pace.close(min(PATIENCE, _left_alone(response)))
        await self._journal.add(LEDGER, *self._note.row(body, outcome))
        return response, outcome

    async def _send(self, where: str, body: Mapping[str, Any]) -> tuple[httpx.Response | None, str]:
        import httpx

        try:
            # httpx counts its seconds anew with every byte that comes; this counts them all.
            async with asyncio.timeout(self.endpoint.timeout):
                response = await self._client.post(where, json=dict(body), follow_redirects=False)
        except (httpx.TransportError, httpx.DecodingError, TimeoutError) as error:
            return None, type(error).__name__
        return response, str(response.status_code)


class _Unreadable(Mistake):
    """A whole answer that is no JSON object."""


def _headers(endpoint: Endpoint) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"} if (secret := endpoint.secret()) else {}


def _left_alone(response: httpx.Response | None) -> float:
    """Seconds that the server asks for, 0 where it does not."""
    return (retry_after(response.headers.get("retry-after"), time.time()) or 0.0) if response is not None else 0.0


def _check_patience(response: httpx.Response | None, name: str, where: str) -> None:
    if (asked := _left_alone(response)) > PATIENCE:
        raise Unanswered(
            f"the endpoint `{name}` wants to be left alone for {asked / 60:,.0f} minutes",
            where=where,
            hint="run the same command again after that; what was answered so far is kept",
        )


def _unanswered(name: str, where: str, tries: int, outcome: str) -> Unanswered:
    return Unanswered(
        f"the endpoint `{name}` did not answer {tries} times ({outcome})",
        where=where,
        hint="see that the server runs and try again; what was answered so far is kept",
    )


def _object(response: httpx.Response, where: str) -> dict[str, Any]:
    if response.status_code != 200:
        raise Rejected(response.status_code, response.text, where=where)
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise _Unreadable(
            "the endpoint answered no JSON object", where=where, hint="is `url` the address that ends in /v1?"
        )
    return answer
