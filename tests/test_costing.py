"""The plan of a project: its own courses, its own places, its own prices."""

from __future__ import annotations

import datetime
import subprocess
import sys
import time
from importlib import resources
from pathlib import Path

import pytest

from kitae.core.mistakes import Mistake
from kitae.core.quantity import parse_money
from kitae.costing import cost_plan, first_look, model_of
from kitae.estimate import course_plans, courses_of
from kitae.plan.actual import KIND, Outcome, spent
from kitae.plan.plan import Plan
from kitae.plan.span import Span
from kitae.project import Project

TODAY = datetime.date(2026, 11, 26)

PLANNED = """
[project]
name = "planned"
base = "hf:someone/model-7b"
[[sources]]
name = "rules"
path = "."
[train.pretrain]
tokens = "7B"
sequence = 4096
[train.tune]
tokens = "100M"
[plan]
parameters = "7.96B"
hours_reserved = 60
"""


def project(folder: Path, more: str = "") -> Project:
    (folder / "kitae.toml").write_text(PLANNED + more, encoding="utf-8")
    return Project(folder)


def test_a_project_is_planned_for_its_courses_where_they_fit(tmp_path: Path) -> None:
    found = cost_plan(project(tmp_path), today=TODAY)
    assert list(found.works) == ["pretrain", "tune"]
    assert found.model.parameters == 7.96e9
    assert found.fitting and found.out
    assert found.parts["paid but idle"] is not None and found.parts["paid but idle"] > 0
    assert found.parts["people"] is None


def test_the_window_that_is_reserved_is_what_costs(tmp_path: Path) -> None:
    found = cost_plan(project(tmp_path), today=TODAY)
    key = "aws:p4d.24xlarge:us-east-1"
    option = next(each for each in (*found.fitting, *found.out) if each.name == key)
    assert option.estimate and option.estimate.cost
    assert option.estimate.cost.usd == pytest.approx(option.estimate.cost.machines * 60 * 21.957642)


def test_a_declared_place_with_gpus_and_a_price_is_among_the_options(tmp_path: Path) -> None:
    place = '\n[[places]]\nname = "lab"\ngpu = "a100-40x8"\nnodes = 2\nmay_hold = "internal"\nyen_per_hour = 1000\n'
    found = cost_plan(project(tmp_path, place), today=TODAY)
    assert found.fitting[0].name == "place:lab:"
    assert found.fitting[0].estimate and found.fitting[0].estimate.cost
    assert not any("place:lab" in told for told in found.warnings)


def test_a_declared_place_without_a_price_is_taken_for_paid_and_says_so(tmp_path: Path) -> None:
    place = '\n[[places]]\nname = "lab"\ngpu = "a100-40x8"\nnodes = 2\nmay_hold = "internal"\n'
    first = cost_plan(project(tmp_path, place), today=TODAY).fitting[0]
    assert (first.name, first.yen.mid) == ("place:lab:", 0)
    assert "no price is set" in first.risk


def test_the_budget_of_the_goal_counts_unless_another_is_named(tmp_path: Path) -> None:
    goal = '\n[goal]\nsuite = "unseen"\nbudget = "5万円以内"\n'
    found = cost_plan(project(tmp_path, goal), today=TODAY)
    assert not found.fitting
    assert cost_plan(project(tmp_path, goal), budget=parse_money("¥100,000,000"), today=TODAY).fitting


def test_a_slip_of_parameters_or_budget_is_asked_back(tmp_path: Path) -> None:
    node = '\n[[places]]\nname = "lab"\ngpu = "a100-40x8"\nnodes = 8\nmay_hold = "internal"\n'
    tiny = project(tmp_path, node)
    (tmp_path / "kitae.toml").write_text((PLANNED + node).replace("7.96B", "7M"), encoding="utf-8")
    with pytest.raises(Mistake, match="on 64 a100") as caught:
        cost_plan(Project(tiny.folder), today=TODAY)
    assert caught.value.readings == ("7B (70億)",) and "as_written = true" in caught.value.hint
    with pytest.raises(Mistake, match="¥200 for") as caught:
        cost_plan(project(tmp_path), budget=parse_money("200円"), today=TODAY)
    assert caught.value.readings and "as_written = true" in caught.value.hint
    assert not cost_plan(project(tmp_path, "as_written = true\n"), budget=parse_money("200円"), today=TODAY).fitting


def test_a_beginning_that_no_price_has_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="asw:p4d") as caught:
        cost_plan(project(tmp_path, 'only = ["asw:p4d"]\n'), today=TODAY)
    assert "aws:p4d" in caught.value.hint


