from __future__ import annotations

from typing import Literal

import pytest

from kitae.core.suite import Question, Suite
from kitae.evaluate.outputs import judge_output, lines_f1

WANTED = "・鍵は受付に返す（全員、今日から）\n・会議は月曜に移す（総務課、来月）"


def suite(measure: Literal["exact", "lines"]) -> Suite:
    question = Question(id="q", question="入力", answerable=True, gold=(WANTED,), kind="task")
    return Suite(name="t", kind="task", questions=(question,), measure=measure, instruction="書き出します。")


@pytest.mark.parametrize(
    ("gold", "text", "right"),
    [
        ("総務課", "総務課", True),
        ("総務課", " 総務課。", True),
        ("総務課", "総務課です", False),
        ("総務課", "総務課と人事課", False),
        ("総務課", "人事課", False),
        ("総務課", "", False),
        ("第2課", "第２課", True),
    ],
)
def test_a_class_is_right_as_a_whole_or_not_at_all(gold: str, text: str, right: bool) -> None:
    verdict = judge_output(suite("exact"), gold, text)
    assert verdict.right is right
    assert verdict.credit == float(right)


def test_a_list_counts_by_its_lines_in_any_order() -> None:
    lines = WANTED.splitlines()
    assert judge_output(suite("lines"), WANTED, "\n".join(reversed(lines))).right
    half = judge_output(suite("lines"), WANTED, lines[0])
    assert not half.right
    assert half.credit == pytest.approx(2 / 3, abs=0.01)


def test_saying_more_costs_as_much_as_saying_less() -> None:
    wanted = ["甲の件を承認する", "乙の件を見送る"]
    full = lines_f1(wanted, wanted)
    padded = lines_f1([*wanted, "まったく別の話", "関係のない一行"], wanted)
    assert full == 1
    assert padded < 0.75
    assert lines_f1([wanted[0]] * 5, wanted) < 0.5  # a line counts once


def test_what_goes_on_after_an_empty_line_is_not_the_output() -> None:
    told = judge_output(suite("lines"), WANTED, f"{WANTED}\n\n議事録：次の例")
    assert told.right


def test_an_empty_output_is_wrong_and_says_so() -> None:
    verdict = judge_output(suite("lines"), WANTED, "  ")
    assert (verdict.credit, verdict.why) == (0, "empty")
