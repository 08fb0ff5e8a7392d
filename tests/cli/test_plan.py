"""`kitae plan`, as a user and as a script call it."""

from __future__ import annotations

import json
import shutil
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import kitae.sample

Command = Callable[..., Any]
EXAMPLE = (
    *("plan", "estimate", "--params", "7.96B", "--tokens", "7B", "--gpu", "a100-40", "--gpus", "16"),
    *("--hours-reserved", "60", "--price", "aws:p4d.24xlarge:us-east-1", "--method", "full", "--sequence", "4096"),
    *("--fx", "150"),
)


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    folder = tmp_path / "x"
    shutil.copytree(Path(kitae.sample.__file__).parent / "yamabiko", folder)
    return folder


def columns(line: str) -> int:
    """As a terminal counts them: Japanese characters take two."""
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in line)


def test_the_contract_of_estimate(kitae: Command) -> None:
    ended = kitae(*EXAMPLE, "--json")
    assert ended.code == 0, ended.err
    found = json.loads(ended.out)
    assert found["schema"] == 1
    for key in ("gpu_hours", "wall_hours"):
        assert found[key]["low"] <= found[key]["mid"] <= found[key]["high"]
    assert found["gpu_hours"]["mid"] == pytest.approx(16 * found["wall_hours"]["mid"])
    memory = found["memory_gib"]
    assert memory["per_gpu"] == pytest.approx(sum(memory["parts"].values()))
    assert memory["fits"] is True
    cost = found["cost"]
    assert (round(cost["usd"]), cost["jpy"]) == (2635, pytest.approx(cost["usd"] * 150))
    assert 0 < cost["idle_usd"] < cost["usd"]
    assert found["energy_kwh"] == pytest.approx((found["gpu_hours"]["mid"] + 0.15 * cost["idle_gpu_hours"]) * 0.44)
    assert found["co2_kg"] > 0 and found["sources"]
    assert found["known"]["gpu_hours"] == "estimated" and found["known"]["cost.usd"] == "quoted"
    assert set(found["known"].values()) <= {"estimated", "quoted", "measured"}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (("--params", "7M"), "7B"),
        (("--price", "aws:p4d.24xlarge:mars"), "aws:p4d.24xlarge"),
        (("--gpu", "h100-80"), "a100-40"),
        (("--gpu", "a100"), "a100-40"),
        (("--method", "fulll"), "full"),
        (("--tokens", "1.000.000"), "1,000,000"),
        (("--hours-reserved", "0"), "window"),
        (("--hours-reserved", "nan"), "finite"),
        (("--hours-reserved", "inf"), "finite"),
        (("--fx", "inf"), "finite"),
        (("--fx", "nan"), "'--fx'"),
    ],
)
def test_what_cannot_be_meant_is_asked_back(kitae: Command, changes: tuple[str, str], told: str) -> None:
    ended = kitae(*EXAMPLE, *changes)
    assert ended.code == 2
    assert told in ended.err
    assert "Traceback" not in ended.err


def test_what_looks_like_a_slip_is_taken_when_it_is_meant(kitae: Command) -> None:
    assert kitae(*EXAMPLE, "--params", "7M", "--as-written").code == 0


@pytest.mark.parametrize("arguments", [("plan",), ("plan", "backtest"), EXAMPLE, ("plan", "--budget", "¥100")])
def test_it_fits_eighty_columns(kitae: Command, sample: Path, arguments: tuple[str, ...]) -> None:
    ended = kitae("-C", sample, *arguments)
    assert ended.code == 0, ended.err
    assert [line for line in ended.out.splitlines() if columns(line) > 80] == []


def test_the_plan_of_the_bundled_company_names_places_reasons_and_other_ways(kitae: Command, sample: Path) -> None:
    told = " ".join(kitae("-C", sample, "plan").out.split())
    assert "1. office" in told
    assert "not needed: 40 GB fits, 20% less" in told
    assert "no price of an API is built in" in told
    assert "prices are older than 90 days" in told


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("yen_per_dollar = inf", "finite"),
        ("lead_days = 1e12", "lead_days"),
        ("setup_minutes = nan", "finite"),
        ('only = ["asw:p4d"]', "aws:p4d"),
    ],
)
def test_a_figure_of_the_plan_that_is_none_is_a_mistake(kitae: Command, sample: Path, key: str, told: str) -> None:
    file = sample / "kitae.toml"
    file.write_text(f"{file.read_text(encoding='utf-8')}\n[plan]\n{key}\n", encoding="utf-8")
    ended = kitae("-C", sample, "plan", "--by", "2027-01-31")
    assert ended.code == 2, ended.err
    assert told in ended.err and "Traceback" not in ended.err