def test_break_even_is_told_when_the_api_has_a_price(tmp_path: Path) -> None:
    serving = "\n[plan.serving]\nanswers_per_month = 100_000\napi_usd_in = 3.0\napi_usd_out = 15.0\n"
    rented = '[[places]]\nname = "lab"\ngpu = "a100-40x8"\nmay_hold = "internal"\nyen_per_hour = 9000\n'
    found = cost_plan(project(tmp_path, serving + rented), today=TODAY)
    assert found.api_yen == pytest.approx((1000 * 3 + 200 * 15) / 1e6 * 150 * 1.1)
    pays = found.pays_from
    assert pays["retrieval only"] is not None and pays["tuning only"] is not None
    assert pays["retrieval only"] < pays["tuning only"]
    assert pays["continued pretraining"] is not None and pays["from scratch"] is not None
    assert pays["tuning only"] < pays["continued pretraining"] < pays["from scratch"]
    named = {way.name: way.yen(100_000, 12) for way in found.ways}
    assert named["API only"] == found.api_yen


ENDPOINT = """
[endpoints.big]
url = "https://example.com/v1"
model = "big-2026-11-01"
may_receive = "public"
"""


def test_the_price_of_an_endpoint_is_written_once(tmp_path: Path) -> None:
    prices = ENDPOINT + 'price_in = "$3"\nprice_out = "$15"\n'
    named = '[plan.serving]\nendpoint = "big"\n[plan.judge]\nnumber = 1000\ntokens_in = 1000\nendpoint = "big"\n'
    found = cost_plan(project(tmp_path, named + prices), today=TODAY)
    assert found.api_yen == pytest.approx((1000 * 3 + 200 * 15) / 1e6 * 150 * 1.1)
    assert found.fitting[0].parts["judge"] == pytest.approx(1000 * 1000 * 3 / 1e6 * 150 * 1.1)
    assert any("the API, the judge" in warning for warning in found.warnings), "of which day is not said"

    yen = ENDPOINT + 'price_in = "¥450"\nprice_out = "¥2,250"\n'
    assert cost_plan(project(tmp_path, named + yen), today=TODAY).api_yen == pytest.approx(found.api_yen)


@pytest.mark.parametrize(
    ("tables", "what"),
    [
        ('[plan.serving]\nendpoint = "bgi"\n' + ENDPOINT, "no endpoint `bgi`"),
        ('[plan.teacher]\nendpoint = "big"\n' + ENDPOINT, "says no price"),
        ('[plan.judge]\nendpoint = "big"\nusd_in = 1.0\nusd_out = 2.0\n' + ENDPOINT, "the one or the other"),
    ],
)
def test_an_endpoint_without_a_price_is_no_price(tmp_path: Path, tables: str, what: str) -> None:
    with pytest.raises(Mistake, match=what):
        cost_plan(project(tmp_path, tables), today=TODAY)


def test_what_answering_takes_of_a_gpu_grows_with_what_is_answered_at_once(tmp_path: Path) -> None:
    few = cost_plan(project(tmp_path, "[plan.serving]\nat_once = 8\n"), today=TODAY).serving_memory
    many = cost_plan(project(tmp_path, "[plan.serving]\nat_once = 16\n"), today=TODAY).serving_memory
    assert many.parts["cache"] == pytest.approx(2 * few.parts["cache"])
    assert many.parts["weights"] == few.parts["weights"]
    assert few.span.low < few.total < few.span.high


def test_preferences_are_planned_where_there_are_any(tmp_path: Path) -> None:
    plain = cost_plan(project(tmp_path, ""), today=TODAY)
    asked = cost_plan(project(tmp_path, "[pairs]\nquestions = 2000\n"), today=TODAY)
    assert set(asked.works) - set(plain.works) == {"prefer"}
    assert asked.fitting[0].hours.mid > plain.fitting[0].hours.mid


def test_rate_and_tax_of_the_project_are_used(tmp_path: Path) -> None:
    rate = 'yen_per_dollar = 160\nrate_on = "2026-11-20"\ntax = 0\n'
    found = cost_plan(project(tmp_path, rate), today=TODAY)
    first = found.fitting[0]
    assert first.estimate and first.estimate.cost
    assert first.yen.mid == pytest.approx(first.estimate.cost.usd * 160)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("yen_per_dollar = 160\n", "rate_on"),
        ("[plan.energy]\nkg_per_kwh = 0.4\n", "source"),
        (
            '[[plan.hardware]]\nname = "x"\ngpu = "none"\nyen = 1\nyears = 1\nhours_per_year = 1\nas_of = "2026"\n',
            "GPU",
        ),
        ("machine = 2\n", "machines"),
    ],
)
def test_what_belongs_together_is_asked_for(tmp_path: Path, more: str, told: str) -> None:
    with pytest.raises(Mistake) as mistake:
        project(tmp_path, more)
    assert told in str(mistake.value)


