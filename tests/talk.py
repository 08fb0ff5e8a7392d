"""A server of the tests that speaks chat completions: each model that it serves is a function of the last message."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from kitae.evaluate.imported.folder import read_folder
from kitae.evaluate.imported.shelf import keep
from kitae.project import Project

from .conftest import write_project

Speaks = Callable[[str], str]


class Refused(Exception):
    """What a model's function raises where the server answers that it will not do this."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass
class Server:
    """What it serves, and what it was asked."""

    url: str = ""
    models: dict[str, Speaks] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    """What a model is called in its answers, where that is not the name that was asked for."""
    asked: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(body)
        name = body["model"]
        text = self.models[name](body["messages"][-1]["content"])
        return {
            "model": self.named.get(name, name),
            "choices": [{"message": {"content": text}, "finish_reason": "stop"}],
        }

    def calls(self, model: str) -> int:
        return sum(body["model"] == model for body in self.asked)


@contextmanager
def talking(models: Mapping[str, Speaks]) -> Iterator[Server]:
    server = Server(models=dict(models))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            try:
                status, data = 200, json.dumps(server.answer(body)).encode()
            except Refused as error:
                status, data = error.status, json.dumps({"error": {"message": str(error)}}).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            return None

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.daemon_threads = True
        threading.Thread(target=running.serve_forever, daemon=True).start()
        server.url = f"http://127.0.0.1:{running.server_port}/v1"
        yield server
        running.shutdown()


def plain_project(folder: Path) -> Path:
    """A project whose models are all behind endpoints: no base is there, and none is needed."""
    return write_project(folder / "plain", folder / "no-base")


def declare(folder: Path, server: Server, more: str = "") -> Project:
    """The project with an endpoint for each model of the server, called as the model."""
    endpoints = "".join(
        f'\n[endpoints.{name}]\nurl = "{server.url}"\nmodel = "{name}-2026-08"\nmay_receive = "public"\n'
        for name in {model.partition("-2026")[0] for model in server.models}
    )
    toml = folder / "kitae.toml"
    toml.write_text(toml.read_text(encoding="utf-8") + endpoints + more, encoding="utf-8")
    return Project(folder)


CATEGORIES = ("writing", "roleplay", "stem", "humanities", "extraction")


def office(folder: Path, questions: int = 20) -> None:
    """Imports `office`: questions of two turns in five categories, for a judge."""
    rows = [
        {
            "question_id": number,
            "category": CATEGORIES[number % len(CATEGORIES)],
            "turns": [f"第{number}問。議事録の書き方を教えてください。", f"第{number}問の続き。短くしてください。"],
        }
        for number in range(1, questions + 1)
    ]
    _add(folder, "office", rows)


def sums(folder: Path, questions: int = 12) -> None:
    """Imports `sums`: questions that a program scores."""
    rows = [
        {"id": f"s{n}", "question": f"{n}足す{n}はいくつですか。", "gold": [str(2 * n)]}
        for n in range(1, questions + 1)
    ]
    _add(folder, "sums", rows)


def _add(folder: Path, name: str, rows: list[dict[str, Any]]) -> None:
    published = folder / f"published-{name}"
    published.mkdir()
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (published / "question.jsonl").write_text(text, encoding="utf-8")
    keep(folder, read_folder(published, name=name))
