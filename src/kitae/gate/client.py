"""The one HTTP client of the package. Whatever leaves goes through `Gate.post`, and is written down before it goes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from ..core.label import Label
from ..core.mistakes import Mistake, nearest
from ..core.noun import canonical, digest
from ..core.records import Records
from .policy import Endpoint, Purpose, check_endpoint

LEDGER = "ledger"
TRIES = 4
"""How often a call is tried when the server is busy or cannot be reached."""
BUSY = (408, 429, 500, 502, 503, 504)


@dataclass
class Gate:
    """Closed but for the declared endpoints. It fails closed: no ledger, no call."""

    endpoints: Mapping[str, Endpoint]
    records: Records
    transport: httpx.BaseTransport | None = None
    """Swapped by tests."""
    wait: float = 1.0
    """Seconds before the second try; doubled for each further one."""
    _calls: int = field(default=0, init=False)

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
        endpoint = self.endpoint(name)
        try:
            check_endpoint(name, endpoint, label)
        except Mistake:
            self._note(name, endpoint, body, label, purpose, outcome="refused by policy")
            raise
        headers = {"Authorization": f"Bearer {secret}"} if (secret := endpoint.secret()) else {}
        where = f"{endpoint.url}{path}"
        # A proxy or a netrc of the environment would be a second way out that nobody declared.
        with httpx.Client(transport=self.transport, timeout=endpoint.timeout, trust_env=False) as client:
            for attempt in range(TRIES):
                self._note(name, endpoint, body, label, purpose, outcome="sent")
                try:
                    response = client.post(where, json=dict(body), headers=headers, follow_redirects=False)
                    outcome = str(response.status_code)
                except httpx.TransportError as error:
                    response, outcome = None, type(error).__name__
                self._note(name, endpoint, body, label, purpose, outcome=outcome)
                if response is not None and response.status_code not in BUSY:
                    return _json(response, where)
                if attempt < TRIES - 1:
                    time.sleep(self.wait * 2**attempt)
        raise Mistake(
            f"the endpoint `{name}` did not answer {TRIES} times ({outcome})",
            where=where,
            hint="see that the server runs and try again; what was answered so far is kept",
        )

    def _note(
        self, name: str, endpoint: Endpoint, body: Mapping[str, Any], label: Label, purpose: Purpose, *, outcome: str
    ) -> None:
        self._calls += 1
        text = canonical(dict(body))
        row = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "endpoint": name,
            "url": endpoint.url,
            "model": endpoint.model,
            "purpose": purpose,
            "label": str(label),
            "body": digest(text),
            "bytes": len(text.encode()),
            "outcome": outcome,
        }
        self.records.add(LEDGER, digest([row, time.time_ns(), self._calls]), row)


def _json(response: httpx.Response, where: str) -> dict[str, Any]:
    if response.status_code != 200:
        raise Mistake(
            f"the endpoint answered {response.status_code}: {response.text[:200]}",
            where=where,
            hint="correct `url`, `model` or `key` in [endpoints]",
        )
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise Mistake(
            "the endpoint answered no JSON object", where=where, hint="is `url` the address that ends in /v1?"
        )
    return answer
