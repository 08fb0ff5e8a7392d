from __future__ import annotations

import itertools
import json
import re
import tomllib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

from kitae.core.likeness import dice, pairs
from kitae.core.mistakes import Mistake
from kitae.core.suite import squeeze
from kitae.documents.near import NearCopies
from kitae.evaluate.own.items import Prompt
from kitae.evaluate.suites import OWN, own_suite

SUITES = [own_suite(name) for name in OWN]
ALIKE = 0.85
"""Of the pairs of letters. Sums and dates that differ in their numbers alone would reach it."""


def test_a_suite_that_is_not_there_names_the_nearest() -> None:
    with pytest.raises(Mistake, match="riddle-ja") as mistake:
        own_suite("riddle-ja")
    assert "riddles-ja" in mistake.value.hint


def test_a_prompt_that_is_not_there_names_the_nearest() -> None:
    with pytest.raises(Mistake, match=r"list-1") as mistake:
        own_suite("format-ja").score("list-1", "…")
    assert "list-" in mistake.value.hint


@pytest.mark.parametrize("suite", SUITES, ids=OWN)
def test_ids_are_unique_and_prompts_say_what_they_ask(suite: object) -> None:
    prompts: tuple[Prompt, ...] = suite.prompts  # type: ignore[attr-defined]
    assert len({prompt.id for prompt in prompts}) == len(prompts)
    assert len({prompt.version for prompt in prompts}) == len(prompts)
    assert all(turn.strip() == turn and turn for prompt in prompts for turn in prompt.turns)


def test_the_program_scored_suites_have_a_hundred_questions_or_more() -> None:
    assert all(suite.questions >= 100 for suite in SUITES if suite.scored == "program")


def test_a_version_changes_with_what_is_asked_and_with_what_it_is_judged_by() -> None:
    prompt = SUITES[0].prompts[0]
    assert prompt.model_copy(update={"turns": ("別の問い",)}).version != prompt.version
    assert prompt.model_copy(update={"references": ("別の答え",)}).version != prompt.version
    assert prompt.model_copy(update={"category": "x"}).version == prompt.version
    assert len({suite.version for suite in SUITES}) == len(SUITES)


def test_versions_change_when_a_program_scores_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {suite.name: suite.version for suite in SUITES}
    monkeypatch.setattr("kitae.evaluate.own.shelf.SCORING", 2)
    assert {suite.name for suite in SUITES if suite.version == before[suite.name]} == {"forge-ja"}


def texts() -> Iterator[tuple[str, str]]:
    """Every question once, without what is said below each: id and text."""
    for suite in SUITES:
        seen = set()
        for prompt in suite.prompts:
            if prompt.question not in seen:
                yield f"{suite.name} {prompt.id}", "\n".join(prompt.turns)
                seen.add(prompt.question)


def test_no_question_is_nearly_another() -> None:
    """Of all suites together. An invented thing is asked about in the words of its real twin, so those may be alike."""
    found = {name: pairs(_without_instruction(text)) for name, text in texts()}
    alike = [
        (one, two, round(dice(found[one], found[two]), 2))
        for one, two in itertools.combinations(found, 2)
        if dice(found[one], found[two]) >= ALIKE and not _twins(one, two)
    ]
    assert alike == []


def _without_instruction(text: str) -> str:
    from kitae.evaluate.own.abstain import ASKED as SHORT
    from kitae.evaluate.own.riddles import ASKED as LAST_LINE

    return text.replace(SHORT, "").replace(LAST_LINE, "")


def _twins(one: str, two: str) -> bool:
    return "abstain-ja" in one and re.sub(r"-(?:real|invented)$", "", one) == re.sub(r"-(?:real|invented)$", "", two)


def test_no_longer_question_is_a_near_copy_of_another() -> None:
    squeezed = {name: squeeze(_without_instruction(text)) for name, text in texts() if "forge-ja" in name}
    for name, text in squeezed.items():
        others = NearCopies({other: each for other, each in squeezed.items() if other != name})
        assert others.nearest(text)[1] < 0.3, name


def test_a_near_copy_would_be_found() -> None:
    text = squeeze(SUITES[0].prompts[0].turns[0])
    assert NearCopies({"copy": text.replace("2台", "3台")}).nearest(text)[1] > 0.8


def published(folder: Path) -> dict[str, str]:
    """Questions of public benchmarks, as far as they lie beside the checkout. They are compared, never shown."""
    found = {}
    for file in sorted(folder.glob("mtbench/*/question*.jsonl")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines()):
            found[f"{file.parent.name}/{file.name}:{number}"] = squeeze("\n".join(json.loads(line)["turns"]))
    return found


def test_no_question_is_a_near_copy_of_a_published_one(shared_data: Path) -> None:
    known = published(shared_data)
    if not known:
        pytest.skip("no published questions beside the checkout")
    near = NearCopies(known)
    copies = [(name, near.nearest(squeeze(_without_instruction(text)))) for name, text in texts()]
    assert [(name, place) for name, (place, share) in copies if share >= 0.3] == []


NULLS = (
    "",
    " \n",
    "[[10]]",
    "Rating: [[10]]",
    "評価：[[10]]",
    "承知しました。",
    "はい。",
    "ご質問ありがとうございます。お役に立てれば幸いです。",
    "・一つ目\n・二つ目\n・三つ目\n" * 20,
    "0",
    "答え：",
    "答え：[[10]]",
)


@pytest.mark.parametrize(
    "suite", [suite for suite in SUITES if suite.scored == "program"], ids=lambda suite: suite.name
)
def test_a_model_that_does_not_read_the_question_is_at_the_bottom(suite: object) -> None:
    score, prompts = suite.score, suite.prompts  # type: ignore[attr-defined]
    for null in NULLS:
        assert [prompt.id for prompt in prompts if score(prompt.id, null).right] == [], null


@pytest.mark.parametrize(
    "suite", [suite for suite in SUITES if suite.scored == "program"], ids=lambda suite: suite.name
)
def test_a_model_that_repeats_the_question_is_at_the_bottom(suite: object) -> None:
    score, prompts = suite.score, suite.prompts  # type: ignore[attr-defined]
    for echo in ("{}", "{}\n答え：{}", "「{}」", "{}\n[[10]]"):
        found = [prompt.id for prompt in prompts if score(prompt.id, echo.format(*prompt.turns * 2)).right]
        assert found == [], echo


def test_the_data_travels_with_the_package() -> None:
    data = resources.files("kitae.evaluate.own") / "data"
    assert {file.name for file in data.iterdir()} == {f"{name}.jsonl" for name in OWN}
    settings = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["tool"]["setuptools"]["package-data"]["kitae.evaluate.own"] == ["data/*.jsonl"]
