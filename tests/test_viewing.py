"""What was examined, from the records to the page, the files and the report."""

from __future__ import annotations

import json
import webbrowser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kitae.cli.main import app
from kitae.commands import sealed, write_report
from kitae.core.generation import Decoding, Generated, Identity
from kitae.core.mistakes import Mistake
from kitae.evaluate.judging.asked import REPLIES, Answer
from kitae.evaluate.judging.protocol import own_protocol
from kitae.evaluate.judging.request import JUDGMENTS, judged, requests_for
from kitae.evaluate.judging.rescore import rescore
from kitae.evaluate.own.shelf import own_suite
from kitae.project import Project
from kitae.viewing import examined, export, write_view

TOML = '[project]\nname = "試し"\n[[sources]]\nname = "all"\npath = "documents"\n'


@pytest.fixture
def bare(tmp_path: Path) -> Project:
    """A project of which nothing has been made."""
    (tmp_path / "kitae.toml").write_text(TOML, encoding="utf-8")
    return Project(tmp_path)


def answer(project: Project, suite: str, model: str = "m", judge: str = "") -> None:
    """Puts answers to a bundled suite into the records, and ratings of 6 and 7 by a judge."""
    asked, identity = own_suite(suite), Identity(model=model, engine="e", number_format="n")
    said = [
        Answer(model=model, identity=identity, decoding=Decoding(), question=each.id, version=each.version,
               turns=tuple(f"「{turn[:9]}」についてお答えします。" for turn in each.turns))
        for each in asked.prompts
    ]  # fmt: skip
    project.records.add_all(REPLIES, {each.key: each.model_dump(mode="json") for each in said})
    if judge:
        protocol = own_protocol("kitae-ja-single")
        for number, request in enumerate(requests_for(asked, said, protocol, judge=judge)):
            text = f"評価: [[{6 + number % 2}]]"
            reply = Generated(text=text, finish="stop", prompt_tokens=1, tokens=1, seconds=1)
            row = judged(request, reply, protocol)
            project.records.add(JUDGMENTS, row.key, row.model_dump(mode="json"))


def test_suites_that_a_program_scores_and_a_judge_rates_are_on_one_page(bare: Project) -> None:
    answer(bare, "abstain-ja")
    answer(bare, "forge-ja", judge="j")
    assert [(board.suite, board.kind, len(board.questions)) for board in examined(bare)] == [
        ("abstain-ja", "program", 106),
        ("forge-ja", "single", 80),
    ]
    page = write_view(bare).read_text(encoding="utf-8")
    assert page.count('"answer":"「') == 106 + 160
    assert 'href="report.html"' not in page


def test_the_report_carries_the_summary_and_leads_to_the_page_and_back(walked: Path) -> None:
    project = Project(walked)
    answer(project, "abstain-ja")
    answer(project, "forge-ja", judge="j")
    (walked / "view.html").unlink(missing_ok=True)
    without = write_report(project, sealed(project)[0]).read_text(encoding="utf-8")
    assert 'id="examined"' in without and "view.html" not in without
    assert 'href="report.html"' in write_view(project).read_text(encoding="utf-8")
    report = write_report(project, sealed(project)[0]).read_text(encoding="utf-8")
    section = report[report.index('<section id="examined">') :]
    section = section[: section.index("</section>")]
    assert 'href="view.html"' in section and 'href="#examined"' in report
    assert "6.50" in section and "0/160" in section and "kitae-ja-single" in section
    assert "試験" in section and "Examinations" in section
    assert "についてお答えします" not in section  # scores, and no answers


def test_what_is_exported_counts_the_same(bare: Project, tmp_path: Path) -> None:
    answer(bare, "forge-ja", judge="endpoint:j:judge-1 http unknown")
    ran = CliRunner().invoke(app, ["-C", str(bare.folder), "evaluate", "export", str(tmp_path / "data"), "--json"])
    files = {each["file"]: each["rows"] for each in json.loads(ran.output)["files"]}
    judgments = "forge-ja/model_judgment/endpoint-j-judge-1-http-unknown.kitae-ja-single_single.jsonl"
    assert files == {
        "forge-ja/question.jsonl": 80,
        "forge-ja/reference_answer/reference.jsonl": 30,
        "forge-ja/model_answer/m.jsonl": 80,
        judgments: 160,
    }
    (again,), (board,) = rescore([tmp_path / "data" / judgments], "mtbench"), examined(bare)
    assert again.mean_published == board.lines[0].tally.mean_published == 6.5
    with pytest.raises(Mistake, match="something already"):
        export(bare, tmp_path / "data")


def test_one_suite_may_be_exported_alone(bare: Project, tmp_path: Path) -> None:
    answer(bare, "abstain-ja")
    answer(bare, "forge-ja", judge="j")
    written = export(bare, tmp_path / "data", "abstain-ja")
    assert sorted(file.relative_to(tmp_path / "data").as_posix() for file in written) == [
        "abstain-ja/model_answer/m.jsonl",
        "abstain-ja/question.jsonl",
    ]


@pytest.mark.parametrize(("suite", "wrong"), [("", "no model has answered a suite"), ("forge", "no suite `forge`")])
def test_what_cannot_be_exported_is_said(bare: Project, tmp_path: Path, suite: str, wrong: str) -> None:
    with pytest.raises(Mistake, match=wrong) as caught:
        export(bare, tmp_path / "data", suite)
    assert caught.value.hint and not (tmp_path / "data").exists()


def test_a_record_of_another_form_is_a_mistake(bare: Project) -> None:
    bare.records.add(JUDGMENTS, "k", {"rating": 7})
    with pytest.raises(Mistake, match="not as this kitae writes them") as caught:
        write_view(bare)
    assert "judgments" in caught.value.where and not (bare.folder / "view.html").exists()


def test_the_page_is_opened_where_that_is_wanted(bare: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def show(url: str) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr(webbrowser, "open", show)
    CliRunner().invoke(app, ["-C", str(bare.folder), "view"])
    assert opened == []
    assert CliRunner().invoke(app, ["-C", str(bare.folder), "view", "--open"]).exit_code == 0
    assert opened == [(bare.folder / "view.html").as_uri()]
    monkeypatch.setattr(webbrowser, "open", lambda url: False)
    ran = CliRunner().invoke(app, ["-C", str(bare.folder), "view", "--open"])
    assert isinstance(ran.exception, Mistake) and "no browser" in str(ran.exception)
