"""Anchors: the same answers again, and whether the judge is still the one that it was."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kitae.core.label import Label
from kitae.core.records import Records
from kitae.evaluate.judging.asked import REPLIES, Answer
from kitae.evaluate.judging.drifts import AGAIN, ANCHORS, Frozen, remember_anchors
from kitae.examining import Wanted, examine
from kitae.project import Project

from .cli.conftest import Command, kitae
from .cli.test_schema import problems
from .talk import Server, declare, office, plain_project, talking

__all__ = ["kitae"]


def rating(points: int) -> str:
    return f"理由。\n評価: [[{points}]]"


def strict(text: str) -> str:
    """From 1 to 6, whatever question it is."""
    return rating(1 + sum(text.encode()) % 6)


def kinder(text: str) -> str:
    return rating(2 + sum(text.encode()) % 6)


def at_odds(text: str) -> str:
    """Another rating as often above as below, and far off."""
    return rating(1 + (sum(text.encode()) * 7 + len(text)) % 6)


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    models = {"good-2026-08": lambda text: f"答え{len(text)}", "judge-2026-08": strict}
    with talking(models) as server:
        yield server


@pytest.fixture(scope="module")
def once(running: Server, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Any]]:
    """A project where `judge` has rated forty questions, and the words that it was asked."""
    folder = plain_project(tmp_path_factory.mktemp("once"))
    declare(folder, running)
    office(folder, 40)
    examine(Project(folder), Wanted("office", "endpoint:good", "judge"))
    return folder, [body["messages"] for body in running.asked if body["model"].startswith("judge")]


@pytest.fixture
def server(running: Server, once: tuple[Path, list[Any]]) -> Server:
    running.models["judge-2026-08"] = strict
    running.named.clear()
    running.asked.clear()
    return running


@pytest.fixture
def folder(once: tuple[Path, list[Any]], server: Server, tmp_path: Path) -> Path:
    return shutil.copytree(once[0], tmp_path / "rated", symlinks=True)


def evaluate(kitae: Command, folder: Path) -> None:
    arguments = ("--suite", "office", "--model", "endpoint:good", "--judge", "judge", "--json")
    ended = kitae("-C", folder, "evaluate", *arguments)
    assert ended.code == 0, ended.err


FREEZE = ("judge", "anchors", "--judge", "judge", "--suite", "office")
DRIFT = ("judge", "drift", "--judge", "judge")


def test_forty_judgments_are_frozen_once_from_the_worst_to_the_best(kitae: Command, folder: Path) -> None:
    ended = kitae("-C", folder, *FREEZE, "--json")
    assert ended.code == 0, ended.err
    assert problems("judge-anchors", ended.out) == []
    found = json.loads(ended.out)
    assert (found["n"], found["lowest"], found["highest"], found["label"]) == (40, 1, 6, "public")
    again = kitae("-C", folder, *FREEZE)
    assert again.code == 2 and "were frozen on" in again.err and "--again" in again.err
    assert kitae("-C", folder, *FREEZE, "--again", "--count", "10").code == 0


def test_a_judge_that_stays_is_steady_and_is_asked_the_same_words_again(
    kitae: Command, folder: Path, server: Server, once: tuple[Path, list[Any]]
) -> None:
    kitae("-C", folder, *FREEZE)
    before = once[1]
    ended = kitae("-C", folder, *DRIFT, "--gate", "--json")
    assert ended.code == 0, ended.err
    assert problems("judge-drift", ended.out) == []
    (found,) = json.loads(ended.out)["checks"]
    assert (found["verdict"], found["n"], found["same"], found["failed"]) == ("steady", 40, 1.0, 0)
    assert len(server.asked) == 40
    assert all(body["messages"] in before for body in server.asked)
    # A later check asks anew: nothing that was kept stands for it.
    assert kitae("-C", folder, *DRIFT).code == 0
    assert len(server.asked) == 80


def test_a_judge_that_became_kinder_has_drifted_and_every_later_score_says_so(
    kitae: Command, folder: Path, server: Server
) -> None:
    kitae("-C", folder, *FREEZE)
    server.models["judge-2026-08"] = kinder
    assert kitae("-C", folder, *DRIFT).code == 0
    ended = kitae("-C", folder, *DRIFT, "--gate")
    assert ended.code == 3 and "drifted" in ended.out and "on average +1.00" in ended.out
    told = kitae("-C", folder, "evaluate", "--suite", "office", "--model", "endpoint:good", "--judge", "judge")
    assert "judge has drifted by +1.00 on its anchors of office" in told.out
    server.models["judge-2026-08"] = strict
    assert kitae("-C", folder, *DRIFT, "--gate").code == 0
    told = kitae("-C", folder, "evaluate", "--suite", "office", "--model", "endpoint:good", "--judge", "judge")
    assert "has drifted" not in told.out


def test_what_scatters_is_unclear_and_passes_no_verdict(kitae: Command, folder: Path, server: Server) -> None:
    kitae("-C", folder, *FREEZE)
    server.models["judge-2026-08"] = at_odds
    ended = kitae("-C", folder, *DRIFT, "--gate", "--json")
    assert ended.code == 0
    assert json.loads(ended.out)["checks"][0]["verdict"] == "unclear"


def test_a_model_that_changed_without_a_word_is_told(kitae: Command, folder: Path, server: Server) -> None:
    kitae("-C", folder, *FREEZE)
    server.named["judge-2026-08"] = "judge-2026-09-mini"
    ended = kitae("-C", folder, *DRIFT)
    assert ended.code == 0 and "steady" in ended.out
    assert "its server named judge-2026-08 and names judge-2026-09-mini" in " ".join(ended.out.split())
    toml = folder / "kitae.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace('"judge-2026-08"', '"judge-2026-10"'), encoding="utf-8")
    server.models["judge-2026-10"] = strict
    told = json.loads(kitae("-C", folder, *DRIFT, "--json").out)["checks"][0]["changes"]
    assert any("judge-2026-10" in change and change.startswith("it was") for change in told)


def test_several_models_behind_one_judge_are_told_beside_the_score(
    kitae: Command, folder: Path, server: Server
) -> None:
    server.named["judge-2026-08"] = "judge-2026-09-mini"
    office_again = ("--suite", "office", "--model", "endpoint:good", "--judge", "judge", "--samples", "2")
    ended = kitae("-C", folder, "evaluate", *office_again)
    assert "the server of judge named several models: judge-2026-08 (80), judge-2026-09-mini (64)" in ended.out


def test_a_check_that_was_cut_off_goes_on_where_it_was(kitae: Command, folder: Path, server: Server) -> None:
    kitae("-C", folder, *FREEZE)
    assert kitae("-C", folder, *DRIFT).code == 0
    # As after a kill in the middle: half of the judgments are there.
    (segment,) = (Path(folder) / "records" / AGAIN).glob("*.jsonl")
    lines = segment.read_bytes().splitlines(keepends=True)
    segment.write_bytes(b"".join(lines[:20]))
    server.asked.clear()
    assert kitae("-C", folder, *DRIFT).code == 0
    assert len(server.asked) == 20


def test_what_cannot_be_frozen_or_asked_again_says_why(kitae: Command, folder: Path) -> None:
    ended = kitae("-C", folder, *DRIFT)
    assert ended.code == 2 and "no anchors of judge are frozen" in ended.err
    ended = kitae("-C", folder, *FREEZE, "--count", "81")
    assert ended.code == 2 and "80 answers are rated" in ended.err
    ended = kitae("-C", folder, "judge", "anchors", "--judge", "judge", "--suite", "forge-ja")
    assert ended.code == 2 and "has rated no answer to forge-ja" in ended.err
    # Answers of an earlier release: how far they may go is not known.
    records = Project(folder).records
    without = {row["question"]: {**row, "label": None} for row in records.all(REPLIES)}
    keys = _keys(records)
    records.add_all(REPLIES, {keys[question]: row for question, row in without.items()})
    ended = kitae("-C", folder, *FREEZE)
    assert ended.code == 2 and "how far they may go is not known" in ended.err
    evaluate(kitae, folder)
    assert kitae("-C", folder, *FREEZE).code == 0


def _keys(records: Records) -> dict[str, str]:
    return {row["question"]: Answer.model_validate(row).key for row in records.all(REPLIES)}


def test_anchors_go_nowhere_where_their_answers_may_not_go(kitae: Command, folder: Path, server: Server) -> None:
    kitae("-C", folder, *FREEZE)
    records = Project(folder).records
    (row,) = records.all(ANCHORS)
    remember_anchors(records, Frozen.model_validate(row).model_copy(update={"label": Label.CONFIDENTIAL}))
    asked = len(server.asked)
    ended = kitae("-C", folder, *DRIFT)
    assert ended.code == 2 and "may receive `public`" in ended.err
    assert len(server.asked) == asked
