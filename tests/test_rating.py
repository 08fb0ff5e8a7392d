"""Two models against each other, several judges, several samples: as a user asks for them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kitae.evaluate.judging.request import JUDGMENTS
from kitae.project import Project

from .cli.conftest import Command, kitae
from .cli.test_schema import problems
from .talk import Server, declare, office, plain_project, talking

__all__ = ["kitae"]


def number(text: str) -> int:
    found = re.search(r"第(\d+)問", text)
    return int(found[1]) if found else 0


def fair(text: str) -> str:
    """Sees who is polite, whichever stands first, but on every fifth question takes what is shown first."""
    if "採点" in text and "判定" not in text:
        return f"評価: [[{4 + number(text) % 5}]]"
    if number(text) % 5 == 0:
        return "理由。\n判定: [[A]]"
    polite, short = text.find("丁寧な"), text.find("短い")
    return f"理由。\n判定: [[{'A' if polite < short else 'B'}]]"


def first(text: str) -> str:
    """Takes what is shown first; rates as `fair` does, a point kinder."""
    return "判定: [[A]]" if "判定" in text else f"評価: [[{5 + number(text) % 5}]]"


MODELS = {
    "good-2026-08": lambda text: f"丁寧な答え{len(text)}",
    "poor-2026-08": lambda text: f"短い答え{len(text)}",
    "fair-2026-08": fair,
    "first-2026-08": first,
    "noise-2026-08": lambda text: "何とも言えません。",
}


@pytest.fixture
def server() -> Iterator[Server]:
    with talking(MODELS) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, server: Server) -> Path:
    folder = plain_project(tmp_path)
    declare(folder, server)
    office(folder)
    return folder


def evaluated(kitae: Command, folder: Path, *more: str, model: str = "good") -> Any:
    ended = kitae("-C", folder, "evaluate", "--suite", "office", "--model", f"endpoint:{model}", "--json", *more)
    assert ended.code == 0, ended.err
    assert problems("evaluate", ended.out) == []
    return json.loads(ended.out)


PAIR = ("--judge", "fair", "--against", "endpoint:poor")


def test_a_win_counts_only_if_both_orders_agree(kitae: Command, folder: Path, server: Server) -> None:
    found = evaluated(kitae, folder, *PAIR)["judged"]
    assert (found["protocol"], found["against"], found["n"], found["made"]) == (
        "kitae-ja-pair",
        "endpoint:poor",
        40,
        80,
    )
    assert found["games"] == {"wins": 32, "ties": 8, "losses": 0}
    assert found["consistency"] == pytest.approx(0.8)
    assert found["mean_published"] == pytest.approx(0.9)
    assert found["interval"][0] < 0.9 < found["interval"][1] <= 1
    assert found["per_category"]["writing"] == 0.5 and found["per_category"]["stem"] == 1.0
    # From the other side it is the same, and nothing is asked again but in the other names' order.
    asked = server.calls("good-2026-08"), server.calls("poor-2026-08")
    other = evaluated(kitae, folder, "--judge", "fair", "--against", "endpoint:good", model="poor")["judged"]
    assert other["games"] == {"wins": 0, "ties": 8, "losses": 32}
    assert (server.calls("good-2026-08"), server.calls("poor-2026-08")) == asked
    text = kitae("-C", folder, "evaluate", "--suite", "office", "--model", "endpoint:good", *PAIR).out
    assert "fair gives a win rate of 0.90" in text
    assert "won 32, tied 8, lost 0; 80% with the same result in both orders" in text


def test_the_answers_of_the_other_model_come_from_the_records(kitae: Command, folder: Path, server: Server) -> None:
    evaluated(kitae, folder, "--judge", "fair", model="poor")
    asked = server.calls("poor-2026-08")
    evaluated(kitae, folder, *PAIR)
    assert server.calls("poor-2026-08") == asked == 40
    assert evaluated(kitae, folder, *PAIR)["judged"]["made"] == 0


def test_a_suite_of_others_is_judged_in_pairs_with_its_published_prompts(kitae: Command, folder: Path) -> None:
    prompts = [
        {"name": "pair-v2", "prompt_template": "判定 {question} {answer_a} {answer_b}"},
        {"name": "pair-v2-multi-turn", "prompt_template": "判定 {question_1} {answer_a_2} {answer_b_2}"},
        {"name": "single-v1", "prompt_template": "{question} {answer}", "output_format": "[[rating]]"},
    ]
    more = {"type": "x", "system_prompt": "s", "output_format": "[[A]]"}
    theirs = folder / "published-office"
    text = "".join(json.dumps(more | each, ensure_ascii=False) + "\n" for each in prompts)
    (theirs / "judge_prompts.jsonl").write_text(text, encoding="utf-8")
    assert kitae("-C", folder, "suites", "add", theirs, "--name", "theirs").code == 0
    toml = folder / "kitae.toml"
    judge = '\n[judges.published]\nendpoint = "fair"\nprotocol = "mtbench"\n'
    toml.write_text(toml.read_text(encoding="utf-8") + judge, encoding="utf-8")
    arguments = ("--suite", "theirs", "--model", "endpoint:good", "--judge", "published", "--against", "endpoint:poor")
    ended = kitae("-C", folder, "evaluate", *arguments, "--json")
    assert ended.code == 0, ended.err
    found = json.loads(ended.out)["judged"]
    assert (found["protocol"], found["games"]["wins"], found["games"]["ties"]) == ("mtbench-pair", 32, 8)


def test_an_unreadable_game_is_counted_and_bounds_the_win_rate(kitae: Command, folder: Path, server: Server) -> None:
    server.models["fair-2026-08"] = lambda text: fair(text) if number(text) > 2 else "分かりません。"
    found = evaluated(kitae, folder, *PAIR)
    judged = found["judged"]
    assert (judged["n"], judged["n_failed"]) == (40, 4)
    assert judged["mean_low"] < judged["mean_published"] < judged["mean_high"]
    server.models["fair-2026-08"] = lambda text: "分かりません。"
    assert (
        kitae("-C", folder, "evaluate", "--suite", "office", "--model", "endpoint:poor", "--judge", "noise").code == 0
    )


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        (("--against", "endpoint:poor"), "compared by a judge"),
        (("--judge", "fair", "--against", "endpoint:good"), "against itself"),
        (("--judge", "fair", "--against", "endpoint:por"), "no endpoint"),
        (("--judge", "fair,fairer"), "no judge `fairer`"),
        (("--judge", "fair", "--judge", "same"), "are the same model"),
        (("--judge", "pairs"), "name the other one with `--against MODEL`"),
    ],
)
def test_what_cannot_be_judged_is_said_before_anything_is_asked(
    more: tuple[str, ...], wrong: str, kitae: Command, folder: Path, server: Server
) -> None:
    toml = folder / "kitae.toml"
    judges = '\n[judges.same]\nendpoint = "fair"\n[judges.pairs]\nendpoint = "fair"\nprotocol = "kitae-ja-pair"\n'
    toml.write_text(toml.read_text(encoding="utf-8") + judges, encoding="utf-8")
    ended = kitae("-C", folder, "evaluate", "--suite", "office", "--model", "endpoint:good", *more)
    assert ended.code == 2 and wrong in ended.err and "do:" in ended.err
    assert server.asked == []


def test_several_judges_rate_the_same_answers_and_agree_so_far(kitae: Command, folder: Path, server: Server) -> None:
    found = evaluated(kitae, folder, "--judge", "fair", "--judge", "first")
    assert [each["judge"] for each in (found["judged"], *found["more"])] == ["fair", "first"]
    assert server.calls("good-2026-08") == 40
    panel = found["panel"]
    assert panel["n"] == 40 and panel["per_judge"]["first"] - panel["per_judge"]["fair"] == pytest.approx(1.0)
    assert panel["alpha"]["low"] < panel["alpha"]["value"] < panel["alpha"]["high"]
    # A point apart on ratings from 4 to 9: alike, and not the same.
    assert 0.5 < panel["alpha"]["value"] < 0.95
    text = kitae("-C", folder, "evaluate", "--suite", "office", "--model", "endpoint:good", "--judge", "fair,first").out
    assert "Krippendorff's alpha" in text and "fair gives" in text and "first gives" in text


def test_judges_of_pairs_agree_by_verdict(kitae: Command, folder: Path) -> None:
    found = evaluated(kitae, folder, "--judge", "fair,first", "--against", "endpoint:poor")
    panel = found["panel"]
    assert panel["n"] == 80
    # Who always takes the first gives each model half of its games.
    assert panel["per_judge"] == {"fair": pytest.approx(0.9), "first": pytest.approx(0.5)}
    assert panel["alpha"]["value"] < 0.5


def test_a_judge_that_says_nothing_leaves_no_panel_and_is_told(kitae: Command, folder: Path) -> None:
    found = evaluated(kitae, folder, "--judge", "fair,noise")
    assert found["panel"] is None
    assert any("cannot be held against each other" in note for note in found["notes"])
    assert any("means nothing" in note for note in found["notes"])


def test_samples_are_of_what_is_not_decoded_greedily(kitae: Command, folder: Path, server: Server) -> None:
    found = evaluated(kitae, folder, "--judge", "fair", "--samples", "3")
    # 16 of 20 questions have a temperature; both turns of each sample are judged.
    assert (found["answers"], found["judged"]["n"]) == (16 * 3 + 4, 2 * (16 * 3 + 4))
    assert any("4 of 20 questions are answered greedily, so once and not 3 times" in each for each in found["notes"])
    seeds = {body.get("seed") for body in server.asked if body["model"] == "good-2026-08"}
    assert seeds == {None, 0, 1, 2}
    samples = [row["about"]["sample"] for row in Project(folder).records.all(JUDGMENTS)]
    assert (samples.count(0), samples.count(1), samples.count(2)) == (40, 32, 32)
    # Three samples of a question are one piece of evidence: the interval goes by questions.
    once = evaluated(kitae, folder, "--judge", "fair")["judged"]
    width = [each["interval"][1] - each["interval"][0] for each in (once, found["judged"])]
    assert width[1] > 0.8 * width[0]
