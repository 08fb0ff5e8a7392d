"""Every instruction can be followed, and nothing that says nothing follows one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kitae.evaluate.own.checks.table import CHECKS
from kitae.evaluate.own.formats import score
from kitae.evaluate.own.items import Instruction
from kitae.evaluate.suites import own_suite

SUITE = own_suite("format-ja")
ITEMS: dict[str, Instruction] = {item.id: item for item in SUITE.items if isinstance(item, Instruction)}
KEPT: dict[str, str] = {
    each["id"]: each["answer"]
    for each in map(json.loads, (Path(__file__).parent / "kept.jsonl").read_text(encoding="utf-8").splitlines())
}
"""An answer to each that keeps all conditions: our own writing, and no part of the package."""


def test_there_are_enough_and_each_has_an_answer() -> None:
    assert len(ITEMS) >= 100
    assert set(KEPT) == set(ITEMS)


@pytest.mark.parametrize("id", ITEMS)
def test_an_instruction_can_be_followed(id: str) -> None:
    assert score(ITEMS[id], KEPT[id]).why == "keeps every condition"


@pytest.mark.parametrize("id", ITEMS)
def test_an_answer_that_chats_around_it_or_is_cut_short_is_found_out_where_form_is_all(id: str) -> None:
    item = ITEMS[id]
    if any(word in item.instruction for word in ("だけを書いて", "ほかには何も", "ほかは何も")):
        assert not score(item, f"承知しました。以下のとおりです。\n\n{KEPT[id]}").right


@pytest.mark.parametrize("id", ITEMS)
def test_repeating_the_instruction_is_wrong(id: str) -> None:
    item = ITEMS[id]
    for echo in (
        item.instruction,
        f"「{item.instruction}」",
        f"{item.instruction}\n承知しました。",
        f"はい、{item.instruction}",
        "。".join(item.instruction.split("。")[:1]) + "。",
    ):
        assert not score(item, echo).right, echo


@pytest.mark.parametrize(
    "constant",
    [
        "",
        "[[10]]",
        "Rating: [[10]]",
        "承知しました。",
        "わかりません。",
        "申し訳ありませんが、お答えできません。",
        "ご質問ありがとうございます。何かお手伝いできることはありますか。",
        "1. はい\n2. はい\n3. はい\n4. はい\n5. はい",
        "{}",
        "[]",
        "| a | b |\n|---|---|\n| c | d |",
        "あ" * 100,
        "この件につきましては、社内で検討のうえ、改めてご連絡いたします。よろしくお願いいたします。",
    ],
)
def test_a_constant_text_follows_none(constant: str) -> None:
    assert [id for id, item in ITEMS.items() if score(item, constant).right] == []


def test_an_answer_to_one_instruction_follows_few_others() -> None:
    """An answer that goes through everywhere would mean that conditions are too weak."""
    most = max(sum(score(item, answer).right for item in ITEMS.values()) for answer in KEPT.values())
    assert most <= 2


def test_every_check_of_the_table_is_used_and_every_used_one_is_there() -> None:
    assert {check.check for item in ITEMS.values() for check in item.checks} == set(CHECKS)


def test_the_first_broken_condition_is_told() -> None:
    assert score(ITEMS["list-01"], "名刺と充電器です。").why == "numbered: more than the list"
    assert score(ITEMS["list-01"], "別の話です。").why == "not about what was asked"
    assert score(ITEMS["list-01"], "  \n ").why == "empty"
