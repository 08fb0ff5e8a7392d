"""A model that runs here, behind an endpoint as OpenAI's chat completions are: a judge for trying things out.

    python benchmarks/endpoint.py --tiny                          # two layers of random weights: it says nothing
    python benchmarks/endpoint.py --project demo --model model/tuned-int8

Prints its port, then serves on this machine alone until it is ended. Whoever asks at the same time is answered in one
batch.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from judge_server import reply, request

from kitae.core.dialogue import Message
from kitae.core.generation import Decoding, Generated, Generator
from kitae.core.mistakes import Mistake
from kitae.core.quiet import hush
from kitae.engine.desk import Desk

MAX_TOKENS = 1024
"""Where a request names no limit."""


class Endpoint:
    """Answers `/chat/completions`, whatever the path before it."""

    def __init__(self, generator: Generator, name: str, limit: int) -> None:
        self._desk = Desk(generator)
        self._name = name
        self._limit = limit

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers the requests of one connection, until it is closed."""
        try:
            while (body := await request(reader)) is not None:
                writer.write(await self._answer(body))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, body: bytes) -> bytes:
        try:
            asked = json.loads(body)
            messages = [Message(role=each["role"], content=each["content"]) for each in asked["messages"]]
            generated = await self._desk.ask(messages, self._decoding(asked))
        except (ValueError, KeyError, TypeError, Mistake) as error:
            return reply(400, json.dumps({"error": {"message": str(error)}}, ensure_ascii=False).encode())
        return reply(200, json.dumps(self._completion(generated), ensure_ascii=False).encode())

    def _decoding(self, asked: dict[str, Any]) -> Decoding:
        return Decoding(
            max_tokens=min(self._limit, asked.get("max_tokens") or MAX_TOKENS),
            temperature=asked.get("temperature") or 0.0,
            seed=asked.get("seed") or 0,
        )

    def _completion(self, generated: Generated) -> dict[str, Any]:
        message = {"role": "assistant", "content": generated.text}
        counted = {"prompt_tokens": generated.prompt_tokens, "completion_tokens": generated.tokens}
        return {
            "object": "chat.completion",
            "model": self._name,
            "choices": [{"index": 0, "message": message, "finish_reason": generated.finish}],
            "usage": counted | {"total_tokens": sum(counted.values())},
        }


def model(chosen: argparse.Namespace) -> tuple[Generator, str]:
    """The model, and what it is called."""
    hush()
    if not chosen.tiny:
        from kitae.engine.open import open_generator
        from kitae.project import Project

        artifact = Project(chosen.project).store.named(chosen.model)
        return open_generator(artifact), artifact.id
    from kitae.engine.local import TransformersGenerator
    from kitae.engine.tiny import make_tiny

    folder = make_tiny(chosen.folder or Path(tempfile.mkdtemp()))
    return TransformersGenerator(folder, model="tiny"), "tiny"


async def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--tiny", action="store_true")
    arguments.add_argument("--folder", type=Path, help="where the tiny model is written")
    arguments.add_argument("--project", type=Path)
    arguments.add_argument("--model", default="model/tuned-int8")
    arguments.add_argument("--max-tokens", type=int, default=MAX_TOKENS, help="of an answer, whatever is asked for")
    arguments.add_argument("--port", type=int, default=0, help="any that is free when left out")
    chosen = arguments.parse_args()
    if chosen.tiny == bool(chosen.project):
        arguments.error("either --tiny or --project")
    endpoint = Endpoint(*model(chosen), chosen.max_tokens)
    server = await asyncio.start_server(endpoint.serve, "127.0.0.1", chosen.port, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
