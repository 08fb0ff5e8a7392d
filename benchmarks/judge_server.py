"""A judge that is no model: answers every chat completion alike, after a fixed time, and badly as often as it is told.

    python benchmarks/judge_server.py --latency 0.5                          # for `judging.py`
    python benchmarks/judge_server.py --faults 0.3 --log FILE                # for the tests

Prints its port, then serves until it is ended. The log has a line for each request: the SHA-256 of its body, when it
came and when its answer went (seconds since 1970), and what became of it. `sent` and `garbage` are whole answers;
everything else is a fault that the client has to get over.
"""

from __future__ import annotations

import argparse
import asyncio
import email.utils
import hashlib
import json
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

TEXT = "The answer is to the point and in good Japanese. Rating: [[7]]"
GARBAGE = "\u200b%%% 評価◆◆[0xFF"
GARBAGE_SHARE = 0.01
"""Of all answers, where there are faults: whole and well-formed, and no judgment."""
FOREVER = 3600.0


def completion(text: str | None) -> bytes:
    """A chat completion."""
    message = {"role": "assistant", "content": text}
    usage = {"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return json.dumps({"id": "c", "object": "chat.completion", "choices": [choice], "usage": usage}).encode()


def reply(status: int, body: bytes, *headers: str, length: int | None = None) -> bytes:
    """A whole HTTP answer, or with a larger `length` one that breaks off."""
    lines = [
        f"HTTP/1.1 {status} X",
        "content-type: application/json",
        f"content-length: {length or len(body)}",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def soon() -> str:
    """A date a second from now, as HTTP writes it."""
    return email.utils.formatdate(time.time() + 1, usegmt=True)


GOOD = completion(TEXT)
FAULTS: dict[str, Callable[[], bytes]] = {
    "500": lambda: reply(500, b"internal error"),
    "503": lambda: reply(503, b'{"error": "overloaded"}'),
    "429": lambda: reply(429, b"{}", "retry-after: 1"),
    "429 with a date": lambda: reply(429, b"{}", f"retry-after: {soon()}"),
    "truncated": lambda: reply(200, GOOD[: len(GOOD) // 2]),
    "no JSON": lambda: reply(200, b"<html>\xff\xfe</html>"),
    "no completion": lambda: reply(200, b'{"error": {"message": "try later"}}'),
    "empty": lambda: reply(200, completion("")),
    "null": lambda: reply(200, completion(None)),
    "broken off": lambda: reply(200, GOOD[:50], length=len(GOOD)),
    "half a header": lambda: b"HTTP/1.1 200 OK\r\ncontent-le",
    "reset": lambda: b"",
    "half-open": lambda: b"",
    "hang": lambda: b"",
}
RARE = {"429", "429 with a date"}
"""These make the client wait for a second with everything, so they come a tenth as often as the others, once each has
come."""
SILENT = {"hang", "half-open", "half a header"}
"""The connection stays as it is and nothing more comes."""
CLOSED = {"broken off", "reset"}


class Judge:
    """Serves, and writes down what it did."""

    def __init__(self, latency: float, faults: float, log: TextIO | None, seed: int) -> None:
        self.latency = latency
        self.faults = faults
        self.log = log
        self.chance = random.Random(seed)
        # Each comes once before any comes again, so that a short run meets them all.
        self.due = self.chance.sample([*FAULTS, "garbage"], len(FAULTS) + 1)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers the requests of one connection, until it is closed."""
        try:
            while (body := await request(reader)) is not None:
                if not await self._answer(body, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, body: bytes, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection can be used again."""
        outcome, came = self._outcome(), time.time()
        await asyncio.sleep(self.latency)
        if outcome in FAULTS:
            data = FAULTS[outcome]()
        else:
            data = reply(200, GOOD if outcome == "sent" else completion(GARBAGE))
        writer.write(data)
        await writer.drain()
        self._note(body, came, outcome)
        if outcome in SILENT:
            await asyncio.sleep(FOREVER)
        if outcome == "reset" and writer.transport:
            writer.transport.abort()
        return outcome not in CLOSED

    def _outcome(self) -> str:
        if not self.faults:
            return "sent"
        if self.chance.random() < self.faults:
            if self.due:
                return self.due.pop()
            weights = [0.1 if fault in RARE else 1.0 for fault in FAULTS]
            return self.chance.choices(list(FAULTS), weights)[0]
        return "garbage" if self.chance.random() < GARBAGE_SHARE else "sent"

    def _note(self, body: bytes, came: float, outcome: str) -> None:
        if self.log is not None:
            digest, went = hashlib.sha256(body).hexdigest(), time.time()
            print(digest, f"{came:.4f} {went:.4f}", outcome, file=self.log, flush=True)


async def request(reader: asyncio.StreamReader) -> bytes | None:
    """The body of the next request; `None` at the end of the connection."""
    head = await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b""
    if not head:
        return None
    headers = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:] if b":" in line)
    return await reader.readexactly(int(headers.get(b"content-length", b"0")))


async def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--latency", type=float, default=0.0, help="seconds before every answer")
    arguments.add_argument("--faults", type=float, default=0.0, help="share of requests that go wrong")
    arguments.add_argument("--log", type=Path)
    arguments.add_argument("--seed", type=int, default=0)
    chosen = arguments.parse_args()
    log = chosen.log.open("a", encoding="utf-8") if chosen.log else None
    judge = Judge(chosen.latency, chosen.faults, log, chosen.seed)
    server = await asyncio.start_server(judge.serve, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
