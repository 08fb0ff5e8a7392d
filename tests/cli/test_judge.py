"""`kitae judge` as a user calls it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from kitae.evaluate.judging.standing import standing, told
from kitae.naming import judge_version
from kitae.project import Project

Command = Callable[..., Any]
SINGLE = "kitae-ja-single"


def written(file: Path, lines: Iterable[dict[str, Any]]) -> Path:
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return file


def rows(judge: str, prompt: str, *, wrong: int = 0) -> list[dict[str, Any]]:
    """Ratings of thirty answers; some are `wrong` by so much."""
    row = {"model": "m", "judge": [judge, prompt], "turn": 1}
    return [row | {"question_id": n, "score": min(10, 1 + n % 9 + n % 3 * wrong)} for n in range(30)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with a judge that asks for half of what others do, and one that has no table."""
    (tmp_path / "documents").mkdir()
    (tmp_path / "kitae.toml").write_text(
        '[project]\nname = "p"\n[[sources]]\nname = "s"\npath = "documents"\n'
        '[endpoints.served]\nurl = "http://127.0.0.1:9/v1"\nmodel = "judge-2026-08"\nmay_receive = "public"\n'
        '[judges.strict]\nendpoint = "served"\nat_least = 0.5\n',
        encoding="utf-8",
    )
    return tmp_path


def test_the_gate_ends_with_three_and_the_command_without_it_does_not(kitae: Command, tmp_path: Path) -> None:
    def write(name: str, scores: list[int]) -> Path:
        return written(tmp_path / name, [row | {"score": s} for row, s in zip(rows("j", "p"), scores, strict=False)])

    labels, wrong = write("labels", list(range(1, 11))), write("wrong", [5, 1, 9, 2, 8, 3, 7, 4, 6, 5])
    ended = kitae("judge", "calibrate", labels, "--against", labels, "--gate")
    assert ended.code == 0 and "order of 1 models" in ended.out and "±1" in ended.out
    assert kitae("judge", "calibrate", wrong, "--against", labels).code == 0
    ended = kitae("judge", "calibrate", wrong, "--against", labels, "--gate")
    assert ended.code == 3 and "not accepted" in ended.err
    assert kitae("judge", "calibrate", wrong, "--against", labels, "--gate", "--at-least", "0").code == 3


def test_what_was_found_of_a_judge_is_remembered_with_its_bar(kitae: Command, folder: Path) -> None:
    judged = written(folder / "judged", rows("judge-2026-08", f"{SINGLE}-turn-1", wrong=1))
    labels = written(folder / "labels", rows("people", ""))
    records, version = Project(folder).records, judge_version(Project(folder), "strict")
    assert "not known here" in told(records, "strict", version, SINGLE)
    command = ("-C", folder, "judge", "calibrate", judged, "--against", labels, "--judge")
    ended = kitae(*command, "strict")
    assert ended.code == 0 and "at least 0.5" in " ".join(ended.out.split())
    records = Project(folder).records
    found = standing(records, version, SINGLE)
    assert found is not None and found.accepted and found.bar == 0.5
    assert found.rank.low is not None and found.kappa.value is not None
    assert told(records, "strict", version, SINGLE) == ""
    # Another protocol, or another model behind the name, is another judge.
    assert "not known here under kitae-ja-pair" in told(records, "strict", version, "kitae-ja-pair")
    assert "calibrate it again" in told(records, "strict", "another", SINGLE)
    # An endpoint without a table is held against the usual bar.
    ended = kitae(*command, "served")
    assert "below 0.95" in " ".join(ended.out.split())
    wrong = kitae(*command, "strikt")
    assert wrong.code == 2 and "did you mean `strict`" in wrong.err


@pytest.mark.parametrize(
    ("judge", "prompt", "what"),
    [
        ("gpt-4", f"{SINGLE}-turn-1", "but by gpt-4"),
        ("judge-2026-08", "single-v1", "with single-v1"),
        ("judge-2026-08", "kitae-en-single-turn-1", "with kitae-en-single-turn-1"),
        ("", "", "by nobody"),
    ],
)
def test_files_of_another_judge_or_protocol_prove_nothing(
    kitae: Command, folder: Path, judge: str, prompt: str, what: str
) -> None:
    judged = written(folder / "judged", rows(judge, prompt))
    ended = kitae("-C", folder, "judge", "calibrate", judged, "--against", judged, "--judge", "strict")
    assert ended.code == 2 and "not by `strict`" in ended.err and what in ended.err
    project = Project(folder)
    assert standing(project.records, judge_version(project, "strict"), SINGLE) is None


def test_games_prove_nothing_of_ratings(kitae: Command, folder: Path) -> None:
    games = [
        {"question_id": n, "model_1": "a", "model_2": "b", "judge": ["strict", "kitae-ja-pair-turn-1"], "turn": 1}
        | {f"g{game}_winner": f"model_{1 + n % 2}" for game in (1, 2)}
        for n in range(20)
    ]
    judged = written(folder / "judged", games)
    against = ("--against", judged, "--protocol", "pairwise", "--judge", "strict")
    assert kitae("-C", folder, "judge", "calibrate", judged, *against).code == 0
    project = Project(folder)
    version = judge_version(project, "strict")
    assert standing(project.records, version, "kitae-ja-pair") is not None
    assert standing(project.records, version, SINGLE) is None


@pytest.mark.parametrize(
    ("more", "what"),
    [
        (("judged", "--judge", "strict", "--at-least", "0.1"), "has its own bar"),
        (("judged", "--judge", "strict", "--suite", "forge-ja"), "in files or in the records"),
        (("--judge", "strict"), "in files or in the records"),
        (("--suite", "forge-ja"), "some judge's"),
        ((), "no file of judgments"),
        (("--judge", "strict", "--suite", "forge-ja"), "has judged no answer to forge-ja"),
    ],
)
def test_what_would_be_passed_over_is_a_mistake(
    kitae: Command, folder: Path, more: tuple[str, ...], what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(folder / "judged", rows("strict", f"{SINGLE}-turn-1"))
    monkeypatch.chdir(folder)
    ended = kitae("judge", "calibrate", *more, "--against", "judged")
    assert ended.code == 2 and what in " ".join(ended.err.split())
