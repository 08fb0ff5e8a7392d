"""What `kitae evaluate` tells beside the share of right answers: what it hides, how far it is known, what it cost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kitae.evaluate.own.abstain import ASKED
from kitae.evaluate.own.items import Probe
from kitae.evaluate.suites import own_suite
from kitae.project import Project
from kitae.viewing import examined

from ..talk import office, sums, talking
from ..test_refusals import adds, evaluated, project
from .conftest import Command

PROBES = [item for item in own_suite("abstain-ja").items if isinstance(item, Probe)]
CONSTANT = "申し訳ありませんが、わかりません。"


def test_who_says_that_it_does_not_know_to_everything_is_seen_through(kitae: Command, tmp_path: Path) -> None:
    with talking({"good-2026-08": lambda text: CONSTANT}) as server:
        folder = project(tmp_path, server)
        found = evaluated(kitae, folder, "--suite", "abstain-ja")
        text = kitae("-C", folder, "evaluate", "--model", "endpoint:good", "--suite", "abstain-ja").out
        survey = kitae("-C", folder, "survey", "endpoint:good", "--suite", "abstain-ja")
    assert found["program"]["mean"] == pytest.approx(36 / 106)
    discernment = found["figures"]["discernment"]
    assert (discernment["mean"], discernment["n"]) == (0.0, 106)
    assert discernment["interval"][0] == 0.0 < discernment["interval"][1] < 0.2
    assert found["figures"]["false_refusals"]["mean"] == pytest.approx(36 / 70)
    categories = found["per_category"]
    assert categories["company.invented"]["mean"] == 1.0 and categories["company.real"]["mean"] == 0.0
    assert categories["company.real"]["interval"][1] > 0
    flag = "endpoint:good: 70 of 106 answers: the same text to different questions"
    assert flag in found["notes"]
    assert f"note: {flag}" in text and flag in " ".join(survey.out.split())
    for name in ("discernment", "false refusals", "company.invented"):
        assert any(line.strip().startswith(name) and ".." in line for line in text.splitlines()), name


def test_one_way_of_declining_what_nobody_knows_is_not_suspicious(kitae: Command, tmp_path: Path) -> None:
    def knows(text: str) -> str:
        probe = next(each for each in PROBES if each.question == text.removesuffix(f"\n{ASKED}"))
        return f"{probe.gold[0]}です。" if probe.gold else CONSTANT

    with talking({"good-2026-08": knows}) as server:
        found = evaluated(kitae, project(tmp_path, server), "--suite", "abstain-ja")
    assert found["figures"]["discernment"]["mean"] == 1.0
    assert not any("the same text" in note for note in found["notes"])


def test_what_answers_look_like_is_always_told_with_intervals(kitae: Command, tmp_path: Path) -> None:
    with talking({"good-2026-08": adds}) as server:
        folder = project(tmp_path, server)
        sums(folder)
        found = evaluated(kitae, folder, "--suite", "sums")["surface"]
        text = kitae("-C", folder, "evaluate", "--model", "endpoint:good", "--suite", "sums").out
    # Nobody says in which language a sum should be.
    assert found["wrong_language"] is None and "wrong language" not in text
    assert found["intervals"]["refused"] == [0.0, pytest.approx(0.2425, abs=1e-4)]
    assert "refusals 0% (0%..24%)" in text and "repetition 0% (0%..24%), loops 0% (0%..24%)" in text
    assert max(len(line) for line in text.splitlines() if not line.startswith("note:")) <= 80


def test_english_answers_to_english_questions_are_in_the_right_language(kitae: Command, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    asked = ["Which river flows through London?", "Which river did Turner paint?", "Which river has a barrier?"]
    rows = [{"id": str(number), "question": each, "gold": ["the river Thames"]} for number, each in enumerate(asked)]
    (theirs / "question.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with talking({"good-2026-08": lambda text: "It is the river Thames, of course."}) as server:
        folder = project(tmp_path, server)
        assert kitae("-C", folder, "suites", "add", theirs, "--name", "rivers").code == 0
        told = kitae("-C", folder, "evaluate", "--model", "endpoint:good", "--suite", "rivers", "--json").out
        found, exact = json.loads(told)["surface"], json.loads(told)["figures"]["exact_match"]
        listed = json.loads(kitae("-C", folder, "suites", "--json").out)["suites"]
        (board,) = examined(Project(folder))
    assert (found["wrong_language"], found["japanese"]) == (0.0, 0.0)
    assert (exact["mean"], exact["n"]) == (0.0, 3), "more is said than the known answer"
    assert [(each["name"], each["questions"]) for each in listed][-1] == ("rivers", 3)
    surfaces = board.lines[0].surfaces
    assert surfaces and surfaces.wrong_language == 0.0


def test_what_answers_cost_is_told_and_categories_have_intervals(kitae: Command, tmp_path: Path) -> None:
    with talking(
        {"good-2026-08": lambda text: "答え" * 9, "judge-2026-08": lambda text: f"評価: [[{5 + len(text) % 5}]]"}
    ) as server:
        folder = project(tmp_path, server)
        toml = folder / "kitae.toml"
        priced = '[endpoints.good]\nprice_in = "$1000"\nprice_out = "$1000"'
        toml.write_text(toml.read_text(encoding="utf-8").replace("[endpoints.good]", priced), encoding="utf-8")
        office(folder)
        found = evaluated(kitae, folder, "--suite", "office", "--judge", "judge")
        text = kitae("-C", folder, "evaluate", "--model", "endpoint:good", "--suite", "office", "--judge", "judge").out
    assert found["cost"].startswith("$") and f"paid     {found['cost']} in all for the answers of endpoint:good" in text
    judged = found["judged"]
    assert judged["cost"] == "" and found["cost_against"] == ""
    assert (
        judged["per_category"].keys()
        == judged["category_intervals"].keys()
        == {"writing", "roleplay", "extraction", "stem", "humanities"}
    )
    for name, mean in judged["per_category"].items():
        low, high = judged["category_intervals"][name]
        assert low <= mean <= high
        assert any(line.split()[:2] == [name, f"{mean:.2f}"] and ".." in line for line in text.splitlines())
