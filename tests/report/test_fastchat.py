"""FastChat's files of what was examined: counted again they come to the same, by our program and by FastChat's own."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from kitae.core.generation import Decoding, Generated, Identity
from kitae.core.label import Label
from kitae.evaluate.judging.asked import Answer
from kitae.evaluate.judging.protocol import own_protocol
from kitae.evaluate.judging.request import judged, requests_for
from kitae.evaluate.judging.rescore import rescore
from kitae.evaluate.judging.tally import Tally
from kitae.evaluate.own.shelf import own_suite
from kitae.report.boards import Board, Said
from kitae.report.examined import boards
from kitae.report.fastchat import Exchange, Rows, distinct, file_name
from kitae.suites import Asked

ROOT = Path(__file__).parents[2]
FORGE = own_suite("forge-ja")
SUITE = Asked("forge-ja", FORGE.prompts, Label.PUBLIC, FORGE)
MODELS = ("model/tuned@1a2b3c4d", "endpoint:b")


def examined(protocol: str) -> tuple[list[Board], Exchange]:
    """Two models, two samples of writing; ratings of all kinds, some that cannot be read, and one that never came."""
    rules, said, rows = own_protocol(protocol), [], []
    for model in MODELS:
        identity = Identity(model=model, engine="e", number_format="n")
        for prompt in FORGE.prompts:
            for sample in (0, 1) if prompt.category == "writing" else (0,):
                turns = tuple(f"{model}の{prompt.id}への答え。" for _ in prompt.turns)
                said.append(
                    Answer(model=model, identity=identity, decoding=Decoding(seed=sample), question=prompt.id,
                           version=prompt.version, sample=sample, turns=turns, finishes=("stop",) * len(turns))
                )  # fmt: skip
    for number, request in enumerate(requests_for(SUITE, said, rules, judge="endpoint:j:judge-1 http unknown")):
        word = "ABC"[number % 3] if request.about.order else str(number * 7 % 10 + 1)
        text = "採点できません。" if number % 29 == 5 else f"理由。\n評価: [[{word}]]"
        reply = Generated(text=text, finish="stop", prompt_tokens=1, tokens=1, seconds=1)
        rows.append(judged(request, reply, rules))
    answers = {each.key: each for each in said}
    shown = boards([SUITE], answers, rows[:-1])
    return shown, Exchange(SUITE, shown, Said(answers))


def written(files: dict[str, Rows], folder: Path) -> Path:
    for name, rows in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


SINGLE = "model_judgment/endpoint-j-judge-1-http-unknown.kitae-ja-single_single.jsonl"
PAIR = "model_judgment/endpoint-j-judge-1-http-unknown.kitae-ja-pair_pair.jsonl"


@pytest.mark.parametrize(
    ("protocol", "file", "kind"), [("kitae-ja-single", SINGLE, "mtbench"), ("kitae-ja-pair", PAIR, "pairwise")]
)
def test_counted_again_they_come_to_the_same(protocol: str, file: str, kind: str, tmp_path: Path) -> None:
    (board,), exchange = examined(protocol)
    again = {each.model: each for each in rescore([written(exchange.files(), tmp_path) / file], kind)}
    for line in board.lines:
        assert counted(again[exchange.models[line.who]]) == counted(line.tally)
        assert line.tally.n_failed > 1


def counted(tally: Tally) -> Any:
    """All figures of it; sums in another order may differ in the last bits."""
    told = tally.model_dump(exclude={"model", "n_duplicate", "notes"})
    return json.loads(json.dumps(told), parse_float=lambda written: round(float(written), 9))


def test_the_files_are_fastchats() -> None:
    files = examined("kitae-ja-single")[1].files()
    assert sorted(files) == [
        "model_answer/endpoint-b.jsonl",
        "model_answer/model-tuned@1a2b3c4d.jsonl",
        SINGLE,
        "question.jsonl",
        "reference_answer/reference.jsonl",
    ]
    assert [len(files[name]) for name in ("question.jsonl", "model_answer/endpoint-b.jsonl", SINGLE)] == [80, 80, 360]
    answer = files["model_answer/endpoint-b.jsonl"][0]
    assert answer["model_id"] == "endpoint-b" and [each["index"] for each in answer["choices"]] == [0, 1]
    first = files[SINGLE][0]
    assert first["judge"][1] == "kitae-ja-single-turn-1" and "への答え" in first["user_prompt"]
    assert [row["judgment"] for row in files[SINGLE]].count("$ERROR$") == 1  # the one that never came
    assert {row["score"] for row in files[SINGLE]} == {-1, *map(float, range(1, 11))}


def test_names_are_those_of_files_and_stay_apart() -> None:
    assert list(distinct(map(file_name, ("endpoint:a/b", "endpoint-a-b", "..", "社内モデル@1")))) == [
        "endpoint-a-b",
        "endpoint-a-b-2",
        "model",
        "社内モデル@1",
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("protocol", "file", "mode"), [("kitae-ja-single", SINGLE, "single"), ("kitae-ja-pair", PAIR, "pairwise-all")]
)
def test_fastchats_own_program_prints_the_same_means(protocol: str, file: str, mode: str, tmp_path: Path) -> None:
    """The oracle is `show_result.py` of fschat, with pandas: `make peers-judge`, or the Python of `KITAE_FASTCHAT`."""
    python = Path(os.environ.get("KITAE_FASTCHAT", ROOT / ".venv-fastchat" / "bin" / "python"))
    if not python.exists():
        pytest.skip("no FastChat: `make peers-judge` installs it, or KITAE_FASTCHAT names its Python")
    (board,), exchange = examined(protocol)
    written(exchange.files(), tmp_path)
    arguments = ["--mode", mode, "--bench-name", "mt_bench", "--input-file", str(tmp_path / file)]
    command = [str(python), "-m", "fastchat.llm_judge.show_result", *arguments]
    printed = subprocess.run(command, capture_output=True, text=True, check=True)
    last = printed.stdout.rpartition("Average")[2]
    for line in board.lines:
        (figures,) = re.findall(rf"^{re.escape(exchange.models[line.who])}\s+(.*)$", last, re.MULTILINE)
        assert float(figures.split()[-1]) == pytest.approx(line.tally.mean_published, abs=5e-7)
