"""Prompts that an endpoint refuses for good: a content filter says no to one of a hundred, and the rest is measured."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kitae.evaluate.answers import KIND
from kitae.project import Project
from kitae.viewing import examined, write_view

from .cli.conftest import Command, kitae
from .talk import Refused, Server, declare, office, plain_project, sums, talking

__all__ = ["kitae"]

FILTER = "the prompt was filtered"


def adds(text: str) -> str:
    number = int(text.partition("足す")[0])
    return str(2 * number)


def filtered(*numbers: int) -> Callable[[str], str]:
    """Adds, and refuses some sums."""

    def speak(text: str) -> str:
        if int(text.partition("足す")[0]) in numbers:
            raise Refused(400, FILTER)
        return adds(text)

    return speak


def evaluated(kitae: Command, folder: Path, *more: str) -> Any:
    ended = kitae("-C", folder, "evaluate", "--model", "endpoint:good", "--json", *more)
    assert ended.code == 0, ended.err
    return json.loads(ended.out)


def project(tmp_path: Path, server: Server, more: str = "") -> Path:
    folder = plain_project(tmp_path)
    declare(folder, server, more)
    return folder


def refusals(folder: Path) -> list[str]:
    return [row["refused"] for row in Project(folder).records.all(KIND) if "refused" in row]


def test_a_refused_prompt_counts_as_wrong_bounds_the_score_and_is_not_asked_again(
    kitae: Command, tmp_path: Path
) -> None:
    with talking({"good-2026-08": filtered(3)}) as server:
        folder = project(tmp_path, server)
        sums(folder)
        found = evaluated(kitae, folder, "--suite", "sums")
        asked = server.calls("good-2026-08")
        assert evaluated(kitae, folder, "--suite", "sums") == found
        assert server.calls("good-2026-08") == asked
        text = kitae("-C", folder, "evaluate", "--model", "endpoint:good", "--suite", "sums").out
    assert found["program"]["mean"] == pytest.approx(11 / 12)
    assert found["program_bounds"] == pytest.approx([11 / 12, 1.0])
    assert (found["refused"], found["answers"]) == (1, 12)
    assert found["surface"]["n"] == 11 and found["surface"]["empty"] == 0
    told = "endpoint:good: the endpoint refused a prompt for good and is not asked again: the endpoint answered 400: "
    assert any(note.startswith(told) and FILTER in note for note in found["notes"])
    assert (
        "refused  1 by the endpoint for good, counted as wrong; with them the share is between 0.917 and 1.000" in text
    )
    (board,) = examined(Project(folder))
    tally = board.lines[0].tally
    assert (tally.n_failed, tally.mean_high) == (1, 1.0)
    assert tally.mean_low == pytest.approx(11 / 12)
    assert "接続先が質問そのものを断る" in write_view(Project(folder)).read_text(encoding="utf-8")


def test_where_everything_is_refused_it_is_the_endpoint_and_nothing_is_kept(kitae: Command, tmp_path: Path) -> None:
    with talking({"good-2026-08": filtered(*range(1, 13))}) as server:
        folder = project(tmp_path, server)
        sums(folder)
        ended = kitae("-C", folder, "evaluate", "--model", "endpoint:good", "--suite", "sums")
        assert (ended.code, FILTER in ended.err) == (2, True)
        assert refusals(folder) == []
        server.models["good-2026-08"] = adds
        assert evaluated(kitae, folder, "--suite", "sums")["program"]["mean"] == 1.0


def test_an_endpoint_that_stops_answering_with_400_has_refused_no_prompt(kitae: Command, tmp_path: Path) -> None:
    """As one does whose balance is used up."""
    answered: list[str] = []

    def runs_dry(text: str) -> str:
        if len(answered) == 5:
            raise Refused(400, "your balance is too low")
        answered.append(text)
        return adds(text)

    with talking({"good-2026-08": runs_dry}) as server:
        folder = project(tmp_path, server)
        sums(folder)
        ended = kitae("-C", folder, "evaluate", "--model", "endpoint:good", "--suite", "sums")
        assert (ended.code, "balance is too low" in ended.err) == (2, True)
        assert refusals(folder) == []
        server.models["good-2026-08"] = adds
        assert evaluated(kitae, folder, "--suite", "sums")["program"]["mean"] == 1.0


def test_many_refusals_in_a_row_do_not_end_the_work_while_others_are_answered(kitae: Command, tmp_path: Path) -> None:
    """All harmless requests of a suite may be taken for harmful ones."""
    with talking({"good-2026-08": filtered(*range(2, 60))}) as server:
        folder = project(tmp_path, server)
        sums(folder, 60)
        found = evaluated(kitae, folder, "--suite", "sums")
    assert found["program_bounds"] == pytest.approx([2 / 60, 1.0])
    assert len(refusals(folder)) == 58


def test_a_refused_key_still_ends_the_work(kitae: Command, tmp_path: Path) -> None:
    def barred(text: str) -> str:
        if adds(text) == "6":
            raise Refused(401, "no such key")
        return adds(text)

    with talking({"good-2026-08": barred}) as server:
        folder = project(tmp_path, server)
        sums(folder)
        ended = kitae("-C", folder, "evaluate", "--model", "endpoint:good", "--suite", "sums")
    assert (ended.code, "401" in ended.err) == (2, True)
    assert refusals(folder) == []


def test_a_judge_is_not_asked_about_what_was_refused_and_its_score_is_bounded(kitae: Command, tmp_path: Path) -> None:
    def shy(text: str) -> str:
        if text.startswith("第3問。"):
            raise Refused(422, FILTER)
        return f"丁寧な答え{len(text)}"

    with talking({"good-2026-08": shy, "judge-2026-08": lambda text: "評価: [[7]]"}) as server:
        folder = project(tmp_path, server)
        office(folder)
        found = evaluated(kitae, folder, "--suite", "office", "--judge", "judge")
        judgments = server.calls("judge-2026-08")
    judged = found["judged"]
    # The second turn has nothing to go on from.
    assert not any("第3問の続き" in body["messages"][-1]["content"] for body in server.asked)
    assert (judgments, judged["n"], judged["n_failed"]) == (38, 40, 2)
    assert judged["why_failed"] == {"there is no answer: the endpoint refuses the prompt": 2}
    assert judged["mean_published"] == 7.0
    assert judged["mean_low"] == pytest.approx((38 * 7 + 2) / 40)
    assert judged["mean_high"] == pytest.approx((38 * 7 + 20) / 40)