def test_a_number_is_printed_with_all_its_digits(kitae: Command) -> None:
    told = {each: kitae("number", each).out.strip() for each in ("123456789", "1.5億トークン", "2,635ドル", "9999")}
    assert told == {
        "123456789": "123.5M (1.235億), exactly 123,456,789",
        "1.5億トークン": "150M (1.5億) tokens, exactly 150,000,000",
        "2,635ドル": "$2,635",
        "9999": "9,999",
    }


def test_a_day_that_is_none_is_a_mistake(kitae: Command, sample: Path) -> None:
    assert kitae("-C", sample, "plan", "--by", "tomorrow").code == 2


@pytest.mark.parametrize(
    "options",
    [("--probe", "--by", "2027-01-31"), ("--probe", "--budget", "¥1"), ("--probe", "--page"), ("--place", "office")],
)
def test_options_that_would_be_dropped_are_refused(kitae: Command, sample: Path, options: tuple[str, ...]) -> None:
    ended = kitae("-C", sample, "plan", *options)
    assert ended.code == 2
    assert all(each in ended.err for each in options if each.startswith("--"))


def test_every_amount_of_an_estimate_is_printed_both_ways(kitae: Command) -> None:
    told = " ".join(kitae(*EXAMPLE).out.split())
    assert "with tax ¥434,761 (約43.5万円)" in told
    assert "¥355,714 (約35.6万円) to ¥434,761 (約43.5万円) before tax" in told
    assert "idle $618 (約9.27万円 at 150.0 on " in told
    more = " ".join(kitae(*EXAMPLE, "--tokens", "700B").out.split())
    assert "GPU-hours about 73.47k (7.347万) (52.62k (5.262万) to" in more


def test_the_backtest_prints_prediction_publication_residual_and_width(kitae: Command) -> None:
    found = json.loads(kitae("plan", "backtest", "--json").out)
    for run in found["runs"]:
        assert run["width"] == pytest.approx(run["predicted"]["high"] / run["predicted"]["low"])
        assert run["residual"] == pytest.approx(run["published"] / run["predicted"]["mid"] - 1)
        assert run["inside"] == (run["predicted"]["low"] <= run["published"] <= run["predicted"]["high"])
    a100 = next(each for each in found["coverage"] if each["card"] == "a100")
    assert a100["widest"] <= 2 and a100["inside"] >= 0.8 * a100["runs"]


