"""Protocols by name, and published prompts from their files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kitae.core.mistakes import Mistake
from kitae.evaluate.judging.own_prompts import own_templates
from kitae.evaluate.judging.prompts import FIELDS, Kind, check_fields, delimit, pick, read_templates
from kitae.evaluate.judging.protocol import OWN, protocol_named, published

SETS = {
    "mtbench/en/judge_prompts.jsonl": {("single", 1), ("single", 2), ("pair", 1), ("pair", 2)},
    "mtbench/ja/judge_prompts_swallow.jsonl": {("single", 1), ("single", 2), ("pair", 1), ("pair", 2)},
    "mtbench/ja/judge_prompts_stability.jsonl": {("single", 1)},
}


@pytest.mark.parametrize("file", SETS)
def test_the_published_prompts_are_read(shared_data: Path, file: str) -> None:
    templates = read_templates(shared_data / file)
    found: dict[tuple[Kind, int], set[bool]] = {}
    for each in templates:
        found.setdefault((each.kind, each.turn), set()).add(each.guided)
    assert found == {key: {False, True} for key in SETS[file]}
    assert len({each.digest for each in templates}) == len(templates)


def test_what_is_not_published_is_told(shared_data: Path) -> None:
    templates = read_templates(shared_data / "mtbench/ja/judge_prompts_stability.jsonl")
    with pytest.raises(Mistake, match="no single prompt for turn 2"):
        pick(templates, "single", 2, guided=False)
    with pytest.raises(Mistake, match="no prompts for the protocol `mtbench-pair`"):
        published(templates, "pair")


def test_published_prompts_judge_the_turns_that_they_know(shared_data: Path) -> None:
    turns = {file: published(read_templates(shared_data / file)).turns for file in SETS}
    assert turns == {file: tuple(sorted({turn for kind, turn in SETS[file] if kind == "single"})) for file in SETS}
    assert turns["mtbench/ja/judge_prompts_stability.jsonl"] == (1,)


def test_a_protocol_is_known_by_its_name(shared_data: Path) -> None:
    templates = read_templates(shared_data / "mtbench/en/judge_prompts.jsonl")
    assert [protocol_named(name, templates).strict for name in ("mtbench", "mtbench-pair")] == [False, False]
    assert all(protocol_named(name).strict for name in OWN)
    with pytest.raises(Mistake, match="no prompts for the protocol `mtbench`"):
        protocol_named("mtbench")
    with pytest.raises(Mistake) as mistake:
        protocol_named("mtbenhc")
    assert "`mtbench`" in mistake.value.hint


@pytest.mark.parametrize("language", ["ja", "en"])
def test_our_own_prompts_are_whole_and_ask_for_what_is_read(language: str) -> None:
    templates = own_templates("ja" if language == "ja" else "en")
    assert {(each.kind, each.turn, each.guided) for each in templates} == {
        (kind, turn, guided) for kind, turn in FIELDS for guided in (False, True)
    }
    for each in templates:
        check_fields(each, "here")
        assert ("[[n]]" if each.kind == "single" else "[[A]]") in each.text
        assert ("{ref_answer_1}" in each.text) == each.guided
        wanted = FIELDS[each.kind, each.turn] - (set() if each.guided else {"ref_answer_1", "ref_answer_2"})
        assert all(f"{{{field}}}" in each.text for field in wanted)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"prompt_template": "{question} {secret}"}, "asks for {secret}"),
        ({"prompt_template": "{question} {answer.__class__}"}, r"asks for {answer.__class__}"),
        ({"prompt_template": "{question} { and more"}, "are not in order"),
        ({"output_format": "[[score]]"}, r"not a judge's prompt"),
        ({"prompt_template": None}, "not a judge's prompt"),
    ],
)
def test_a_prompt_that_cannot_be_filled_is_a_mistake(tmp_path: Path, change: dict[str, str], what: str) -> None:
    line = {"name": "single-v1", "system_prompt": "", "prompt_template": "{question}", "output_format": "[[rating]]"}
    (tmp_path / "prompts.jsonl").write_text(json.dumps(line | change), encoding="utf-8")
    with pytest.raises(Mistake, match=what):
        read_templates(tmp_path / "prompts.jsonl")


def test_missing_prompts_are_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="prompts are missing"):
        read_templates(tmp_path / "none.jsonl")


def test_a_mark_is_never_in_what_it_marks() -> None:
    first = delimit(["a"])
    assert delimit([first, "a"]) not in first
    assert delimit(["a"]) == first
