from __future__ import annotations

import datetime
import re
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from kitae.gate.policy import Place
from kitae.plan.schedule import Amounts, Schedule, schedule
from kitae.plan.window import PlannedRun, Window
from kitae.plan.worksheet import HEADS, read_worksheet
from kitae.report.charts import bar, by_part, compared
from kitae.report.timeline import timeline
from kitae.report.timetable import timetable_html, timetable_markdown
from kitae.report.worksheet import blank, told

START = datetime.datetime(2026, 12, 7, 9, tzinfo=datetime.timezone(datetime.timedelta(hours=9)))
PLACE = Place.model_validate({"name": "rented", "gpu": "a100-40x8", "may_hold": "internal", "yen_per_hour": 3300})


def run(name: str, **changes: object) -> PlannedRun:
    given = {"name": name, "hypothesis": "<b>増える</b>", "owner": "佐藤", "stop": "a | b", "hours": 10}
    return PlannedRun.model_validate(given | changes)


@pytest.fixture
def planned() -> Schedule:
    window = Window(place="rented", start=START, hours=24, billing="block", megabits=100)
    runs = [run("one", gpus=4, signed_by="田中"), run("two", gpus=4), run("three", hours=20)]
    return schedule(window, runs, gpus=8, amounts=Amounts(down=10**9))


def test_the_page_tells_runs_money_and_what_is_missing(planned: Schedule) -> None:
    html = timetable_html(planned, project="やまびこ", place=PLACE, language="ja")
    assert "<b>増える" not in html
    assert "&lt;b&gt;増える" in html
    assert '¥79,200 <span class="unit nowrap">(7.92万円)' in html
    assert re.search(r"署名のない実験.*?two", html, re.DOTALL)
    assert re.search(r"入らなかった実験.*?three", html, re.DOTALL)
    assert "08:13" in html, "the last checkpoint: 45 minutes and 80 seconds before the end"
    assert "08:15" in html, "wiping"
    assert "持ち帰り始める" in html and "この日から買える" in html
    assert "://" not in html
    assert "<script" not in html


@pytest.mark.parametrize(("language", "head"), [("ja", "| 実験 | 仮説 |"), ("en", "| run | hypothesis |")])
def test_the_same_stands_in_markdown(planned: Schedule, language: str, head: str) -> None:
    page = timetable_markdown(planned, project="やまびこ", place=PLACE, language="ja" if language == "ja" else "en")
    assert head in page
    assert "a \\| b" in page
    rows = [line for line in page.splitlines() if line.startswith("| one")]
    assert len(rows) == 1
    assert rows[0].count(" | ") == 7


def test_the_picture_is_as_wide_as_the_window_and_names_every_run(planned: Schedule) -> None:
    picture = ElementTree.fromstring(str(timeline(planned)))
    used = [each for each in picture.iter() if each.get("class", "").startswith("used")]
    assert len(used) == 2
    assert used[1].get("class") == "used unsigned"
    shares = [float(each.get("width", "0").rstrip("%")) for group in used for each in group.iter("rect")]
    assert all(share == pytest.approx(100 * 10 / 24, abs=0.01) for share in shares)


def test_many_gpus_are_drawn_in_groups() -> None:
    window = Window(place="rented", start=START, hours=24)
    many = schedule(window, [run("one", gpus=64), run("two", gpus=32)], gpus=128)
    picture = ElementTree.fromstring(str(timeline(many)))
    assert float(picture.get("height", "0")) < 120


def test_bars_share_one_scale() -> None:
    one, two = by_part([("compute", 300, "¥300"), ("idle", 100, "¥100")])
    assert 'width="100.00%"' in one
    assert 'width="33.33%"' in two
    (only,) = compared([([("compute", 50.0), ("idle", 25.0)], (60.0, 100.0), "A100")])
    assert 'x="50.00%"' in only
    assert 'x2="100.00%"' in only
    ElementTree.fromstring(str(bar([], told='"<')))
    assert by_part([("compute", 0.0, "¥0")])


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_examples_on_the_blank_page_can_be_read(language: str) -> None:
    page = blank(project="", file="w.md", language="ja" if language == "ja" else "en")
    top = page.split("|", 1)[0].replace("work）:", "").replace("- 時給（1時間の人件費）:", "- 時給: 4千円")
    top = top.replace("- hourly cost of work:", "- hourly cost of work: 4000 yen")
    rows = [line for line in page.split("```text")[1].splitlines() if line.startswith("|")][1:]
    table = f"| {' | '.join(HEADS[language])} |\n|---|\n" + "\n".join(rows)
    assert len(read_worksheet(top + table, where="w.md").cases) == len(rows) == 3


def test_what_comes_of_a_worksheet_is_told_in_both_languages() -> None:
    row = "| <i>x | 毎日 | 30 | 秘 | 文書 | 0 | 5割 | 学習 |"
    text = f"- 時給: 4千円\n- 年間の働く日数: 240\n\n| {' | '.join(HEADS['ja'])} |\n|---|\n{row}\n"
    filled = read_worksheet(text, where="w.md")
    page = told(filled, project="p", language="en", may_leave=None, once=Decimal(10**6), monthly=Decimal(0))
    assert "&lt;i&gt;x" in page
    assert "¥240,000 (24万円)" in page
    assert "chosen by the team; the rule says: retrieval" in page
    assert "自社のモデルだけ" in page


@pytest.mark.parametrize(
    ("billing", "before", "half"), [("block", "¥240,000", "¥240,000"), ("reservation", "how much", "¥120,000")]
)
def test_what_is_due_when_it_is_given_up_stands_on_the_page(billing: str, before: str, half: str) -> None:
    window = Window.model_validate(
        {"place": "rented", "start": "2026-12-07T09:00:00+09:00", "hours": 24, "billing": billing}
    )
    place = Place.model_validate({"name": "rented", "gpu": "a100-40x8", "may_hold": "internal", "yen_per_hour": 10_000})
    for written in (
        timetable_html(schedule(window, [], gpus=8), project="p", place=place, language="en"),
        timetable_markdown(schedule(window, [], gpus=8), project="p", place=place, language="en"),
    ):
        early, _, late = written.partition("given up before it starts")[2].partition("given up half-way")
        assert before in early.partition("Rented")[0]
        assert half in late[:200]
        assert "Both(" not in written
