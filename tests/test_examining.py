"""A suite, a model and a judge together: what a user gets, and what is refused before anything is sent."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from kitae.commands import make_all
from kitae.core.artifact import Artifact
from kitae.core.generation import Local
from kitae.core.label import Label
from kitae.core.mistakes import Mistake
from kitae.core.passage import Passage
from kitae.core.quantity import parse_money
from kitae.engine.open import open_generator
from kitae.evaluate.imported.folder import read_folder
from kitae.evaluate.imported.shelf import keep
from kitae.evaluate.judging.request import JUDGMENTS
from kitae.evaluate.purse import BudgetReached
from kitae.examining import Examined, Wanted, examine
from kitae.gate.client import LEDGER
from kitae.naming import subject_named, with_retrieval
from kitae.project import Project
from kitae.viewing import write_view

from .serving import serving
from .talk import talking

MODEL = "model/tuned-int8"


def declare(folder: Path, url: str, more: str = "", may_receive: str = "internal") -> Project:
    """The project with a judge's endpoint in its file."""
    written = f'\n[endpoints.examiner]\nurl = "{url}"\nmodel = "judge-1"\nmay_receive = "{may_receive}"\n{more}\n'
    toml = folder / "kitae.toml"
    toml.write_text(toml.read_text(encoding="utf-8") + written, encoding="utf-8")
    return Project(folder)


FOR_NOTHING = {"against": "endpoint:examiner", "judge": "path:../base", "budget": parse_money("$1")}
"""A budget for a model that is played against, and whose endpoint has no price."""


def forge(**more: Any) -> Wanted:
    return replace(Wanted("forge-ja", MODEL, "examiner", max_tokens=3), **more)


def judged(found: Examined) -> tuple[int, int, int, float | None]:
    assert found.judged is not None
    told = found.judged.tally
    return told.n, told.n_failed, found.judged.made, told.mean_published


def test_a_judge_rates_both_turns_of_every_question_once(walked: Path, tmp_path: Path) -> None:
    with serving("judge_server.py", "--log", str(tmp_path / "log")) as url:
        project = declare(walked, url, 'price_in = "$1"\nprice_out = "$5"')
        assert judged(examine(project, forge())) == (160, 0, 160, 7.0)
        # The server says that a call took 1,000 and 200 tokens.
        again = examine(Project(walked), forge())
        assert judged(again) == (160, 0, 0, 7.0)
        assert again.judged and str(again.judged.money) == "$0.32"
        assert any("agrees with people is not known" in note for note in again.notes)
    assert len((tmp_path / "log").read_text(encoding="utf-8").splitlines()) == 160
    purposes = {(row["purpose"], row["label"]) for row in Project(walked).records.all(LEDGER)}
    page = write_view(Project(walked)).read_text(encoding="utf-8")
    assert page.count('"answer":"') == 160 and "forge-ja" in page and "$0.32" in page
    # The model learnt from internal documents, so its answers are internal, though the questions are public.
    assert purposes == {("judge", "internal")}


def test_what_a_program_scores_needs_no_judge(walked: Path) -> None:
    found = examine(Project(walked), Wanted("abstain-ja", MODEL, max_tokens=2))
    assert found.judged is None
    assert found.program and found.program.mean is not None and found.program.interval
    assert found.surfaces and found.surfaces.n == len(found.answers) > 100
    assert found.f1 is None, "what declines is not compared with known answers"
    assert found.bits_per_character is None
    assert any("bits a character are not known" in note and "attention window" in note for note in found.notes)


def test_what_is_asked_is_predicted_once_and_answers_are_held_against_known_ones(walked: Path) -> None:
    wanted = Wanted("unseen", "model/tuned", max_tokens=2)
    found = examine(Project(walked), wanted)
    bits = found.bits_per_character
    assert bits and bits.mean and bits.interval and 0 < bits.interval.low < bits.mean < bits.interval.high < 40
    assert found.f1 and found.f1.mean is not None and found.program and found.program.mean is not None
    assert found.program.mean <= found.f1.mean <= 1
    assert found.f1.interval
    rows = list(Project(walked).records.all("predicted"))
    assert len(rows) == 1
    assert examine(Project(walked), wanted).bits_per_character == found.bits_per_character
    assert list(Project(walked).records.all("predicted")) == rows


