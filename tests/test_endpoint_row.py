"""An OpenAI-compatible endpoint as a row of the decision table, and what the policy makes of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from kitae.commands import decide, make_all
from kitae.core.mistakes import Mistake
from kitae.gate.client import LEDGER
from kitae.project import Project


class Model(BaseHTTPRequestHandler):
    """Answers every prompt alike, and remembers what it was sent."""

    seen: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.seen.append(self.rfile.read(int(self.headers["content-length"])).decode())
        body = {"choices": [{"message": {"content": "5日です。[1]"}, "finish_reason": "stop"}]}
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        return None


@pytest.fixture
def server() -> Iterator[str]:
    Model.seen.clear()
    with HTTPServer(("127.0.0.1", 0), Model) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/v1"
        running.shutdown()


def declare(folder: Path, url: str, may_receive: str) -> Project:
    endpoint = f'\n[endpoints.api]\nurl = "{url}"\nmodel = "m-2026-08-01"\nmay_receive = "{may_receive}"\nrow = true\n'
    toml = folder / "kitae.toml"
    toml.write_text(toml.read_text() + endpoint)
    return Project(folder)


def test_an_endpoint_that_may_receive_the_label_is_a_row(walked: Path, server: str) -> None:
    project = declare(walked, server, "internal")
    making, road = make_all(project)
    assert [step.artifact.split("@")[0] for step in making.steps if step.outcome == "made"] == [
        "scorecard/api.retrieval"
    ]
    lines = {line.row: line for line in decide(project, road.scorecards).lines}
    assert lines["api.retrieval"].right_n >= 1
    assert lines["api.retrieval"].false_answers_n == 1
    assert len(Model.seen) == 4
    ledger = list(project.records.all(LEDGER))
    assert sorted(row["outcome"] for row in ledger) == ["200"] * 4 + ["sent"] * 4
    assert {row["label"] for row in ledger} == {"internal"}
    # What is in the records is not sent again, even when the scorecard has to be made anew.
    project.store.remove(road.scorecards[-1].folder)
    make_all(project)
    assert len(Model.seen) == 4


def test_an_endpoint_that_may_not_receive_the_label_gets_nothing(walked: Path, server: str) -> None:
    before = {artifact.id for artifact in Project(walked).store.artifacts()}
    project = declare(walked, server, "public")
    with pytest.raises(Mistake, match="may receive `public`"):
        make_all(project)
    assert Model.seen == []
    assert before <= {artifact.id for artifact in project.store.artifacts()}
