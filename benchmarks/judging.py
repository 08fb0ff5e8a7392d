"""How near judging comes to the rate that a judge allows, beside FastChat's own loop on the same server.

    python benchmarks/judging.py                                   # ours
    python benchmarks/judging.py --peer .venv-fastchat/bin/python     # and FastChat's (constraints/peers-fastchat.txt)

The judge is no model: it answers after a fixed time (`judge_server.py`). With `--at-once` calls under way, at most
`at once / latency` can be answered a second. Both judge the same answers of eight invented models to `forge-ja`, 1,280
calls, and both are timed at the server, from the first call that came to the last answer that went, so that neither
pays for starting up. FastChat keeps no ledger and syncs nothing; ours does.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from kitae.core.generation import Decoding, Identity
from kitae.core.label import Label
from kitae.core.records import Records
from kitae.core.run import Silent
from kitae.evaluate.asking import Far, ask_all
from kitae.evaluate.judging.asked import Answer
from kitae.evaluate.judging.own_prompts import own_templates
from kitae.evaluate.judging.protocol import own_protocol
from kitae.evaluate.judging.request import requests_for
from kitae.evaluate.own.shelf import own_suite
from kitae.gate.client import Gate
from kitae.gate.policy import Endpoint
from kitae.rating import JUDGMENTS, ask_of

HERE = Path(__file__).parent
WORDS = "ご依頼の件について、要点を三つにまとめてお答えします。" * 12
NEEDED = 0.9
"""Share of the possible rate that is wanted of ours."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--latency", type=float, default=0.5)
    arguments.add_argument("--at-once", type=int, default=32)
    arguments.add_argument("--models", type=int, default=8, help="160 calls each")
    arguments.add_argument("--peer", type=Path, help="a Python that has FastChat")
    arguments.add_argument("--smoke", action="store_true", help="one model, and no verdict")
    chosen = arguments.parse_args()
    models = [f"model-{number}" for number in range(1 if chosen.smoke else chosen.models)]
    possible = chosen.at_once / chosen.latency
    print(f"{160 * len(models)} calls of {chosen.latency} s, {chosen.at_once} at once: {possible:.1f}/s are possible")
    tools = {"kitae": ours} | ({"FastChat": fastchat(chosen.peer)} if chosen.peer else {})
    rates = {}
    for name, tool in tools.items():
        with tempfile.TemporaryDirectory() as folder, serving(chosen.latency, Path(folder) / "log") as url:
            tool(Path(folder), url, models, chosen.at_once)
            calls, seconds = timed(Path(folder) / "log")
        rates[name] = calls / seconds
        print(f"{name:<9} {calls:>5} calls in {seconds:6.1f} s: {rates[name]:5.1f}/s, {rates[name] / possible:.1%}")
    if not chosen.smoke and rates["kitae"] < NEEDED * possible:
        sys.exit(f"less than {NEEDED:.0%} of what is possible")


@contextlib.contextmanager
def serving(latency: float, log: Path) -> Iterator[str]:
    """The judge's server, in a process of its own."""
    command = [sys.executable, str(HERE / "judge_server.py"), "--latency", str(latency), "--log", str(log)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
        finally:
            process.kill()


def timed(log: Path) -> tuple[int, float]:
    """Calls, and seconds from the first to the last, as the server saw them."""
    lines = [line.split(" ") for line in log.read_text(encoding="utf-8").splitlines()]
    return len(lines), max(float(line[2]) for line in lines) - min(float(line[1]) for line in lines)


def answers(model: str) -> list[Answer]:
    """An invented model's answers to both turns of each question."""
    decoding = Decoding(max_tokens=1024)
    identity = Identity(model=model, engine="invented", number_format="none")
    return [
        Answer(
            model=model,
            identity=identity,
            decoding=decoding,
            question=prompt.id,
            version=prompt.version,
            turns=tuple(f"{model}、{prompt.id}。{WORDS}" for _ in prompt.turns),
        )
        for prompt in own_suite("forge-ja").prompts
    ]


def ours(folder: Path, url: str, models: list[str], at_once: int) -> None:
    """Through the gate and into the records, as `kitae evaluate` does it."""
    endpoint = Endpoint(url=url, model="judge", may_receive=Label.PUBLIC, at_once=at_once)
    records, protocol = Records(folder / "records"), own_protocol("kitae-en-single")
    judge = Far(Gate({"judge": endpoint}, records), "judge", Label.PUBLIC, "judge")
    said = [answer for model in models for answer in answers(model)]
    asks = [ask_of(request, protocol) for request in requests_for(own_suite("forge-ja"), said, protocol, judge="judge")]
    failed = ask_all(asks, judge, records, kind=JUDGMENTS, watcher=Silent(), what="judging")
    assert not failed and len(list(Records(folder / "records").all(JUDGMENTS))) == len(asks)


def fastchat(python: Path) -> Callable[[Path, str, list[str], int], None]:
    """FastChat's `gen_judgment`, untouched, on the same questions and answers in its own form."""

    def run(folder: Path, url: str, models: list[str], at_once: int) -> None:
        write_fastchat(folder, models)
        command = [str(python.absolute()), "-m", "fastchat.llm_judge.gen_judgment", "--judge-model", "gpt-4"]
        command += ["--parallel", str(at_once), "--model-list", *models]
        environment = os.environ | {"OPENAI_API_BASE": url, "OPENAI_API_KEY": "none"}
        # It waits for Enter before it begins.
        subprocess.run(command, cwd=folder, env=environment, input="\n", text=True, check=True, capture_output=True)

    return run


def write_fastchat(folder: Path, models: list[str]) -> None:
    """Questions, references, answers and prompts where FastChat looks for them."""
    data, suite = folder / "data" / "mt_bench", own_suite("forge-ja")
    numbers = {prompt.id: number for number, prompt in enumerate(suite.prompts, start=81)}
    questions = [
        {"question_id": numbers[prompt.id], "category": prompt.category, "turns": prompt.turns}
        for prompt in suite.prompts
    ]
    write(data / "question.jsonl", questions)
    guided = [prompt for prompt in suite.prompts if prompt.references]
    write(data / "reference_answer" / "gpt-4.jsonl", [told("gpt-4", numbers[p.id], p.references) for p in guided])
    for model in models:
        rows = [told(model, numbers[answer.question], answer.turns) for answer in answers(model)]
        write(data / "model_answer" / f"{model}.jsonl", rows)
    write(folder / "data" / "judge_prompts.jsonl", prompts())


def told(model: str, number: int, turns: tuple[str, ...]) -> dict[str, object]:
    """A row of answers in FastChat's form."""
    return {"question_id": number, "answer_id": "a", "model_id": model, "choices": [{"index": 0, "turns": turns}]}


def prompts() -> Iterator[dict[str, str]]:
    """Our own prompts under FastChat's names."""
    for template in own_templates("en"):
        if template.kind == "single":
            name = f"single{'-math' if template.guided else ''}-v1{'-multi-turn' if template.turn == 2 else ''}"
            text = template.text.replace("{fence}", "---")
            yield {
                "name": name,
                "type": "single",
                "system_prompt": template.system,
                "prompt_template": text,
                "description": "",
                "category": "general",
                "output_format": "[[rating]]",
            }


def write(file: Path, rows: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]  # type: ignore[attr-defined]
    file.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