def test_a_model_is_loaded_once_for_all_that_it_is_asked(walked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of these questions are drawn at other temperatures, second turns follow first ones, and texts are read."""
    loaded: list[str] = []

    def counted(model: Artifact) -> Local:
        loaded.append(model.id)
        return open_generator(model)

    monkeypatch.setattr("kitae.engine.open.open_generator", counted)
    with serving("judge_server.py") as url:
        project = declare(walked, url)
        found = examine(project, Wanted("forge-ja", "model/tuned", "examiner", max_tokens=2))
    assert found.bits_per_character is not None
    assert len(loaded) == 1


def test_an_endpoint_is_a_model_under_test_and_its_answers_are_kept(walked: Path, tmp_path: Path) -> None:
    with serving("judge_server.py", "--log", str(tmp_path / "log")) as url:
        project = declare(walked, url)
        first = examine(project, Wanted("abstain-ja", "endpoint:examiner", max_tokens=2))
        asked = len((tmp_path / "log").read_text(encoding="utf-8").splitlines())
        assert (
            examine(Project(walked), Wanted("abstain-ja", "endpoint:examiner", max_tokens=2)).program == first.program
        )
    assert asked == len(first.answers)
    assert len((tmp_path / "log").read_text(encoding="utf-8").splitlines()) == asked
    assert any("chat template of its own" in note for note in first.notes)


@pytest.mark.slow
def test_a_judge_that_says_nothing_of_use_is_told_to_mean_nothing(walked: Path) -> None:
    """A tiny model of random weights behind our own endpoint: judgments arrive, and their score is no score."""
    with serving("endpoint.py", "--tiny", "--max-tokens", "4") as url:
        project = declare(walked, url, "at_once = 32\ntimeout = 120")
        found = examine(project, forge())
        assert judged(found) == (160, 160, 160, None)
    assert found.judged is not None
    assert (found.judged.tally.mean_low, found.judged.tally.mean_high) == (1.0, 10.0)
    assert any("means nothing" in note for note in found.notes)


def test_killed_in_the_middle_it_goes_on_and_pays_for_nothing_twice(walked: Path, tmp_path: Path) -> None:
    log, kept = tmp_path / "log", 0
    with serving("judge_server.py", "--latency", "0.1", "--log", str(log)) as url:
        declare(walked, url, "at_once = 4")
        arguments = ["--suite", "forge-ja", "--model", MODEL, "--judge", "examiner", "--max-tokens", "3", "--json"]
        command = [sys.executable, "-m", "kitae", "-C", str(walked), "evaluate", *arguments]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as killed:
            while kept < 40 and killed.poll() is None:
                time.sleep(0.02)
                kept = sum(file.read_bytes().count(b"\n") for file in walked.glob(f"records/{JUDGMENTS}/*.jsonl"))
            os.kill(killed.pid, signal.SIGKILL)
        kept = len(list(Project(walked).records.all(JUDGMENTS)))
        assert 40 <= kept < 160
        finished = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert (finished["judged"]["n"], finished["judged"]["n_failed"]) == (160, 0)
    assert finished["judged"]["made"] == 160 - kept
    asked = [line[:64] for line in log.read_text(encoding="utf-8").splitlines()]
    assert len(set(asked)) == 160
    assert len(asked) - 160 <= 4


def test_the_first_interrupt_waits_for_what_is_under_way_and_keeps_it(walked: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with serving("judge_server.py", "--latency", "0.3", "--log", str(log)) as url:
        declare(walked, url, "at_once = 8")
        arguments = ["--suite", "forge-ja", "--model", MODEL, "--judge", "examiner", "--max-tokens", "3"]
        command = [sys.executable, "-m", "kitae", "-C", str(walked), "evaluate", *arguments]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as interrupted:
            while interrupted.poll() is None and not (
                log.is_file() and log.read_text(encoding="utf-8").count("\n") > 16
            ):
                time.sleep(0.02)
            interrupted.send_signal(signal.SIGINT)
            assert interrupted.wait(timeout=60) != 0
    kept = len(list(Project(walked).records.all(JUDGMENTS)))
    assert 16 <= kept < 160
    # Every call that was answered is kept; none was cut off.
    assert kept == len(log.read_text(encoding="utf-8").splitlines())
    assert {row["outcome"] for row in Project(walked).records.all(LEDGER)} == {"sent", "200"}


def test_a_budget_stops_with_all_kept_and_says_how_to_go_on(walked: Path) -> None:
    with serving("judge_server.py") as url:
        project = declare(walked, url, 'price_in = "$1"\nprice_out = "$5"')
        with pytest.raises(BudgetReached, match="reached") as caught:
            examine(project, forge(budget=parse_money("$0.10")))
        assert "larger budget" in caught.value.hint
        kept = len(list(project.records.all(JUDGMENTS)))
        assert 0 < kept <= 50
        assert judged(examine(Project(walked), forge(budget=parse_money("$2")))) == (160, 0, 160 - kept, 7.0)


@pytest.mark.parametrize(
    ("more", "may_receive", "wanted", "wrong"),
    [
        ('key = "env:KITAE_NO_SUCH_KEY"', "internal", {}, "KITAE_NO_SUCH_KEY is not set"),
        ("", "public", {}, "may receive `public`"),
        ("", "public", {"suite": "unseen"}, "may receive `public`"),
        ("", "internal", {"judge": "examinor"}, "no judge `examinor`"),
        ("", "internal", {"suite": "forge"}, "no suite `forge`"),
        ("", "internal", {"judge": ""}, "rated by a judge"),
        ("", "internal", {"model": "model/tunde"}, "no artifact"),
        ("", "internal", {"model": "endpoint:examinor"}, "no endpoint"),
        ("", "internal", {"model": "path:nowhere"}, "no model there"),
        ("", "internal", {"budget": parse_money("$1")}, "names no price"),
        ("", "internal", {"number_format": "float23"}, "no number format `float23`"),
        ("", "internal", FOR_NOTHING, "names no price"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_asked(
    more: str, may_receive: str, wanted: dict[str, Any], wrong: str, walked: Path
) -> None:
    project = declare(walked, "http://127.0.0.1:9/v1", more, may_receive)
    answers = len(list(project.records.all("answers")))
    with pytest.raises(Mistake, match=wrong) as caught:
        examine(project, forge(**wanted))
    assert caught.value.hint
    assert len(list(Project(walked).records.all("answers"))) == answers
    assert {row["outcome"] for row in Project(walked).records.all(LEDGER)} <= {"refused by policy"}


def test_a_company_suite_goes_to_a_judge_that_may_have_it(walked: Path) -> None:
    with serving("judge_server.py") as url:
        assert judged(examine(declare(walked, url), forge(suite="unseen"))) == (4, 0, 4, 7.0)


def test_a_suite_of_others_is_judged_with_its_published_prompts(walked: Path, tmp_path: Path) -> None:
    question = {"question_id": 81, "category": "writing", "turns": ["旅の記事を書いて", "短くして"]}
    single = {"name": "single-v1", "type": "single", "system_prompt": "s", "output_format": "[[rating]]"}
    prompts = [
        single | {"prompt_template": "{question} {answer}"},
        single | {"name": "single-v1-multi-turn", "prompt_template": "{question_1} {answer_1} {question_2} {answer_2}"},
    ]
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "question.jsonl").write_text(json.dumps(question) + "\n", encoding="utf-8")
    text = "".join(json.dumps(each) + "\n" for each in prompts)
    (theirs / "judge_prompts.jsonl").write_text(text, encoding="utf-8")
    kept = keep(walked, read_folder(theirs, name="theirs"))
    judge = '[judges.published]\nendpoint = "examiner"\nprotocol = "mtbench"'
    with serving("judge_server.py") as url:
        found = examine(declare(walked, url, judge), forge(suite="theirs", judge="published"))
    assert kept.is_file() and judged(found) == (2, 0, 2, 7.0)
    assert found.judged and found.judged.protocol == "mtbench"
    assert any("no published file that is known" in note for note in found.notes)
    with pytest.raises(Mistake, match="no prompts for the protocol"):
        examine(Project(walked), forge(judge="published"))


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"category": "math"}, "has no reference for turn 1"),
        ({"category": "maths"}, "unknown category `maths`"),
        ({"category": "coding", "turns": ["書いて"]}, "has no reference for turn 1"),
    ],
)
def test_what_a_judge_would_miss_is_said_before_anything_is_answered(
    changes: dict[str, Any], wrong: str, walked: Path, tmp_path: Path
) -> None:
    rows = [{"question_id": number, "category": "writing", "turns": ["旅の記事を書いて"]} for number in (1, 2)]
    rows[1] |= changes
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (theirs / "question.jsonl").write_text(text, encoding="utf-8")
    keep(walked, read_folder(theirs, name="theirs"))
    project = declare(walked, "http://127.0.0.1:9/v1")
    answers = len(list(project.records.all("answers")))
    with pytest.raises(Mistake, match=wrong):
        examine(project, forge(suite="theirs"))
    assert len(list(Project(walked).records.all("answers"))) == answers


def test_a_model_with_retrieval_is_another_row_than_without(walked: Path) -> None:
    with serving("judge_server.py") as url:
        project = declare(walked, url)
        closed = examine(project, forge(suite="unseen"))
        shown = examine(project, forge(suite="unseen", retrieval=True))
    assert shown.model == f"{closed.model} + retrieval"
    assert shown.identity != closed.identity
    assert shown.judged and shown.judged.made == 4


def paid(project: Project) -> int:
    """Answers that an endpoint gave."""
    return sum("money" in row for row in project.records.all("answers"))


def test_one_budget_is_for_all_answers_and_judgments_of_a_command(walked: Path) -> None:
    """A call takes $0.002. Answers are asked for in groups, by turn and temperature, and judged after that."""
    far = forge(model="endpoint:examiner", max_tokens=64)
    with serving("judge_server.py") as url:
        project = declare(walked, url, 'price_in = "$1"\nprice_out = "$5"')
        with pytest.raises(BudgetReached):
            examine(project, replace(far, budget=parse_money("$0.2")))
        assert 80 < paid(project) <= 100
        with pytest.raises(BudgetReached):
            examine(Project(walked), replace(far, budget=parse_money("$0.4")))
        assert paid(Project(walked)) == 160
        assert 0 < len(list(Project(walked).records.all(JUDGMENTS))) <= 40
        found = examine(Project(walked), replace(far, budget=parse_money("$1")))
    assert (str(found.took.money), str(found.money)) == ("$0.32", "$0.64")


def test_the_search_is_on_behalf_of_the_groups_that_are_named(tiny_project: Path) -> None:
    toml = tiny_project / "kitae.toml"
    written = toml.read_text(encoding="utf-8").replace('path = "documents"', 'path = "documents"\ngroups = ["hr"]')
    written += '\n[split]\ngroups = ["hr"]\n'  # else there is nothing to train on
    toml.write_text(written, encoding="utf-8")
    make_all(Project(tiny_project), until="knowledge")
    asked = "結婚するときは何日休めますか。"

    def shown() -> tuple[list[Passage], str]:
        project = Project(tiny_project)
        base = subject_named(project, "path:../base", label=Label.INTERNAL)
        found = with_retrieval(project, base)
        return list(found.frame(asked).shown), found.searched

    nobody = shown()
    assert nobody[0] == []
    toml.write_text(f'{written}\n[evaluate]\ngroups = ["hr"]\n', encoding="utf-8")
    own = shown()
    assert any("5日の休暇" in passage.text for passage in own[0])
    assert own[1] != nobody[1]


NUMBERED = re.compile(r"\[(\d+)\][^\n]*\n(.*?)(?=\n\n\[\d+\]|\n\n質問|\Z)", re.DOTALL)
DAYS = {"結婚": ("5日", "本人が結婚"), "妻の出産": ("2日", "配偶者が出産"), "課長の日当": ("2,900円", "課長")}


def cites(text: str, *, rightly: bool) -> str:
    """Knows every answer, and names the passage that it stands in, or else one where it does not stand."""
    question = text.rpartition("質問：")[2]
    told = next((DAYS[word] for word in DAYS if word in question), None)
    if told is None:
        return "資料には書かれていません。"
    numbers = [number for number, passage in NUMBERED.findall(text) if (told[1] in passage) == rightly]
    return f"{told[0]}です。" + "".join(f"[{number}]" for number in numbers[:1])


def test_with_retrieval_citations_are_scored_as_the_scorecards_do(walked: Path) -> None:
    models = {"good-2026-08": partial(cites, rightly=True), "poor-2026-08": partial(cites, rightly=False)}
    with talking(models) as server:
        toml = walked / "kitae.toml"
        said = "".join(
            f'\n[endpoints.{name}]\nurl = "{server.url}"\nmodel = "{name}-2026-08"\nmay_receive = "internal"\n'
            for name in ("good", "poor")
        )
        toml.write_text(toml.read_text(encoding="utf-8") + said, encoding="utf-8")
        wanted = Wanted("unseen", "endpoint:good", retrieval=True)
        good = examine(Project(walked), wanted)
        poor = examine(Project(walked), replace(wanted, model="endpoint:poor"))
        closed = examine(Project(walked), replace(wanted, retrieval=False))
    assert good.marks and poor.marks and closed.marks
    assert good.program == poor.program
    assert (good.marks.figures["evidence_shown"].mean or 0) > 0
    assert good.marks.figures["citation_recall"].mean == good.marks.figures["evidence_shown"].mean
    assert good.marks.figures["citation_precision"].mean == 1.0
    assert poor.marks.figures["citation_precision"].mean == poor.marks.figures["citation_recall"].mean == 0.0
    assert closed.marks.figures.keys() == {"false_refusals", "false_answers"}


def test_a_judge_may_run_here(walked: Path, tiny_base: Path) -> None:
    found = examine(Project(walked), forge(suite="unseen", judge=f"path:{tiny_base}"))
    assert judged(found) == (4, 4, 4, None)
    assert not list(Project(walked).records.all(LEDGER))
