"""`kitae plan schedule` and `kitae plan worksheet`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

Command = Callable[..., Any]
SCHEMAS = Path(__file__).parents[2] / "docs" / "schema"

PLACE = '\n[[places]]\nname = "rented"\ngpu = "a100-40x8"\nmay_hold = "internal"\n'
WINDOW = f'{PLACE}\n[schedule]\nplace = "rented"\nstart = 2026-12-07T09:00:00+09:00\nhours = 24\nmegabits = 100\n'
RUN = '\n[[runs]]\nname = "one"\nhypothesis = "h"\nowner = "o"\nstop = "s"\nhours = 3\n'
TOML = '[project]\nname = "p"\n\n[[sources]]\nname = "rules"\npath = "documents"\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "documents").mkdir()
    (tmp_path / "kitae.toml").write_text(TOML + WINDOW + RUN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def valid(name: str, printed: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(printed)
    jsonschema.Draft202012Validator(json.loads((SCHEMAS / f"{name}.v1.json").read_text(encoding="utf-8"))).validate(
        found
    )
    return found


def test_the_schedule_is_printed_and_written(kitae: Command, folder: Path) -> None:
    ended = kitae("plan", "schedule")
    assert ended.code == 0, ended.err
    assert max(map(len, ended.out.splitlines())) <= 80
    assert {"schedule.html", "schedule.ja.md", "schedule.en.md"} <= {path.name for path in folder.iterdir()}
    found = valid("plan-schedule", kitae("plan", "schedule", "--json").out)
    assert found["used_gpu_hours"] == 24
    assert found["unsigned"] == ["one"]
    assert found["reserved_gpu_hours"] == found["used_gpu_hours"] + found["idle_gpu_hours"]


@pytest.mark.parametrize(
    ("toml", "what"),
    [
        (TOML, "no rented window"),
        (TOML + WINDOW.replace('place = "rented"', 'place = "rentd"'), "no place `rentd`"),
        (TOML + WINDOW + RUN + RUN, "two runs are named `one`"),
        (TOML + WINDOW.replace("+09:00", ""), "schedule.start"),
    ],
)
def test_what_cannot_be_planned_is_a_mistake(kitae: Command, folder: Path, toml: str, what: str) -> None:
    (folder / "kitae.toml").write_text(toml, encoding="utf-8")
    ended = kitae("plan", "schedule", "--json")
    assert ended.code == 2
    assert what in valid("mistake", ended.out)["mistake"]["what"]


def test_a_worksheet_is_written_filled_in_and_read_again(kitae: Command, folder: Path) -> None:
    assert valid("plan-worksheet", kitae("plan", "worksheet", "--json").out)["cases"] == []
    file = folder / "worksheet.en.md"
    text = file.read_text(encoding="utf-8").replace("cost of work:", "cost of work: ¥4,000")
    file.write_text(
        text.replace("|  |" + "  |" * 7, "| ask | 20 a day | 15 | internal | documents | 0 | 60% | |", 1), "utf-8"
    )
    found = valid("plan-worksheet", kitae("plan", "worksheet", file, "--once", "200万円", "--json").out)
    assert found["yen_a_year"] == 2_880_000
    assert found["months_until_paid_back"] == pytest.approx(2_000_000 / 240_000)
    assert found["cases"][0]["own_model_only"] is True
    assert (folder / "worksheet.html").is_file()
    told = kitae("plan", "worksheet", file)
    assert max(map(len, told.out.splitlines())) <= 80
    again = kitae("plan", "worksheet")
    assert again.code == 2, "what somebody filled in is never written over"
    assert file.read_text(encoding="utf-8").count("| ask |") == 1


def test_a_worksheet_needs_no_project(kitae: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert kitae("plan", "worksheet").code == 0
    assert kitae("plan", "worksheet", "none.md").code == 2