def test_init_ends_with_fit_hours_and_yen_on_the_gpus_that_are_named(
    kitae: Command, sample: Path, tiny_base: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    ended = kitae(
        "init",
        folder,
        "--documents",
        sample / "documents" / "it",
        "--base",
        f"path:{tiny_base}",
        "--place",
        "a100-80x8",
    )
    assert ended.code == 0, ended.err
    assert "of 80 GiB a GPU: fits" in ended.out
    assert "with tax, at aws:p4de.24xlarge:us-east-1" in ended.out
    written = (folder / "kitae.toml").read_text(encoding="utf-8")
    assert 'gpu = "a100-80x8"\nmay_hold = "public"' in written
    assert f'base = "path:{tiny_base.as_posix()}"' in written


def test_a_card_that_nothing_is_known_of_writes_nothing(kitae: Command, sample: Path, tmp_path: Path) -> None:
    ended = kitae("init", tmp_path / "mine", "--documents", sample / "documents" / "it", "--place", "abacus-48x4")
    assert ended.code == 2 and "abacus" in ended.err
    assert not (tmp_path / "mine").exists()


def test_the_sample_takes_neither_base_nor_place(kitae: Command, tmp_path: Path) -> None:
    ended = kitae("init", tmp_path / "mine", "--sample", "--place", "a100-80x8")
    assert ended.code == 2
    assert not (tmp_path / "mine").exists()


def test_init_with_a_base_that_is_not_there_writes_nothing(kitae: Command, sample: Path, tmp_path: Path) -> None:
    ended = kitae("init", tmp_path / "mine", "--documents", sample / "documents", "--base", "path:nowhere")
    assert ended.code == 2
    assert not (tmp_path / "mine").exists()


OURS = """
[plan]
tax = 0.08
as_of = "2026-11-20"
storage_gb = 730
storage_usd = 0.5
egress_gb = 100
egress_usd = 0.1
[[plan.offers]]
key = "ours:node:tokyo"
gpu = "a100-40x8"
yen = 3000
as_of = "2026-11-20"
source = "a quotation"
[plan.energy]
embodied = 0.0103
"""


@pytest.fixture
def ours(sample: Path) -> Path:
    file = sample / "kitae.toml"
    file.write_text(file.read_text(encoding="utf-8") + OURS, encoding="utf-8")
    return sample


def test_estimate_reads_the_plan_of_the_project_it_is_called_in(kitae: Command, ours: Path, tmp_path: Path) -> None:
    arguments = (*EXAMPLE, "--price", "ours:node:tokyo")
    found = json.loads(kitae("-C", ours, *arguments, "--json").out)
    cost = found["cost"]
    assert cost["storage_usd"] == pytest.approx(730 * 0.5 * 60 / 730) and cost["egress_usd"] == 10
    assert cost["jpy"] == pytest.approx(2 * 60 * 3000 + 40 * 150)
    assert cost["tax_jpy"] == pytest.approx(0.08 * cost["jpy"])
    assert found["embodied_kg"] > 0
    told = kitae("-C", ours, *arguments).out
    assert "storage    $30.00" in told and "egress     $10.00" in told and "cancelling" in told
    assert "from making the machines" in told
    assert max(map(columns, told.splitlines())) <= 80
    empty = tmp_path / "empty"
    empty.mkdir()
    assert kitae("-C", empty, *arguments).code == 2


def test_of_a_mixture_of_experts_a_token_passes_a_part(kitae: Command) -> None:
    def hours(*more: str) -> float:
        return float(json.loads(kitae(*EXAMPLE, *more, "--json").out)["gpu_hours"]["mid"])

    assert hours("--active", "2B") < 0.5 * hours()
    for wrong in ("9B", "0"):
        assert kitae(*EXAMPLE, "--active", wrong).code == 2


def test_moments_in_eight_bits_take_less_memory(kitae: Command) -> None:
    def trained(*more: str) -> float:
        return float(json.loads(kitae(*EXAMPLE, *more, "--json").out)["memory_gib"]["parts"]["trained"])

    assert trained("--optimiser", "adamw8bit") == pytest.approx(trained() * 10 / 16)
    assert kitae(*EXAMPLE, "--optimiser", "adam").code == 2


def test_each_figure_says_how_it_is_known(kitae: Command) -> None:
    found = json.loads(kitae(*EXAMPLE, "--json").out)
    figures = {"gpu_hours", "wall_hours", "hour_parts", "memory_gib", "cost", "energy_kwh", "co2_kg"}
    assert figures <= set(found["known"])
    without = json.loads(kitae("plan", "estimate", "--params", "7B", "--tokens", "7B", "--gpu", "a100-40", "--gpus",
                               "16", "--json").out)  # fmt: skip
    assert without["cost"] is None and not any(key.startswith("cost") for key in without["known"])


def test_the_plan_is_written_as_a_page_where_that_is_asked_for(kitae: Command, ours: Path) -> None:
    assert kitae("-C", ours, "plan").code == 0
    assert not (ours / "plan.html").exists()
    ended = kitae("-C", ours, "plan", "--page", "--json")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out)["files"] == [str(ours / "plan.html")]
    assert "ours:node:tokyo" in (ours / "plan.html").read_text(encoding="utf-8")


def test_a_plan_that_says_everything_fits_eighty_columns(kitae: Command, ours: Path) -> None:
    file = ours / "kitae.toml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("[plan]\n", '[plan]\nparameters = "7B"\nonly = ["ours:"]\n')
        + '[plan.serving]\nanswers_per_month = "300万"\napi_usd_in = 3.0\napi_usd_out = 15.0\n'
        + 'offer = "ours:node:tokyo"\n',
        encoding="utf-8",
    )
    told = kitae("-C", ours, "plan").out
    assert "by the API" in told and "an answer: ¥" in told
    assert [line for line in told.splitlines() if columns(line) > 80] == []
