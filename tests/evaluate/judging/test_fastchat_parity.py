"""The oracle is FastChat itself: what our protocol sends is, byte for byte, what its program sends.

What it sends is kept here as digests. That they are FastChat's is a slow test, which needs an environment of its own:
`make peers-judge`, or the Python that `KITAE_FASTCHAT` names.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from kitae.core.generation import Decoding, Identity
from kitae.engine.remote import body
from kitae.evaluate.imported.folder import read_folder
from kitae.evaluate.judging.asked import GUIDED, Answer
from kitae.evaluate.judging.prompts import Kind
from kitae.evaluate.judging.protocol import protocol_named
from kitae.evaluate.judging.request import JudgeRequest, requests_for
from kitae.rating import ask_of

ROOT = Path(__file__).parents[3]
SCRIPT = Path(__file__).with_name("fastchat_requests.py")
MODELS = ("ours", "theirs", "gpt-3.5-turbo")
BASELINE = "gpt-3.5-turbo"
MODES = [
    ("single", "single", "", 3 * 160),
    ("pairwise-baseline", "pair", BASELINE, 2 * 320),
    ("pairwise-all", "pair", "", 3 * 320),
]
"""FastChat's name, ours, the baseline, and how many requests there are: both turns, with and without a reference."""
DIGESTS = {
    "single": "3d215c7b8de036de5394095a5e60b91ffc3a599107ad2ebca27fcf781eb7ce74",
    "pairwise-baseline": "594ed2bea1a2b912c9920218cc90fdfc4f9ea1a49f3cbe34a3e431b7dc1d0ce7",
    "pairwise-all": "78cbc2f615b0f35003fb0ad6e47bfc3186ff73ad10e17778d2618adaa2e8aac8",
}
"""SHA-256 of all that fschat 0.2.36 sends in each mode about the answers made here, as `digest` takes it."""

modes = pytest.mark.parametrize(("mode", "kind", "baseline", "count"), MODES)


@pytest.fixture(scope="module")
def fastchat() -> Path:
    python = Path(os.environ.get("KITAE_FASTCHAT", ROOT / ".venv-fastchat" / "bin" / "python"))
    if not python.exists():
        pytest.skip("no FastChat: `make peers-judge` installs it, or KITAE_FASTCHAT names its Python")
    return python


@pytest.fixture(scope="module")
def published(shared_data: Path) -> Path:
    return shared_data / "mtbench" / "en"


def said(model: str, question: int, turn: int) -> str:
    """An answer with all that could upset a template."""
    return (
        f"{model} to {question}.{turn}: "
        + "{answer} {0} {{x}} %s \\n\n```py\nx[0]\n```\n［［１］］ 漢字 😀 </s> [[10]]\n "
    )


def lay_out(published: Path, folder: Path) -> Path:
    """The folder that FastChat works in."""
    bench = folder / "data" / "mt_bench"
    for name in ("model_answer", "reference_answer"):
        (bench / name).mkdir(parents=True)
    shutil.copy(published / "judge_prompts.jsonl", folder / "data" / "judge_prompts.jsonl")
    shutil.copy(published / "question.jsonl", bench / "question.jsonl")
    shutil.copy(published / "reference_gpt-4.jsonl", bench / "reference_answer" / "gpt-4.jsonl")
    questions = [
        json.loads(line) for line in (bench / "question.jsonl").read_text(encoding="utf-8").split("\n") if line
    ]
    for model in MODELS:
        rows = [
            {"question_id": each["question_id"], "choices": [{"index": 0, "turns": turns(model, each["question_id"])}]}
            for each in questions
        ]
        (bench / "model_answer" / f"{model}.jsonl").write_text(
            "".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8"
        )
    return folder


def turns(model: str, question: int) -> list[str]:
    return [said(model, question, 1), said(model, question, 2)]


def line(sent: Mapping[str, Any]) -> str:
    """A request as a line of JSON, as far as the judge's model sees it."""
    told = {name: sent[name] for name in ("model", "messages", "max_tokens")}
    return json.dumps(told | {"temperature": float(sent["temperature"])}, ensure_ascii=False)


def digest(lines: Iterable[str]) -> str:
    """In whatever order the requests are made."""
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def sent_by_fastchat(python: Path, folder: Path, mode: str) -> list[str]:
    ran = subprocess.run([python, SCRIPT, folder, mode, *MODELS], capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr[-2000:]
    return [line(json.loads(each)) for each in ran.stdout.splitlines()]


def ours(published: Path, kind: Kind, baseline: str) -> tuple[list[JudgeRequest], list[str]]:
    """Our requests about the same answers, and for each the line of what goes out."""
    suite = read_folder(published, references="gpt-4")
    answers = [
        Answer(
            model=model,
            identity=Identity(model=model, engine="test", number_format="unknown"),
            decoding=Decoding(),
            question=prompt.id,
            version=prompt.version,
            turns=tuple(turns(model, int(prompt.id))),
        )
        for prompt in suite.prompts
        for model in MODELS
    ]
    protocol = protocol_named({"single": "mtbench", "pair": "mtbench-pair"}[kind], suite.templates, baseline=baseline)
    requests = list(requests_for(suite, answers, protocol, judge="gpt-4"))
    asks = [ask_of(each, protocol) for each in requests]
    return requests, [line(body("gpt-4", each.messages, each.decoding)) for each in asks]


@modes
def test_what_is_sent_is_what_fastchat_sends(published: Path, mode: str, kind: Kind, baseline: str, count: int) -> None:
    requests, sent = ours(published, kind, baseline)
    assert len(sent) == count
    assert digest(sent) == DIGESTS[mode]
    assert len({request.about.question for request in requests}) == 80
    assert {request.about.turn for request in requests} == {1, 2}
    assert {bool(request.about.reference) for request in requests} == {True, False}
    assert all(bool(request.about.reference) == (request.about.category in GUIDED) for request in requests)


@pytest.mark.slow
@modes
def test_the_digests_are_of_what_fastchat_itself_sends(
    fastchat: Path, published: Path, tmp_path: Path, mode: str, kind: Kind, baseline: str, count: int
) -> None:
    theirs = sent_by_fastchat(fastchat, lay_out(published, tmp_path), mode)
    assert len(theirs) == count
    # Tells which request differs, as a digest cannot.
    assert Counter(ours(published, kind, baseline)[1]) == Counter(theirs)
    assert digest(theirs) == DIGESTS[mode]
