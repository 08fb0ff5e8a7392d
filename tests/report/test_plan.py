"""The plan as pages show it."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Any

import pytest

from kitae.core.mistakes import Mistake
from kitae.costing import cost_plan
from kitae.plan.plan import Plan
from kitae.project import Project
from kitae.report.page import page
from kitae.report.plan import PARTS, WAYS, plan_page, plan_told

TODAY = datetime.date(2026, 11, 26)
NASTY = "<script>alert(1)</script>"
TOML = """
[project]
name = "planned"
base = "hf:someone/model-7b"
[[sources]]
name = "rules"
path = "."
[train.pretrain]
tokens = "7B"
[train.tune]
tokens = "100M"
[plan]
parameters = "7.96B"
as_of = "2026-11-20"
storage_gb = 500
storage_usd = 0.1
egress_gb = 60
egress_usd = 0.09
[plan.people]
days = 20
yen_per_day = 40_000
[plan.judge]
number = 480
tokens_in = 3000
tokens_out = 800
usd_in = 3
usd_out = 15
[plan.serving]
answers_per_month = "10万"
api_usd_in = 3.0
api_usd_out = 15.0
[[plan.offers]]
key = "ours:node:tokyo"
gpu = "a100-40x8"
yen = 3000
as_of = "2026-11-20"
source = "NASTY"
"""


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    (tmp_path / "kitae.toml").write_text(TOML.replace("NASTY", NASTY), encoding="utf-8")
    return cost_plan(Project(tmp_path), today=TODAY)


def rows(html: str, heading: str) -> str:
    """The part of a page below a heading of the third level."""
    return re.split(r"<h3>", html.partition(heading)[2])[0]


def test_every_part_way_and_reason_has_words(plan: Plan) -> None:
    assert set(plan.parts) <= set(PARTS)
    assert {way.name for way in plan.ways} <= set(WAYS)


def test_the_bars_of_parts_are_as_long_as_their_amounts(plan: Plan) -> None:
    told = plan_told(plan)
    assert told is not None
    widths = [float(re.findall(r'width="([\d.]+)%"', str(each.bar))[0]) for each in told.parts]
    most = max(amount or 0.0 for amount in plan.parts.values())
    expected = [100 * (amount or 0.0) / most for amount in plan.parts.values()]
    assert widths == pytest.approx(expected, abs=0.01)


def test_options_are_drawn_on_one_scale_with_their_intervals(plan: Plan) -> None:
    told = plan_told(plan)
    assert told is not None
    most = max(each.whole.high for each in plan.shown)
    for row, option in zip(told.options, plan.shown, strict=True):
        drawn = sum(float(width) for width in re.findall(r'width="([\d.]+)%"', str(row.bar)))
        assert drawn == pytest.approx(100 * option.whole.mid / most, abs=0.1)
        low, high = re.findall(r'x1="([\d.]+)%" x2="([\d.]+)%"', str(row.bar))[0]
        assert float(low) == pytest.approx(100 * option.whole.low / most, abs=0.01)
        assert float(high) == pytest.approx(100 * option.whole.high / most, abs=0.01)


def test_the_page_tells_options_reasons_ways_and_dated_prices(plan: Plan) -> None:
    html = plan_page(plan, project="やまびこ", language="ja")
    for option in plan.shown:
        assert option.name in rows(html, "選択肢の比較")
    assert all(each.why_out and each.why_out.ja in html for each in plan.out)
    assert "継続事前学習" in rows(html, "ほかのやり方") and "¥0.99" in rows(html, "ほかのやり方")
    prices = rows(html, "価格の出典と日付")
    assert "90日より古い" in prices
    assert "2026-11-20" in prices.partition("ours:node:tokyo")[2].partition("</tr>")[0]
    assert "90日" not in prices.partition("ours:node:tokyo")[2].partition("</tr>")[0]


def test_the_page_loads_nothing_and_runs_no_script(plan: Plan) -> None:
    html = plan_page(plan, project=NASTY, language="en")
    assert NASTY not in html and "&lt;script&gt;" in html
    assert "<script" not in html and "<link" not in html
    assert html.count('class="ja"') == html.count('class="en"')


def test_the_report_has_the_plan_or_says_why_there_is_none(company: Any, plan: Plan) -> None:
    company.read()
    assert 'id="plan"' in page(company.story(plan=plan))
    without = page(company.story())
    assert 'id="plan"' not in without and 'href="#plan"' not in without
    told = page(company.story(plan=Mistake("how large it is cannot be seen", hint="say it")))
    assert "how large it is cannot be seen" in told


def test_where_nothing_fits_the_reasons_are_open(tmp_path: Path) -> None:
    (tmp_path / "kitae.toml").write_text(TOML, encoding="utf-8")
    html = plan_page(cost_plan(Project(tmp_path), by=TODAY, today=TODAY), project="p", language="ja")
    assert "条件に合う場所がない" in html and "<details open>" in html