def test_a_base_that_is_not_here_and_has_no_size_is_a_mistake(tmp_path: Path) -> None:
    found = project(tmp_path)
    (tmp_path / "kitae.toml").write_text(PLANNED.replace('parameters = "7.96B"', ""), encoding="utf-8")
    with pytest.raises(Mistake):
        model_of(Project(found.folder))


def test_tuning_for_epochs_is_reckoned_by_its_dialogues(tmp_path: Path) -> None:
    (tmp_path / "kitae.toml").write_text(
        PLANNED.replace('tokens = "100M"', "epochs = 2") + "[instruct]\ndialogues = 500\npractice = 500\n", "utf-8"
    )
    assert courses_of(Project(tmp_path).file)["tune"].tokens == 2 * 1000 * 100


def test_what_this_machine_cannot_hold_falls_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sysconf", {"SC_PHYS_PAGES": 2**22, "SC_PAGE_SIZE": 2**12}.__getitem__)
    out = {option.name: str(option.why_out) for option in cost_plan(project(tmp_path), today=TODAY).out}
    assert out["this machine"].startswith("needs about ")
    assert out["this machine"].endswith("this machine has 17")


def test_the_first_look_takes_the_price_of_the_place_or_the_catalogues_for_such_a_node(tmp_path: Path) -> None:
    place = '\n[[places]]\nname = "rented"\ngpu = "a100-80x8"\nmay_hold = "public"\n'
    look = first_look(project(tmp_path, place), "rented")
    assert look.price == "aws:p4de.24xlarge:us-east-1"
    assert look.found.fits and look.found.cost
    own = first_look(project(tmp_path, place + "yen_per_hour = 5000\n"), "rented")
    assert own.price == "place:rented:"
    odd = first_look(project(tmp_path, place.replace("a100-80x8", "h100-80x2")), "rented")
    assert odd.price == "" and odd.found.cost is None


def test_the_plan_of_the_bundled_company_takes_no_second_of_processor_time() -> None:
    with resources.as_file(resources.files("kitae.sample") / "yamabiko") as folder:
        started = time.process_time()
        found = cost_plan(Project(folder), today=TODAY)
        assert time.process_time() - started < 0.5
    assert found.fitting[0].name == "office"


def test_planning_imports_nothing_heavy() -> None:
    code = "import sys, kitae.costing, kitae.cli.plan; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "transformers", "altair", "sudachipy"} & set(loaded)


WORKSHEET = """# 使い道

- 時給: 4,000円
- 年間の働く日数: 240

| 作業 | 回数 | 1回の分 | 区分 | 見るもの | 見本の数 | 減る割合 | 方法 |
|---|---|---|---|---|---|---|---|
| 規程の質問に答える | 1日20回 | 15 | 社内 | 文書 | 0 | 6割 | |
"""
API = "\n[plan.serving]\napi_usd_in = 3.0\napi_usd_out = 15.0\n"
LAB = '[[places]]\nname = "lab"\ngpu = "a100-40x8"\nnodes = 2\nmay_hold = "internal"\nyen_per_hour = 900\n'


def test_storage_and_egress_have_lines_of_their_own(tmp_path: Path) -> None:
    said = "storage_gb = 500\nstorage_usd = 0.1\negress_gb = 60\negress_usd = 0.09\n"
    parts = cost_plan(project(tmp_path, said), today=TODAY).parts
    assert parts["storage"] and parts["egress"] == pytest.approx(60 * 0.09 * 150 * 1.1)
    assert cost_plan(project(tmp_path), today=TODAY).parts["storage"] is None


def test_the_worksheet_feeds_the_break_even(tmp_path: Path) -> None:
    (tmp_path / "worksheet.ja.md").write_text(WORKSHEET, encoding="utf-8")
    lab = project(tmp_path, API + 'offer = "place:lab:"\nworksheet = "worksheet.ja.md"\n' + LAB)
    found = cost_plan(lab, today=TODAY)
    assert found.answers == 400
    ways = {way.name: way for way in found.ways}
    api = found.paid_back(ways["API only"])
    tuned, scratch = found.paid_back(ways["tuning only"]), found.paid_back(ways["from scratch"])
    assert api is None and scratch is None
    # ¥240,000 a month are saved; the place alone costs ¥328,500.
    assert tuned is None
    more = (tmp_path / "worksheet.ja.md").read_text(encoding="utf-8").replace("1日20回", "1日60回")
    (tmp_path / "worksheet.ja.md").write_text(more, encoding="utf-8")
    found = cost_plan(lab, today=TODAY)
    way = next(each for each in found.ways if each.name == "tuning only")
    assert way.once
    assert found.paid_back(way) == pytest.approx(way.once.mid / (720_000 - way.per_month))
    assert ways["API only"].yen(found.answers, 12) == found.api_yen


