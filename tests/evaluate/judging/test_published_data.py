"""Published figures, recomputed from the published judgments (shared data)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kitae.evaluate.judging.parsing import fastchat_rating, strict_rating
from kitae.evaluate.judging.rescore import rescore
from kitae.evaluate.judging.tally import Tally

FOLDERS = {"Tengu-Bench": "lightblue__tengu_bench", "MT-Bench": "lightblue__japanes-mt-bench-oneshot"}


@pytest.fixture(scope="module")
def judgments(shared_data: Path) -> Path:
    return shared_data / "judgments"


def cells(line: str) -> list[str]:
    return [cell.strip().strip("*") for cell in line.strip().strip("|").split("|")]


def tables(readme: Path) -> Iterator[list[list[str]]]:
    """The Markdown tables of a page, each as rows of cells, the heads first and the rule left out."""
    for block in re.findall(r"(?:^\|.*\n)+", readme.read_text(encoding="utf-8"), re.MULTILINE):
        yield [cells(line) for line in block.splitlines() if not set(line) <= set("|:- ")]


def shaberi(judgments: Path, bench: str) -> dict[str, Tally]:
    files = sorted((judgments / "shaberi" / FOLDERS[bench]).glob("*.json"))
    return {tally.model: tally for tally in rescore(files, "shaberi")}


@pytest.mark.parametrize("bench", FOLDERS)
def test_every_cell_of_the_table_of_models_is_as_published(judgments: Path, bench: str) -> None:
    heads, *lines = next(tables(judgments / "shaberi" / "README.upstream.md"))
    found = shaberi(judgments, bench)
    published = {line[0]: line[heads.index(bench)] for line in lines}
    assert len(published) == 22
    assert {model: f"{found[model].mean_published:.2f}" for model in published} == published


@pytest.mark.parametrize("bench", FOLDERS)
def test_every_cell_of_the_table_of_categories_is_as_published(judgments: Path, bench: str) -> None:
    heads, *lines = list(tables(judgments / "shaberi" / "README.upstream.md"))[1]
    found = shaberi(judgments, bench)
    columns = {
        number: name for number, head in enumerate(heads) for name in re.findall(rf"\('{bench}', '(.*)'\)", head)
    }
    assert len(lines) == 22 and len(columns) == {"MT-Bench": 8, "Tengu-Bench": 23}[bench]
    for line in lines:
        categories = found[line[0]].per_category
        assert {name: f"{categories[name]:.2f}" for name in columns.values()} == {
            name: line[number] for number, name in columns.items()
        }


def test_a_judgment_that_is_missing_bounds_the_mean_from_both_sides(judgments: Path) -> None:
    for bench in FOLDERS:
        for tally in shaberi(judgments, bench).values():
            assert tally.mean_published is not None
            assert (tally.mean_low < tally.mean_published < tally.mean_high) == (tally.n_failed > 0)


def rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n") if line]


@pytest.mark.parametrize(
    ("file", "count"),
    [("stability-ja/gpt-4_single.jsonl", 564), ("en-gpt4-single/muhan421_gpt-4_single.jsonl", 320)],
)
def test_every_judgment_is_read_as_it_was_published(judgments: Path, file: str, count: int) -> None:
    found = rows(judgments / file)
    assert len(found) == count
    for read in (fastchat_rating, strict_rating):
        assert [read(row["judgment"], (1, 10)).score for row in found] == [row["score"] for row in found]


def test_the_published_means_come_out(judgments: Path) -> None:
    found = rescore([judgments / "en-gpt4-single" / "muhan421_gpt-4_single.jsonl"], "mtbench")
    assert [f"{tally.mean_published:.3f}" for tally in found] == ["9.206", "8.675"]
    assert all(tally.n == 160 and set(tally.per_turn) == {"1", "2"} and len(tally.per_category) == 8 for tally in found)


def test_duplicates_are_reported_and_the_last_row_counts(judgments: Path) -> None:
    found = {tally.model: tally for tally in rescore([judgments / "stability-ja" / "gpt-4_single.jsonl"], "mtbench")}
    assert sum(tally.n_duplicate for tally in found.values()) == 4
    assert {tally.n for tally in found.values()} == {80}


def test_two_runs_in_one_file_are_reported_as_mixed(judgments: Path) -> None:
    found = rescore([judgments / "en-gpt4-single" / "duplicates_gpt-4_single.jsonl"], "mtbench")
    mixed = next(tally for tally in found if tally.model == "mistral-orpo")
    assert (mixed.n, mixed.n_duplicate, f"{mixed.mean_published:.3f}") == (160, 160, "6.328")
    assert any("two runs are mixed: 160 keys" in note for note in mixed.notes)
    assert [tally.n_duplicate for tally in found if tally is not mixed] == [0, 0, 0]


def test_the_categories_of_the_japanese_questions_are_known(judgments: Path, shared_data: Path) -> None:
    questions = rows(shared_data / "mtbench" / "ja" / "question_full.jsonl")
    own = [row for row in rows(judgments / "stability-ja" / "gpt-4_single.jsonl") if row["model"].endswith("6k-3ep")]
    for category in {row["category"] for row in questions}:
        ids = {str(row["question_id"]) for row in questions if row["category"] == category}
        scores = [row["score"] for row in own if row["question_id"] in ids]
        found = rescore([judgments / "stability-ja" / "gpt-4_single.jsonl"], "mtbench")
        tally = next(each for each in found if each.model.endswith("6k-3ep"))
        assert tally.per_category[category] == pytest.approx(sum(scores) / len(scores))
