"""Candidates beside each other: what is measured, what is refused first, and what is never done twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kitae.core.mistakes import Mistake
from kitae.core.quantity import parse_money
from kitae.core.suite import read_suite
from kitae.engine.tiny import make_tiny
from kitae.evaluate.judging.request import JUDGMENTS
from kitae.evaluate.purse import BudgetReached
from kitae.evaluate.suites import score_of
from kitae.project import Project
from kitae.suites import suite_named
from kitae.surveying import Sought, survey

from .serving import serving
from .talk import declare as declare_all
from .talk import office, talking

ONE, OTHER, FAR = "path:../base", "path:../other", "endpoint:examiner"
SERVER = "judge_server.py"
PRICES = 'price_in = "$1"\nprice_out = "$5"'
"""A call of the server is 1,000 and 200 tokens, so it costs $0.002."""


@pytest.fixture
def project(tiny_project: Path, tiny_base: Path) -> Path:
    """Nothing is made of it yet; beside it two bases, of which one says its licence."""
    make_tiny(tiny_project.parent / "other", seed=1)
    card = "---\nlicense: apache-2.0\n---\n"
    (tiny_project.parent / "other" / "README.md").write_text(card, encoding="utf-8")
    return tiny_project


def declare(folder: Path, url: str, more: str = "", may_receive: str = "internal") -> None:
    written = f'\n[endpoints.examiner]\nurl = "{url}"\nmodel = "judge-1"\nmay_receive = "{may_receive}"\n{more}\n'
    toml = folder / "kitae.toml"
    toml.write_text(toml.read_text(encoding="utf-8") + written, encoding="utf-8")


def sought(*models: str, **more: Any) -> Sought:
    return replace(Sought(models, ("abstain-ja",), limit=3, max_tokens=2), **more)


def rows(folder: Path, kind: str) -> int:
    return sum(file.read_bytes().count(b"\n") for file in folder.glob(f"records/{kind}/*.jsonl"))


def test_bases_are_measured_and_of_equals_the_permitted_one_is_taken_without_answering_twice(project: Path) -> None:
    found = survey(Project(project), sought(ONE, OTHER, suites=("abstain-ja", "unseen")))
    one, other = found.candidates
    assert found.choice.equals == (ONE, OTHER)
    assert (one.takes.permitted, other.takes.permitted) == ("ask", "yes")
    assert found.choice.recommended == OTHER
    assert one.takes.serve_gib and one.takes.train_gib and one.tokens_per_second and one.price.yen
    assert one.takes.characters_per_token == other.takes.characters_per_token
    assert {each.found["abstain-ja"].suite.questions for each in found.candidates} == {3}
    assert "abstain-ja: only 3 of its 106 questions, always the same ones" in found.notes
    assert any(note.startswith("unseen: no document was shown") for note in found.notes)
    # A random model never stops by itself.
    assert one.cut == 1.0
    assert f"{ONE}: 100% of its answers were cut off at 2 tokens, so their price is no reason" in found.notes

    answered = rows(project, "answers")
    assert answered == 2 * (3 + 3)
    again = survey(Project(project), sought(ONE, OTHER, suites=("abstain-ja", "unseen")))
    assert rows(project, "answers") == answered
    assert again.reasons == found.reasons
    # More questions are these and others.
    survey(Project(project), sought(ONE, OTHER, limit=5))
    assert rows(project, "answers") == answered + 2 * 2


def test_what_is_behind_an_endpoint_is_said_to_be_unknown_and_stops_the_choice_between(project: Path) -> None:
    with serving(SERVER) as url:
        declare(project, url, PRICES)
        found = survey(Project(project), sought(ONE, FAR))
    far = found.candidates[1]
    assert (far.takes.serve_gib, far.takes.train_gib, far.takes.characters_per_token) == (None, None, None)
    assert set(far.takes.unknown) >= {"serve_gib", "train_gib", "characters_per_token", "licence"}
    assert far.price.how == "quoted"
    assert far.price.yen == pytest.approx(2.0 * Project(project).file.plan.exchange.yen)
    assert found.choice.recommended is None
    assert any("nothing is recommended between" in reason and "http, unknown" in reason for reason in found.reasons)


@pytest.mark.parametrize(
    ("models", "more", "wrong"),
    [
        ((ONE, "path:nowhere"), {}, "no model there"),
        ((ONE, "wheel:gemma4"), {}, "no wheel `gemma4`"),
        ((ONE, "model/tuned"), {}, "no artifact"),
        ((ONE, ONE), {}, "stands twice"),
        ((ONE, OTHER), {"suites": ("abstain-ja", "abstain-jp")}, "no suite `abstain-jp`"),
        ((ONE, OTHER), {"suites": ("abstain-ja", "forge-ja")}, "rated by a judge"),
        ((ONE, OTHER), {"judge": "examiner"}, "scored by a program"),
        ((ONE, OTHER), {"despite": ("engine",)}, "nothing that scores depend on"),
        ((ONE, OTHER), {"suites": ("forge-ja",), "judge": "examinor"}, "no judge `examinor`"),
        ((ONE, FAR), {"suites": ("unseen",)}, "may receive `public`"),
        ((ONE, OTHER), {"suites": ("forge-ja",), "judge": "examiner"}, "may receive `public`"),
        ((ONE, FAR), {"budget": parse_money("$1")}, "names no price"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_computed(
    models: tuple[str, ...], more: dict[str, Any], wrong: str, project: Path
) -> None:
    declare(project, "http://127.0.0.1:9/v1", may_receive="public")
    with pytest.raises(Mistake, match=wrong) as caught:
        survey(Project(project), sought(*models, **more))
    assert caught.value.hint
    assert rows(project, "answers") == 0
    assert not list(project.glob("store/*/*"))


def test_one_budget_is_for_all_candidates_together(project: Path) -> None:
    judging = {"suites": ("forge-ja",), "judge": "examiner", "limit": 2}
    with serving(SERVER) as url:
        declare(project, url, 'price_in = "$0"\nprice_out = "$10"')
        # A call may cost $0.02048 and costs $0.002: the first base's four fit, the other's first one does not.
        with pytest.raises(BudgetReached, match=r"budget of \$0.03 is reached: \$0.01 are spent"):
            survey(Project(project), sought(ONE, OTHER, budget=parse_money("$0.0275"), **judging))
        assert rows(project, JUDGMENTS) == 4
        found = survey(Project(project), sought(ONE, OTHER, budget=parse_money("$1"), **judging))
        believed = survey(Project(project), sought(ONE, OTHER, despite=("calibration",), **judging))
    assert rows(project, JUDGMENTS) == 8
    assert [each.found["forge-ja"].judged.tally.mean_published for each in found.candidates] == [7.0, 7.0]  # type: ignore[union-attr]
    # Nobody knows whether this judge agrees with people, so it recommends nothing unless it is let.
    (why,) = found.reasons
    assert found.choice.recommended is None and "not known here" in why and "--despite calibration" in why
    assert believed.choice.recommended == OTHER and believed.choice.pairs == found.choice.pairs


def test_candidates_whose_judge_was_served_by_another_model_are_not_compared(project: Path) -> None:
    said = {f"{name}-2026-08": lambda text: f"答え{len(text)}" for name in ("good", "poor")}
    with talking({**said, "judge-2026-08": lambda text: "評価: [[7]]"}) as server:
        declare_all(project, server)
        office(project, 4)
        judging = {"suites": ("office",), "judge": "judge", "despite": ("calibration",)}
        survey(Project(project), sought("endpoint:good", **judging))
        server.named["judge-2026-08"] = "judge-2026-09"
        found = survey(Project(project), sought("endpoint:good", "endpoint:poor", **judging))
    assert found.choice.recommended is None
    assert any("judged by judge-2026-08" in each and "judged by judge-2026-09" in each for each in found.reasons)


def test_a_budget_is_for_the_answers_of_an_endpoint_too(project: Path) -> None:
    with serving(SERVER) as url:
        declare(project, url, f"{PRICES}\nat_once = 1")
        with pytest.raises(BudgetReached):
            survey(Project(project), sought(FAR, budget=parse_money("$0.005"), limit=9))
    assert 0 < rows(project, "answers") < 9


def test_killed_in_the_middle_it_goes_on_and_answers_nothing_twice(project: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with serving(SERVER, "--latency", "0.2", "--log", str(log)) as url:
        declare(project, url, "at_once = 1")
        options = ["--suite", "abstain-ja", "--limit", "12", "--max-tokens", "2", "--json"]
        command = [sys.executable, "-m", "kitae", "-C", str(project), "survey", FAR, ONE, *options]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as killed:
            while rows(project, "answers") < 4 and killed.poll() is None:
                time.sleep(0.02)
            os.kill(killed.pid, signal.SIGKILL)
        kept = rows(project, "answers")
        assert 4 <= kept < 12
        survey(Project(project), sought(FAR, ONE, limit=12))
    asked = [line[:64] for line in log.read_text(encoding="utf-8").splitlines()]
    assert len(set(asked)) == 12
    assert len(asked) - 12 <= 1  # the call that was under way
    assert rows(project, "answers") == 24


def test_a_suite_of_the_company_is_scored_by_its_gold(project: Path) -> None:
    suite = read_suite(project / "questions.jsonl", name="unseen", kind="unseen")
    right = score_of(suite)
    assert right("q1", "5日です。").right
    assert not right("q1", "15日です。").right
    assert right("q4", "資料には書かれていません。").right
    assert not right("q4", "月3万円です。").right


def test_questions_are_drawn_whole_and_a_larger_draw_holds_the_smaller(project: Path) -> None:
    riddles = suite_named(Project(project), "riddles-ja")
    few, more = (riddles.drawn(limit) for limit in (5, 20))
    assert len(few.prompts) == 10  # each in both wordings
    assert {each.id for each in few.prompts} < {each.id for each in more.prompts}
    assert few.whole == 116
    assert riddles.drawn(1000) is riddles
    assert few.version == riddles.version