def test_what_is_said_goes_before_the_worksheet_and_a_missing_one_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "worksheet.ja.md").write_text(WORKSHEET, encoding="utf-8")
    said = API + 'worksheet = "worksheet.ja.md"\nanswers_per_month = 7\n'
    assert cost_plan(project(tmp_path, said), today=TODAY).answers == 7
    with pytest.raises(Mistake, match="no such worksheet"):
        cost_plan(project(tmp_path, API + 'worksheet = "other.md"\n'), today=TODAY)


def test_an_old_price_of_the_machine_that_answers_says_so(tmp_path: Path) -> None:
    said = '\n[plan.serving]\noffer = "aws:p4d.24xlarge::block"\n'
    found = cost_plan(project(tmp_path, 'only = ["place:"]\n' + said + LAB), today=TODAY)
    assert found.fitting[0].name == "place:lab:"
    assert any("p4d.24xlarge::block is of 2024" in told for told in found.warnings)
    assert {each.what: each.old for each in found.said}["aws:p4d.24xlarge::block"]


def test_a_place_of_the_project_can_be_the_machine_that_answers(tmp_path: Path) -> None:
    found = cost_plan(project(tmp_path, API + 'offer = "place:lab:"\n' + LAB), today=TODAY)
    # One of its two machines.
    assert found.serving.yen_per_month == pytest.approx(450 * 730)
    with pytest.raises(Mistake, match="no price `place:lib:`"):
        cost_plan(project(tmp_path, API + 'offer = "place:lib:"\n' + LAB), today=TODAY)


def spent_twice_as_long(folder: Path, place: str) -> Project:
    """A project whose tuning took twice the time that it was planned to."""
    found = project(folder, LAB)
    planned, actual = spent(3600, 0, None), spent(7200, 0, None)
    outcome = Outcome(
        artifact="model/tuned@1", stage="tune", method="lora", place=place, at="2026-11-01", planned=planned,
        actual=actual,
    )  # fmt: skip
    found.records.add(KIND, "one", outcome.model_dump(mode="json"))
    return found


def test_the_plan_learns_from_what_earlier_courses_took_at_the_place(tmp_path: Path) -> None:
    def hours(found: Plan, name: str) -> Span:
        each = next(each for each in (*found.fitting, *found.out) if each.name == name)
        assert each.estimate
        return each.estimate.gpu_hours

    plain = cost_plan(project(tmp_path, LAB), today=TODAY)
    learnt = cost_plan(spent_twice_as_long(tmp_path, "lab"), today=TODAY)
    tuning = 1e8 / 7e9
    assert hours(learnt, "place:lab:").mid > hours(plain, "place:lab:").mid * (1 + 0.5 * tuning)
    # What is rented elsewhere was not learnt about.
    key = "aws:p4d.24xlarge:us-east-1"
    assert hours(learnt, key) == hours(plain, key)


def test_a_place_with_gpus_is_planned_by_its_cards_and_an_unknown_card_by_nothing(tmp_path: Path) -> None:
    found = project(tmp_path, LAB)
    plans = course_plans(found, found.file)
    here = next(each for each in cost_plan(found, today=TODAY).fitting if each.name == "place:lab:")
    assert here.estimate
    training = sum(plan.total.value for plan in plans.values()) / 3600
    assert training == pytest.approx(here.estimate.gpu_hours.mid / 16 + 2 * 15 / 3600)
    odd = project(tmp_path, LAB.replace("a100-40x8", "abacus-40x8"))
    assert course_plans(odd, odd.file) == {}


def test_what_is_paid_for_a_place_has_no_tax_and_no_band(tmp_path: Path) -> None:
    first = next(each for each in cost_plan(project(tmp_path, LAB), today=TODAY).fitting if each.name == "place:lab:")
    assert first.yen.low == first.yen.mid == first.yen.high == 900 * 60


def test_of_a_mixture_of_experts_time_is_that_of_what_a_token_passes(tmp_path: Path) -> None:
    def hours(more: str) -> float:
        found = cost_plan(project(tmp_path, more), today=TODAY)
        key = "aws:p4d.24xlarge:us-east-1"
        each = next(each for each in (*found.fitting, *found.out) if each.name == key)
        assert each.estimate
        return each.estimate.gpu_hours.mid

    assert hours('active = "2B"\n') < 0.5 * hours("")
