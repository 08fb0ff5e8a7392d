"""What `--json` prints is what the schemas in docs/schema promise."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer

from kitae.cli.main import app
from kitae.cli.schema import OUTPUTS, file_name, files

SCHEMAS = Path(__file__).parents[2] / "docs" / "schema"
Command = Callable[..., Any]

CALLS: dict[str, tuple[str, ...]] = {
    "init": ("mine", "--documents", "documents"),
    "run": (),
    "train": (),
    "status": (),
    "show": ("dialogues/main", "--mask"),
    "lineage": ("model/tuned",),
    "compare": (),
    "suites": (),
    "judge-calibrate": ("judgments.jsonl", "--against", "judgments.jsonl"),
    "suites-add": ("judgments.jsonl",),
    "dose": (),
    "evaluate": ("--suite", "riddles-ja", "--model", "model/tuned-int8", "--max-tokens", "2"),
    "survey": ("model/tuned-int8", "--suite", "abstain-ja", "--limit", "3", "--max-tokens", "2"),
    "report": (),
    "export": ("model/tuned", "out"),
    "ask": ("休暇は何日前までに届け出ますか",),
    "number": ("1.5億トークン",),
    "plan": (),
    "verify": (),
    "view": (),
    "gc": ("--dry-run",),
    "push": ("elsewhere",),
    "pull": ("elsewhere",),
    "evaluate-rescore": ("judgments.jsonl", "--protocol", "mtbench"),
    "evaluate-export": ("data",),
}
"""Each command, in the folder of a project that was walked."""

PLANS: dict[str, tuple[str, ...]] = {
    "plan-estimate": ("--params", "7B", "--tokens", "1B", "--gpu", "a100-40", "--gpus", "8"),
    "plan-backtest": (),
}
"""Sub-commands of `kitae plan`."""

WAYS = {
    "train-job",
    "train-preflight",
    "plan-probe",
    "plan-schedule",
    "plan-worksheet",
    "judge-anchors",
    "judge-drift",
}
"""Options and sub-commands that print a form of their own; their tests hold it against its schema."""


def problems(command: str, printed: str) -> list[str]:
    """How the output differs from its schema, as far as it is written down."""
    written = json.loads((SCHEMAS / file_name(command)).read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(written)
    return [error.message for error in validator.iter_errors(json.loads(printed))]


def names(group: Any, before: str = "") -> Iterator[str]:
    """Of all commands, a command of a group as `evaluate-rescore`."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from names(command, f"{before}{name}-")
        if getattr(command, "invoke_without_command", True):
            yield f"{before}{name}"


def test_every_command_has_a_schema_and_is_held_against_it() -> None:
    commands = set(names(typer.main.get_command(app)))
    assert commands == set(OUTPUTS) - {"mistake", "train-job", "train-preflight", "plan-probe"}
    assert commands - set(PLANS) - WAYS == set(CALLS)


def test_the_files_are_current() -> None:
    """`python -m kitae.cli.schema docs/schema` writes them."""
    assert {file.name: file.read_text(encoding="utf-8") for file in SCHEMAS.glob("*.json")} == files()


@pytest.mark.parametrize("command", sorted(CALLS))
def test_what_a_command_prints_is_as_its_schema_says(
    command: str, kitae: Command, walked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(walked)
    if command == "pull":
        assert kitae("push", "elsewhere").code == 0
    if command == "evaluate-export":
        assert kitae("evaluate", *CALLS["evaluate"]).code == 0
    judged = {"turns": ["?"], "question_id": 1, "model": "m", "judge": ["j", "p"], "score": 5, "turn": 1}
    Path("judgments.jsonl").write_text(json.dumps(judged), encoding="utf-8")
    ended = kitae(*command.split("-", 1), *CALLS[command], "--json")
    assert ended.code == 0, ended.err
    assert problems(command, ended.out) == []
    assert json.loads(ended.out)["schema"] == 1


@pytest.mark.parametrize("output", sorted(PLANS))
def test_what_a_sub_command_of_plan_prints_is_as_its_schema_says(output: str, kitae: Command) -> None:
    ended = kitae("plan", output.removeprefix("plan-"), *PLANS[output], "--json")
    assert ended.code == 0, ended.err
    assert problems(output, ended.out) == []


def test_the_plan_of_a_run_is_as_its_schema_says(
    kitae: Command, tiny_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tiny_project)
    ended = kitae("run", "--dry-run", "--json")
    assert problems("run", ended.out) == []
    assert {step["outcome"] for step in json.loads(ended.out)["steps"]} == {"stale"}


def test_a_store_that_is_not_sound_is_told_in_both_forms(kitae: Command, walked: Path) -> None:
    next(walked.glob("store/corpus/main@*/corpus.jsonl")).write_text("{}\n", encoding="utf-8")
    ended = kitae("-C", walked, "verify", "--json")
    assert ended.code == 2
    own, mistake = ended.out.splitlines()
    assert problems("verify", own) == []
    assert json.loads(own)["sound"] is False
    assert problems("mistake", mistake) == []


def test_an_output_that_differs_would_be_found() -> None:
    sound = {"schema": 1, "sound": True, "artifacts": 3, "edited": [], "damaged_records": []}
    assert problems("verify", json.dumps(sound)) == []
    assert problems("verify", json.dumps(sound | {"artifacts": "3"}))
    assert problems("verify", json.dumps(sound | {"more": 1}))
    assert problems("verify", json.dumps({key: value for key, value in sound.items() if key != "sound"}))
