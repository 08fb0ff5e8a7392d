"""The oracle is FastChat itself: what our protocol sends is, byte for byte, what its program sends.

It needs an environment of its own: `make peers-judge`, or the Python that `KITAE_FASTCHAT` names.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from kitae.core.generation import Decoding, Identity
from kitae.evaluate.imported.folder import read_folder
from kitae.evaluate.judging.asked import GUIDED, Answer, JudgedSuite
from kitae.evaluate.judging.prompts import Kind
from kitae.evaluate.judging.protocol import protocol_named
from kitae.evaluate.judging.request import JudgeRequest, requests_for

ROOT = Path(__file__).parents[3]
SCRIPT = Path(__file__).with_name("fastchat_requests.py")
MODELS = ("ours", "theirs", "gpt-3.5-turbo")
BASELINE = "gpt-3.5-turbo"

pytestmark = pytest.mark.slow


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


def sent_by_fastchat(python: Path, folder: Path, mode: str) -> list[dict[str, Any]]:
    ran = subprocess.run([python, SCRIPT, folder, mode, *MODELS], capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr[-2000:]
    return [json.loads(line) for line in ran.stdout.splitlines()]


def ours(published: Path, kind: Kind, baseline: str = "") -> tuple[JudgedSuite, list[JudgeRequest]]:
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
    return suite, list(requests_for(suite, answers, protocol, judge="gpt-4"))


def comparable(requests: Sequence[JudgeRequest]) -> Counter[str]:
    return Counter(
        json.dumps(
            {
                "messages": [{"role": message.role, "content": message.content} for message in each.messages],
                "temperature": each.temperature,
                "max_tokens": each.max_tokens,
            }
        )
        for each in requests
    )


@pytest.mark.parametrize(
    ("mode", "kind", "baseline", "count"),
    [
        ("single", "single", "", 3 * 160),
        ("pairwise-baseline", "pair", BASELINE, 2 * 320),
        ("pairwise-all", "pair", "", 3 * 320),
    ],
)
def test_what_is_sent_is_what_fastchat_sends(
    fastchat: Path, published: Path, tmp_path: Path, mode: str, kind: Kind, baseline: str, count: int
) -> None:
    sent = sent_by_fastchat(fastchat, lay_out(published, tmp_path), mode)
    theirs = Counter(
        json.dumps(
            {
                key: float(each[key]) if key == "temperature" else each[key]
                for key in ("messages", "temperature", "max_tokens")
            }
        )
        for each in sent
    )
    suite, requests = ours(published, kind, baseline)
    assert len(suite.prompts) == 80 and len(sent) == len(requests) == count
    assert comparable(requests) == theirs
    assert {request.about.turn for request in requests} == {1, 2}
    assert {bool(request.about.reference) for request in requests} == {True, False}
    assert all(bool(request.about.reference) == (request.about.category in GUIDED) for request in requests)
