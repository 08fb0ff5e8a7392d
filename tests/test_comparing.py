"""`kitae compare` for examined models: what may be compared is, what may not is refused by name."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kitae.core.mistakes import Mistake
from kitae.evaluate.judging.anchors import Drift
from kitae.evaluate.judging.asked import REPLIES
from kitae.evaluate.judging.drifts import Checked, remember_check
from kitae.evaluate.statistics import Difference
from kitae.examining import Wanted, examine
from kitae.project import Project

from .cli.conftest import Command, kitae
from .cli.test_schema import problems
from .talk import Server, declare, office, plain_project, sums, talking

__all__ = ["kitae"]
UNCALIBRATED = ("--despite", "calibration")


def number(text: str) -> int:
    """Of the question that a prompt asks first."""
    found = re.search(r"第(\d+)問", text)
    return int(found[1]) if found else 0


def rating(text: str) -> str:
    """The good model has a point more on all but every fifth question; some questions are easier than others."""
    if "言えない" in text:
        return "分かりません。"
    base = 5 + number(text) % 3 + (1 if "丁寧な" in text and number(text) % 5 else 0)
    return f"理由。\n評価: [[{base}]]"


def answer_sum(wrong: int) -> Any:
    def said(text: str) -> str:
        found = re.search(r"(\d+)足す", text)
        assert found
        return "分かりません" if int(found[1]) <= wrong else f"{2 * int(found[1])}です。"

    return said


MODELS = {
    "good-2026-08": lambda text: f"丁寧な答え{len(text)}",
    "poor-2026-08": lambda text: f"短い答え{len(text)}",
    "judge-2026-08": rating,
    "other-2026-08": lambda text: "評価: [[4]]",
}


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with talking(MODELS) as server:
        yield server


@pytest.fixture
def server(running: Server) -> Server:
    running.models = dict(MODELS)
    running.named.clear()
    return running


@pytest.fixture
def folder(tmp_path: Path, server: Server) -> Path:
    """Nothing is examined yet."""
    return made(tmp_path, server)


def made(parent: Path, server: Server) -> Path:
    folder = plain_project(parent)
    declare(folder, server)
    office(folder)
    return folder


@pytest.fixture(scope="module")
def once(running: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = made(tmp_path_factory.mktemp("once"), running)
    for model in ("good", "poor"):
        examine(Project(folder), Wanted("office", f"endpoint:{model}", "judge"))
    return folder


@pytest.fixture
def rated(once: Path, server: Server, tmp_path: Path) -> Path:
    """Both models were asked `office`, and rated by `judge`."""
    return shutil.copytree(once, tmp_path / "rated", symlinks=True)


def examined(kitae: Command, folder: Path, model: str, *more: str, suite: str = "office") -> None:
    ended = kitae("-C", folder, "evaluate", "--suite", suite, "--model", f"endpoint:{model}", "--json", *more)
    assert ended.code == 0, ended.err


def compared(kitae: Command, folder: Path, *more: str) -> dict[str, Any]:
    ended = kitae("-C", folder, "compare", "endpoint:good", "endpoint:poor", *more, "--json")
    assert ended.code == 0, ended.err
    assert problems("compare", ended.out) == []
    found: dict[str, Any] = json.loads(ended.out)
    return found


def test_two_models_under_one_judge_differ_by_so_much_with_intervals(kitae: Command, rated: Path) -> None:
    (found,) = compared(kitae, rated)["contrasts"]
    assert (found["suite"], found["judge"], found["protocol"]) == ("office", "judge", "kitae-ja-single")
    assert (found["questions"], found["n"], found["better"], found["worse"]) == (20, 40, 32, 0)
    assert found["mean"] == pytest.approx(0.8)
    assert found["interval"][0] < 0.8 < found["interval"][1]
    assert found["means"][0] - found["means"][1] == pytest.approx(0.8)
    assert found["detectable"] > 0 and found["needed"] >= 2
    categories = {each["name"]: each["mean"] for each in found["per_category"]}
    # Every fifth question is of one category: there the two are the same.
    assert categories == {"writing": 0.0, "roleplay": 1.0, "stem": 1.0, "humanities": 1.0, "extraction": 1.0}
    text = kitae("-C", rated, "compare", "endpoint:good", "endpoint:poor").out
    assert "judged by judge (kitae-ja-single)" in text and "difference +0.80" in text and "would be seen" in text
    assert max(map(len, text.splitlines())) <= 80


def test_what_a_program_scores_is_compared_by_question(kitae: Command, folder: Path, server: Server) -> None:
    sums(folder)
    server.models |= {"good-2026-08": answer_sum(1), "poor-2026-08": answer_sum(6)}
    for model in ("good", "poor"):
        examined(kitae, folder, model, suite="sums")
    (found,) = compared(kitae, folder, "--suite", "sums")["contrasts"]
    assert (found["judge"], found["n"], found["better"], found["worse"]) == ("", 12, 5, 0)
    assert found["mean"] == pytest.approx(5 / 12)
    assert found["means"] == [pytest.approx(11 / 12), pytest.approx(6 / 12)]
    assert found["interval"][0] < 5 / 12 < found["interval"][1]


def test_what_only_one_was_asked_is_told(kitae: Command, rated: Path) -> None:
    sums(rated)
    examined(kitae, rated, "good", suite="sums")
    assert compared(kitae, rated)["notes"] == ["sums: endpoint:good alone has answers to it as it is now"]
    ended = kitae("-C", rated, "compare", "endpoint:good", "endpoint:poor", "--suite", "sums")
    assert ended.code == 2 and "nothing that both were asked on sums" in ended.err
    ended = kitae("-C", rated, "compare", "endpoint:good", "endpoint:poor", "--suite", "ofice")
    assert ended.code == 2 and "did you mean `office`" in ended.err


@pytest.mark.parametrize(
    ("more", "what"),
    [
        (("--judge", "judge", "--max-tokens", "7"), "answer length"),
        (("--judge", "other"), "judge"),
    ],
)
def test_what_may_not_be_compared_is_refused_by_name_unless_it_is_let_pass(
    kitae: Command, folder: Path, more: tuple[str, ...], what: str
) -> None:
    examined(kitae, folder, "good", "--judge", "judge")
    examined(kitae, folder, "poor", *more)
    ended = kitae("-C", folder, "compare", "endpoint:good", "endpoint:poor")
    assert ended.code == 2
    assert f"cannot be compared: {what} differs in 40 of 40" in ended.err and "--despite" in ended.err
    (found,) = compared(kitae, folder, "--despite", what)["contrasts"]
    assert any(note.startswith(f"{what} differs in 40 of 40") for note in found["notes"])
    wrong = kitae("-C", folder, "compare", "endpoint:good", "endpoint:poor", "--despite", "length")
    assert wrong.code == 2 and "answer length" in wrong.err


def test_of_several_rows_those_under_the_same_conditions_are_compared(kitae: Command, folder: Path) -> None:
    examined(kitae, folder, "good", "--judge", "judge", "--max-tokens", "64")
    examined(kitae, folder, "good", "--judge", "judge")
    examined(kitae, folder, "poor", "--judge", "judge", "--max-tokens", "64")
    (found,) = compared(kitae, folder)["contrasts"]
    assert found["notes"] == [] and found["n"] == 40


def test_a_judge_narrows_it_and_another_one_is_a_row_of_its_own(kitae: Command, folder: Path) -> None:
    for judge in ("judge", "other"):
        for model in ("good", "poor"):
            examined(kitae, folder, model, "--judge", judge)
    assert {each["judge"]: round(each["mean"], 1) for each in compared(kitae, folder)["contrasts"]} == {
        "judge": 0.8,
        "other": 0.0,
    }
    (found,) = compared(kitae, folder, "--judge", "other")["contrasts"]
    assert found["judge"] == "other"


def test_a_model_that_changed_behind_its_name_has_to_be_named_in_full(
    kitae: Command, rated: Path, server: Server
) -> None:
    toml = rated / "kitae.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace('"good-2026-08"', '"good-2026-09"'), encoding="utf-8")
    server.models["good-2026-09"] = lambda text: f"短い答え{len(text)}"
    examined(kitae, rated, "good", "--judge", "judge")
    ended = kitae("-C", rated, "compare", "endpoint:good", "endpoint:poor")
    assert ended.code == 2 and "stands for 2 models" in ended.err
    names = re.findall(r"endpoint:good \[[^\]]+\]", ended.err)
    assert len(names) == 2
    old_to_new = json.loads(kitae("-C", rated, "compare", *names, "--json").out)["contrasts"][0]
    assert old_to_new["mean"] == pytest.approx(0.8)


def test_who_was_not_examined_is_no_row_either(kitae: Command, rated: Path) -> None:
    ended = kitae("-C", rated, "compare", "endpoint:good", "endpoint:por")
    assert ended.code == 2 and "`endpoint:poor`" in ended.err
    assert kitae("-C", rated, "compare", "endpoint:good").code == 2
    itself = kitae("-C", rated, "compare", "endpoint:good", "endpoint:good")
    assert itself.code == 2 and "itself" in itself.err


def test_a_name_in_both_worlds_says_how_to_choose(kitae: Command, walked: Path) -> None:
    records = Project(walked).records
    identity = {"model": "m", "engine": "e", "number_format": "f"}
    row = {
        "model": "base.closed",
        "identity": identity,
        "decoding": {},
        "question": "q",
        "version": "v",
        "turns": ["a"],
    }
    records.add(REPLIES, "k", row)
    ended = kitae("-C", walked, "compare", "base.closed", "null.refuse")
    assert ended.code == 2 and "`--suite NAME`" in ended.err and "`--against ROW`" in ended.err
    assert kitae("-C", walked, "compare", "base.closed", "--against", "null.refuse").code == 0


def test_another_model_behind_the_same_judge_is_refused_by_name(kitae: Command, folder: Path, server: Server) -> None:
    examined(kitae, folder, "good", "--judge", "judge")
    server.named["judge-2026-08"] = "judge-2026-09-mini"
    examined(kitae, folder, "poor", "--judge", "judge")
    ended = kitae("-C", folder, "compare", "endpoint:good", "endpoint:poor")
    told = "served model differs in 40 of 40: judge-2026-08, judge-2026-09-mini"
    assert ended.code == 2 and told in " ".join(ended.err.split())
    assert compared(kitae, folder, "--despite", "served model")["contrasts"][0]["notes"] == [told]


def verdict(text: str) -> str:
    """For the polite answer, but every fourth question is a tie; of the first nothing can be read."""
    if number(text) == 1:
        return "分かりません。"
    polite = "A" if text.index("丁寧な") < text.index("短い答え") else "B"
    return f"理由。\n判定: [[{'C' if number(text) % 4 == 0 else polite}]]"


def test_what_a_judge_compared_is_told_from_the_first_ones_side(kitae: Command, folder: Path, server: Server) -> None:
    server.models["judge-2026-08"] = verdict
    examined(kitae, folder, "poor", "--judge", "judge", "--against", "endpoint:good")
    told = compared(kitae, folder)
    (found,) = told["matches"]
    assert told["contrasts"] == []
    assert (found["suite"], found["judge"], found["protocol"]) == ("office", "judge", "kitae-ja-pair")
    assert (found["wins"], found["ties"], found["losses"], found["n"], found["failed"]) == (28, 10, 0, 40, 2)
    assert found["win_rate"] == pytest.approx(33 / 38) and found["bounds"] == [33 / 40, 35 / 40]
    assert found["interval"][0] < 33 / 38 < found["interval"][1] and found["consistency"] == 1.0
    assert list(found["doubts"]) == ["calibration"]
    text = kitae("-C", folder, "compare", "endpoint:good", "endpoint:poor").out
    assert "compared in pairs by judge" in text and "A wins 28, ties 10, loses 0: 0.87" in text
    (found,) = json.loads(kitae("-C", folder, "compare", "endpoint:poor", "endpoint:good", "--json").out)["matches"]
    assert (found["wins"], found["losses"]) == (0, 28)
    ended = gated(kitae, folder, "good", "poor")
    assert ended.code == 2 and "a gate goes by ratings" in ended.err


# The gate


def gated(kitae: Command, folder: Path, first: str, second: str, *margins: str) -> Any:
    more = [part for margin in margins for part in ("--margin", margin)]
    return kitae("-C", folder, "compare", f"endpoint:{first}", f"endpoint:{second}", "--gate", *UNCALIBRATED, *more)


def test_the_gate_goes_by_the_interval_and_by_category(kitae: Command, rated: Path) -> None:
    assert gated(kitae, rated, "good", "poor").code == 0
    ended = gated(kitae, rated, "poor", "good")
    assert ended.code == 3 and "difference -0.80" in ended.out and "margin 0" in ended.err
    # The mean is 0.8 worse, and the interval reaches below that.
    assert gated(kitae, rated, "poor", "good", "0.8").code == 3
    assert gated(kitae, rated, "poor", "good", "1.2").code == 0
    assert gated(kitae, rated, "poor", "good", "1.2", "writing=0", "stem=1").code == 0
    ended = gated(kitae, rated, "poor", "good", "1.2", "stem=0.5")
    assert ended.code == 3 and "stem: -1.00" in ended.err
    wrong = gated(kitae, rated, "good", "poor", "maths=1")
    assert wrong.code == 2 and "no category `maths`" in wrong.err
    for margin, told in (("much", "no margin"), ("a=b", "no margin")):
        wrong = gated(kitae, rated, "good", "poor", margin)
        assert wrong.code == 2 and told in wrong.err
    assert gated(kitae, rated, "good", "poor", "1", "2").code == 2


def test_a_judge_that_is_not_accepted_lets_nothing_pass(kitae: Command, rated: Path) -> None:
    command = ("-C", rated, "compare", "endpoint:good", "endpoint:poor", "--gate")
    ended = kitae(*command)
    assert ended.code == 3 and "the judge may not decide" in ended.err and "--despite calibration" in ended.err
    assert "doubt: whether judge agrees with people is not known here" in " ".join(ended.out.split())
    (found,) = compared(kitae, rated)["contrasts"]
    assert list(found["doubts"]) == ["calibration"]
    assert kitae(*command, *UNCALIBRATED).code == 0
    wrong = kitae(*command, "--despite", "calibrations")
    assert wrong.code == 2 and "`calibration`" in wrong.err


def test_a_judge_that_has_drifted_lets_nothing_pass_either(kitae: Command, rated: Path) -> None:
    moved = Difference(mean=0.7, interval=None, n=40, better=28, worse=0, detectable=None)
    told = {"judge": "judge", "suite": "office", "since": "2026-08-01", "occasion": "2026-11-01, 1"}
    version = {"then": "v", "now": "v", "served_then": (), "served_now": ()}
    drift = Drift(n=40, same=0.3, difference=moved, failed=0, verdict="drifted")
    remember_check(Project(rated).records, Checked(**told, **version, drift=drift))
    ended = gated(kitae, rated, "good", "poor")
    assert ended.code == 3 and "judge has drifted by +0.70" in ended.err and "`--despite drift`" in ended.err
    assert list(compared(kitae, rated)["contrasts"][0]["doubts"]) == ["calibration", "drift"]
    command = ("-C", rated, "compare", "endpoint:good", "endpoint:poor", "--gate", *UNCALIBRATED)
    assert kitae(*command, "--despite", "drift").code == 0


def test_a_team_writes_its_bar_down_once(kitae: Command, rated: Path) -> None:
    toml = rated / "kitae.toml"
    plain = toml.read_text(encoding="utf-8")
    toml.write_text(plain + "\n[gates.office]\nmargin = 1.2\ncategories = { stem = 0.5 }\n", encoding="utf-8")
    ended = gated(kitae, rated, "poor", "good")
    assert ended.code == 3 and "stem: -1.00" in ended.err and "margin 0.5" in ended.err
    assert gated(kitae, rated, "poor", "good", "stem=1").code == 0
    assert gated(kitae, rated, "poor", "good", "0.5", "stem=1").code == 3
    toml.write_text(plain + "\n[gates.office]\ncategories = { maths = 0.5 }\n", encoding="utf-8")
    ended = gated(kitae, rated, "good", "poor")
    assert ended.code == 2 and "[gates.office]" in ended.err
    toml.write_text(plain + "\n[gates.offices]\nmargin = 1\n", encoding="utf-8")
    with pytest.raises(Mistake, match="names the suite `offices`"):
        Project(rated)


def test_failing_does_not_help_to_pass(kitae: Command, folder: Path, server: Server) -> None:
    """Where the judge can say nothing of the first model's worst answers, they count as the worst that they can be."""
    server.models["good-2026-08"] = lambda text: "言えない" if number(text) % 4 == 0 else f"丁寧な答え{len(text)}"
    for model in ("good", "poor"):
        examined(kitae, folder, model, "--judge", "judge")
    (found,) = compared(kitae, folder)["contrasts"]
    assert found["interval"][0] > 0 and any("failed" in note for note in found["notes"])
    assert found["failed"] == [10, 0]
    (low, high), other = found["bounds"]
    assert low < found["means"][0] < high and other[0] == other[1]
    text = kitae("-C", folder, "compare", "endpoint:good", "endpoint:poor").out
    assert f"A 10 of 40, {low:.2f}..{high:.2f}; B 0 of 40" in " ".join(text.split())
    assert gated(kitae, folder, "good", "poor").code == 3
