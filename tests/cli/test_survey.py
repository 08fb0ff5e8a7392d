"""The table of a survey: what a person sees, and what a script reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kitae.engine.tiny import make_tiny

from .conftest import Command

OPTIONS = ("--suite", "abstain-ja", "--suite", "unseen", "--limit", "3", "--max-tokens", "2")


@pytest.fixture
def candidates(tiny_project: Path) -> tuple[Path, str, str]:
    """The project, and two bases beside it."""
    make_tiny(tiny_project.parent / "another-base-with-a-long-name", seed=1)
    return tiny_project, "path:../base", "path:../another-base-with-a-long-name"


def test_it_fits_80_columns_and_says_the_same_as_its_json(
    kitae: Command, candidates: tuple[Path, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    folder, *models = candidates
    shown = kitae("-C", folder, "survey", *models, *OPTIONS)
    assert shown.code == 0, shown.err
    assert max(map(len, shown.out.splitlines())) <= 80
    found: dict[str, Any] = json.loads(kitae("-C", folder, "survey", *models, *OPTIONS, "--json").out)
    assert found["schema"] == 1
    assert [each["model"] for each in found["candidates"]] == models
    assert f"recommended: {found['recommended']}" in shown.out
    assert {(each["suite"], each["questions"], each["of"]) for each in found["candidates"][0]["scores"]} == {
        ("abstain-ja", 3, 106),
        ("unseen", 3, 4),
    }
    assert [each["suite"] for each in found["compared"]] == ["abstain-ja", "unseen"]
    assert found["decides"] == "abstain-ja"
    assert found["candidates"][0]["known"]["serve_gib"] == "estimated"


def test_without_a_model_it_says_how_it_is_called(kitae: Command, tiny_project: Path) -> None:
    ended = kitae("-C", tiny_project, "survey")
    assert ended.code == 2
    assert "MODEL" in ended.err
