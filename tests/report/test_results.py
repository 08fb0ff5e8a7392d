from dataclasses import dataclass
from typing import Any

import pytest

from kitae.evaluate.table import decision_table
from kitae.report.page import page
from kitae.report.results import MISSED, REACHED, UNDECIDED, Results, goal_outcome, results


@dataclass(frozen=True)
class Goal:
    suite: str
    at_least: float


def measured(finished: Any, **more: Any) -> Results:
    found = results(finished.story(**more))
    assert found is not None
    return found


def test_suites_are_told_apart(finished: Any) -> None:
    found = measured(finished)
    assert [(each.suite, each.n, each.n_answerable, each.n_unanswerable) for each in found.suites] == [
        ("company.unseen", 4, 2, 2),
        ("company.known", 2, 1, 1),
    ]


def test_lines_are_those_of_the_decision_table(finished: Any) -> None:
    story = finished.story()
    found = results(story)
    assert found is not None
    table = decision_table(list(story.scorecards.values()), against="base.retrieval")
    assert [row.line for suite in found.suites for row in suite.rows] == list(table.lines)


def test_null_rows_are_marked_and_stand_last(finished: Any) -> None:
    rows = measured(finished).suites[0].rows
    assert [row.null for row in rows] == [False, False, False, True, True, True]
    html = page(finished.story())
    assert html.count("モデルなしの基準</span>") >= 6


def test_the_own_row_and_the_base_are_found_by_what_they_are(finished: Any) -> None:
    rows = measured(finished).suites[0].rows
    assert [row.line.row for row in rows if row.own] == ["tuned.retrieval"]
    assert [row.line.row for row in rows if row.base] == ["base.retrieval"]
    other = results(finished.story(own="base.closed", against="tuned.retrieval"))
    assert other is not None
    assert other.against == "tuned.retrieval"
    assert [row.line.row for row in other.suites[0].rows if row.own] == ["base.closed"]


def test_the_headline_is_the_sentence_of_the_own_row_without_the_suite_twice(finished: Any) -> None:
    headline = measured(finished).suites[0].headline
    assert headline is not None
    assert headline.ja.startswith("「tuned.retrieval」")
    assert headline.en.startswith("between `tuned.retrieval` and")


@pytest.mark.parametrize(("at_least", "outcome"), [(0.4, REACHED), (0.95, UNDECIDED), (1.0, UNDECIDED), (0.5, REACHED)])
def test_the_goal_is_judged_by_the_interval(finished: Any, at_least: float, outcome: str) -> None:
    # 4 of 4 right: the interval reaches from 51 % to 100 %.
    first, second = measured(finished, goal=Goal("company.unseen", at_least)).suites
    assert first.verdict is not None
    assert first.verdict.outcome == outcome
    assert first.verdict.row == "tuned.retrieval"
    assert second.verdict is None


def test_a_goal_above_the_interval_is_missed(finished: Any) -> None:
    rows = {row.line.row: row.line for row in measured(finished).suites[0].rows}
    assert goal_outcome(rows["base.closed"], 0.95) == MISSED
    assert goal_outcome(rows["null.refuse"], 0.5) == UNDECIDED


def test_without_a_model_of_its_own_a_project_has_no_verdict(finished: Any) -> None:
    own = [each.id for each in finished.making.used if each.kind == "scorecard" and each.name.startswith("tuned")]
    found = results(finished.story(goal=Goal("company.unseen", 0.1), without=own))
    assert found is not None
    assert found.suites[0].verdict is None
    assert found.suites[0].headline is not None


def test_engine_number_format_and_notes_are_told(company: Any) -> None:
    company.walk()
    company.row_of_another_engine()
    html = page(company.story())
    assert "transformers 5.0" in html
    assert "engine differs from `base.retrieval`: transformers 5.0, there ctranslate2 4.8.5" in html


def test_yen_are_told_with_a_price_and_only_then(finished: Any) -> None:
    assert "¥" not in page(finished.story())
    assert "¥0.8" in page(finished.story(yen_per_hour=3600.0))


def test_nothing_measured_gives_no_results(company: Any) -> None:
    assert results(company.walk("train")) is None
