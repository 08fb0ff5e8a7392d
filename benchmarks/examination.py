"""The bundled suites and two of JGLUE, answered by models of a project, with a judge that runs here and is killed.

    python benchmarks/examination.py PROJECT [--models model/base-int8 model/tuned-int8] [--jsquad 300]

PROJECT has been walked (`make demo`). Its kitae.toml gets the tables of a judge called `tiny`, a model of two layers of
random weights behind `endpoint.py`: what it says means nothing, and kitae has to say so. What is shown is that all its
judgments arrive, that a SIGKILL amid them costs at most the calls under way, and that the same command once more asks
nothing. Of JSQuAD's validation set so many questions are drawn by a fixed seed (0: all); JCommonsenseQA is whole.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kitae.core.quantity import Money, total
from kitae.evaluate.judging.request import JUDGMENTS

HERE = Path(__file__).parent
SEED = 7
JUDGE, PORT, AT_ONCE = "tiny", 8791, 8
TABLES = f"""
# of benchmarks/examination.py: a judge that means nothing
[endpoints.{JUDGE}]
url = "http://127.0.0.1:{PORT}/v1"
model = "tiny-random"
may_receive = "restricted"
at_once = {AT_ONCE}
price_in = "¥100"
price_out = "¥400"

[judges.{JUDGE}]
endpoint = "{JUDGE}"
"""
JUDGED = "forge-ja"
MAX_TOKENS = {JUDGED: 64, "riddles-ja": 24, "abstain-ja": 48, "format-ja": 96, "jsquad": 24, "jcommonsenseqa": 8}
"""Of an answer, by suite, so that two models take an hour on two slow cores. Some right answers are longer."""
KILLED_AT = 40
"""Judgments in the records when the first command is killed."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    beside = Path(__file__).parents[2] / "shared" / "data"
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--models", nargs="+", default=["model/base-int8", "model/tuned-int8"])
    arguments.add_argument("--jsquad", type=int, default=300, metavar="QUESTIONS")
    arguments.add_argument("--data", type=Path, default=Path(os.environ.get("KITAE_DATA", beside)))
    chosen = arguments.parse_args()
    prepare(chosen.folder, chosen.data / "qa", chosen.jsquad)
    with endpoint():
        killed(chosen.folder, chosen.models[0])
        names = "suite model right 95% EM F1 judge failed answers refused loops bits seconds"
        heads = names.split()
        print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
        for suite in MAX_TOKENS:
            for model in chosen.models:
                begun = time.perf_counter()
                print(line(evaluated(chosen.folder, suite, model), time.perf_counter() - begun), flush=True)


def prepare(folder: Path, data: Path, questions: int) -> None:
    """The judge's tables, and the two suites of JGLUE."""
    file = folder / "kitae.toml"
    if f"[endpoints.{JUDGE}]" not in (text := file.read_text(encoding="utf-8")):
        file.write_text(text + TABLES, encoding="utf-8")
    with tempfile.TemporaryDirectory() as scratch:
        drawn = drawn_from(next((data / "jsquad").glob("*.json")), questions)
        (Path(scratch) / "jsquad.json").write_text(json.dumps(drawn, ensure_ascii=False), encoding="utf-8")
        for name, source in {"jsquad": Path(scratch), "jcommonsenseqa": data / "jcommonsenseqa"}.items():
            kitae(folder, "suites", "add", str(source), "--name", name)


def drawn_from(file: Path, questions: int) -> dict[str, Any]:
    """The validation set, with only so many of its questions."""
    whole: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    passages = [passage for article in whole["data"] for passage in article["paragraphs"]]
    ids = [each["id"] for passage in passages for each in passage["qas"]]
    kept = set(random.Random(SEED).sample(ids, questions) if questions else ids)
    for passage in passages:
        passage["qas"] = [each for each in passage["qas"] if each["id"] in kept]
    return whole


@contextlib.contextmanager
def endpoint() -> Iterator[None]:
    command = [sys.executable, str(HERE / "endpoint.py"), "--tiny", "--max-tokens", "24", "--port", str(PORT)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        process.stdout.readline()
        try:
            yield
        finally:
            process.kill()


def kitae(folder: Path, *words: str) -> str:
    command = [sys.executable, "-m", "kitae", "-C", str(folder), *words]
    return subprocess.run(command, text=True, check=True, stdout=subprocess.PIPE).stdout


def examining(suite: str, model: str) -> list[str]:
    words = ["evaluate", "--suite", suite, "--model", model, "--max-tokens", str(MAX_TOKENS[suite]), "--json"]
    return [*words, "--judge", JUDGE] if suite == JUDGED else words


def evaluated(folder: Path, suite: str, model: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(kitae(folder, *examining(suite, model)))
    return found


def killed(folder: Path, model: str) -> None:
    """Judging is killed, goes on, and is asked for once more: what each start paid for, and what stands in the end."""
    before = {each["key"] for each in judgments(folder)}
    words = [sys.executable, "-m", "kitae", "-C", str(folder), *examining(JUDGED, model)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None and len(judgments(folder)) < len(before) + KILLED_AT:
            time.sleep(0.2)
        process.send_signal(signal.SIGKILL)
    kept = len(judgments(folder)) - len(before)
    again, once_more = evaluated(folder, JUDGED, model)["judged"], evaluated(folder, JUDGED, model)["judged"]
    rows = [each for each in judgments(folder) if each["key"] not in before]
    paid = total(Money.model_validate(each["row"]["money"]) for each in rows)
    print(
        f"killed with SIGKILL after {kept} judgments; the next start made {again['made']}, one more {once_more['made']}"
    )
    print(f"in the records: {len(rows)} lines with {len({each['key'] for each in rows})} keys, {paid}")
    print(f"called meaningless: {again['meaningless']}\n")


def judgments(folder: Path) -> list[dict[str, Any]]:
    """Every line of the records: one that was made twice would stand there twice."""
    files = sorted((folder / "records" / JUDGMENTS).glob("*.jsonl"))
    lines = [line for file in files for line in file.read_text(encoding="utf-8").split("\n")[:-1]]
    return [json.loads(line) for line in lines]


def line(found: dict[str, Any], seconds: float) -> str:
    program, judged, surface = found["program"], found["judged"], found["surface"]
    ends = "{:.3f} to {:.3f}".format(*program["interval"]) if program and program["interval"] else ""
    cells = (
        found["suite"],
        found["model"],
        f"{program['mean']:.3f} of {program['n']}" if program else "",
        ends,
        f"{exact['mean']:.3f}" if (exact := found["figures"].get("exact_match")) else "",
        "" if found["f1"] is None else f"{found['f1']:.3f}",
        ("means nothing" if judged["meaningless"] else f"{judged['mean_published']:.2f}") if judged else "",
        f"{judged['n_failed']} of {judged['n']}" if judged else "",
        str(found["answers"]),
        f"{surface['refused']:.0%}",
        f"{surface['loops']:.0%}",
        f"{found['bits_per_character']:.2f}",
        f"{seconds:.0f}",
    )
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
