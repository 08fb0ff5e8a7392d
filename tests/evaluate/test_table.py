import json
from collections.abc import Callable
from typing import Any

import pytest

from kitae.core.mistakes import Mistake
from kitae.core.noun import canonical
from kitae.evaluate.nulls import NULL_ROWS
from kitae.evaluate.recipe import EvaluateRecipe, Row
from kitae.evaluate.table import Line, Table, decision_table
from kitae.evaluate.words import words

BASE = Row(name="base.retrieval", model="base")
TUNED = Row(name="tuned.retrieval", model="tuned")
GUESS = {"q1": "5日です。[1]", "q2": "45,000円です。[1][2]", "q4": "9時です。[1]"}
"""One of three right, one declined, the unanswerable one answered."""


def line(table: Table, row: str, suite: str = "company.unseen") -> Line:
    return next(each for each in table.lines if (each.row, each.suite) == (row, suite))


@pytest.fixture
def cards(workshop: Any, speaker: Callable[..., Any]) -> list[Any]:
    return [
        *(workshop.measure(row) for row in NULL_ROWS),
        workshop.measure(BASE, speaker(GUESS)),
        workshop.measure(TUNED, speaker(seconds=0.25)),
    ]


def test_counts_are_those_of_the_questions(cards: list[Any]) -> None:
    base = line(decision_table(cards, against=None), "base.retrieval")
    assert (base.n, base.n_answerable, base.n_unanswerable) == (4, 3, 1)
    assert (base.right, base.right_n, base.right_answerable_n) == (0.25, 1, 1)
    assert base.false_refusals == pytest.approx(1 / 3)
    assert base.false_refusals_n == 1
    assert (base.false_answers, base.false_answers_n) == (1.0, 1)
    # Cited: one in q1, two in q2, one in q4. Evidence: q1's (its number is wrong, its passage is not), q2's first.
    assert base.citation_precision == pytest.approx(2 / 4)
    assert base.citation_recall == pytest.approx(2 / 3)
    assert base.evidence_shown == 1.0
    assert base.seconds_per_answer == pytest.approx(0.5, abs=0.1)
    assert base.difference is None


def test_an_honest_row_is_perfect_and_its_interval_still_has_a_width(cards: list[Any]) -> None:
    tuned = line(decision_table(cards, against=None), "tuned.retrieval")
    assert (tuned.right, tuned.citation_precision, tuned.citation_recall) == (1.0, 1.0, 1.0)
    assert (tuned.false_answers, tuned.false_refusals) == (0.0, 0.0)
    assert tuned.interval.low == pytest.approx(0.5101, abs=1e-4)
    assert tuned.interval.high == 1.0


def test_differences_are_paired(cards: list[Any]) -> None:
    table = decision_table(cards, against="base.retrieval")
    difference = line(table, "tuned.retrieval").difference
    assert difference is not None
    assert (difference.n, difference.mean, difference.better, difference.worse) == (4, 0.75, 3, 0)
    assert difference.n_answerable == 3
    assert difference.mean_answerable == pytest.approx(2 / 3)
    assert line(table, "base.retrieval").difference is None


def test_null_rows_stand_in_the_table_and_their_absence_is_told(cards: list[Any]) -> None:
    table = decision_table(cards, against="base.retrieval")
    refuse = line(table, "null.refuse")
    assert (refuse.right_n, refuse.false_refusals_n, refuse.seconds_per_answer) == (1, 3, None)
    assert table.notes == ()
    assert refuse.notes == ()  # a null row has no engine to differ by
    assert decision_table(cards[3:], against=None).notes == (
        "null rows are missing: null.refuse, null.copy, null.first",
    )


def test_suites_are_never_pooled(workshop: Any, speaker: Callable[..., Any], questions: list[dict[str, Any]]) -> None:
    suites = [workshop.suite(), workshop.suite(questions[:2], "company.known")]
    table = decision_table([workshop.measure(TUNED, speaker(), suites)], against=None)
    assert [(each.suite, each.n) for each in table.lines] == [("company.unseen", 4), ("company.known", 2)]
    known = line(table, "tuned.retrieval", "company.known")
    assert (known.n_unanswerable, known.false_answers) == (0, None)


def test_yen_come_only_from_a_price(cards: list[Any]) -> None:
    assert line(decision_table(cards, against=None), "tuned.retrieval").yen_per_answer is None
    priced = line(decision_table(cards, against=None, yen_per_hour=7200.0), "tuned.retrieval")
    assert priced.seconds_per_answer is not None
    assert priced.yen_per_answer == pytest.approx(2 * priced.seconds_per_answer)


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"engine": "fake 2"}, "engine differs from `base.retrieval`: fake 2, there fake 1"),
        ({"number_format": "float32"}, "number format differs from `base.retrieval`: float32, there int8"),
    ],
)
def test_another_engine_or_number_format_is_never_compared_silently(
    workshop: Any, speaker: Callable[..., Any], change: dict[str, str], note: str
) -> None:
    other = speaker()
    other.identity = other.identity.model_copy(update=change)
    cards = [workshop.measure(BASE, speaker(GUESS)), workshop.measure(TUNED, other)]
    for against in ("base.retrieval", None):
        table = decision_table(cards, against=against)
        assert line(table, "tuned.retrieval").notes == (note,)
        assert line(table, "base.retrieval").notes == ()


def test_another_token_limit_or_number_of_passages_is_told(workshop: Any, speaker: Callable[..., Any]) -> None:
    cards = [
        workshop.measure(BASE, speaker(GUESS)),
        workshop.measure(TUNED, speaker(), recipe=EvaluateRecipe(max_tokens=50, passages=1)),
    ]
    decoding, passages = line(decision_table(cards, against="base.retrieval"), "tuned.retrieval").notes
    assert decoding.startswith("decoding differs from `base.retrieval`: max_tokens 50")
    assert passages == "passages differ from `base.retrieval`: 1, there 2"


def test_questions_of_another_version_are_left_out_and_told(
    workshop: Any, speaker: Callable[..., Any], questions: list[dict[str, Any]]
) -> None:
    before = workshop.measure(BASE, speaker(GUESS))
    questions[0]["gold"] = ["5日"]
    after = workshop.measure(TUNED, speaker(), [workshop.suite(questions[:3])])
    tuned = line(decision_table([before, after], against="base.retrieval"), "tuned.retrieval")
    assert tuned.difference is not None
    assert tuned.difference.n == 2
    assert tuned.notes == (
        "1 questions have another version in `base.retrieval` and are left out of the difference",
        "1 questions were asked of only one of this row and `base.retrieval`, and are left out",
    )


def test_a_suite_that_the_other_row_was_not_asked_has_no_difference(
    workshop: Any, speaker: Callable[..., Any], questions: list[dict[str, Any]]
) -> None:
    cards = [
        workshop.measure(BASE, speaker(GUESS)),
        workshop.measure(TUNED, speaker(), [workshop.suite(questions, "company.known")]),
    ]
    tuned = line(decision_table(cards, against="base.retrieval"), "tuned.retrieval", "company.known")
    assert tuned.difference is None
    assert tuned.notes == ("`base.retrieval` was not asked this suite",)


def test_what_cannot_be_compared_is_a_mistake(cards: list[Any], workshop: Any) -> None:
    with pytest.raises(Mistake, match="no row `base`"):
        decision_table(cards, against="base")
    with pytest.raises(Mistake, match="nothing was measured"):
        decision_table([], against=None)
    with pytest.raises(Mistake, match=r"two scorecards are of the row `base\.retrieval`"):
        decision_table([*cards, cards[3]], against=None)
    with pytest.raises(Mistake, match="is no scorecard"):
        decision_table([cards[0], workshop.suite()], against=None)


def test_the_table_is_json_with_its_schema(cards: list[Any]) -> None:
    table = decision_table(cards, against="base.retrieval")
    written = json.loads(canonical(table))
    assert written["schema"] == 1
    assert {"row", "suite", "n", "right", "interval", "difference", "false_refusals_n"} <= written["lines"][0].keys()
    assert Table.model_validate(written) == table


def many(workshop: Any, speaker: Callable[..., Any], wrong: int, name: str) -> Any:
    """A row that has all but the first `wrong` of 42 questions right."""
    asked = [{"id": f"x{n:02}", "question": f"問{n}？", "answerable": True, "gold": ["2日"]} for n in range(42)]

    class Counting(type(speaker())):  # type: ignore[misc]
        def _answer(self, text: str, decoding: Any) -> Any:
            told = "9日です。" if any(text == f"問{n}？" for n in range(wrong)) else "2日です。"
            return super()._answer("祖父が亡くなると何日休めますか。", decoding).model_copy(update={"text": told})

    one = Counting({})
    one.identity = one.identity.model_copy(update={"model": name})
    return workshop.measure(Row(name=name, model=name, way="closed"), one, [workshop.suite(asked)])


def test_a_clear_gain_is_told_in_questions(workshop: Any, speaker: Callable[..., Any]) -> None:
    cards = [many(workshop, speaker, 27, "base"), many(workshop, speaker, 10, "tuned")]
    table = decision_table(cards, against="base")
    english = words(table, "en")[1]
    assert english.startswith(
        "company.unseen: `tuned` answers 17 more of 42 right than `base` (interval 11 to 23); it declines 0 of 42"
    )
    japanese = words(table, "ja")[1]
    assert japanese.startswith("company.unseen：「tuned」は42問中、「base」より17問多く正しく答えた（95%区間 11～23）")
    back = words(decision_table(cards[::-1], against="tuned"), "en")[1]
    assert "`base` answers 17 fewer of 42 right than `tuned` (interval 11 to 23)" in back
    assert len(words(table)) == 4


def test_a_difference_within_its_interval_is_not_told_as_a_gain(workshop: Any, speaker: Callable[..., Any]) -> None:
    cards = [many(workshop, speaker, 12, "base"), many(workshop, speaker, 10, "tuned")]
    table = decision_table(cards, against="base")
    assert "show no difference: +2 right (interval" in words(table, "en")[1]
    assert "この42問では示せない（差 +2、" in words(table, "ja")[1]
    assert "more" not in words(table, "en")[1]


def test_the_row_that_the_others_are_compared_with_is_told_alone(cards: list[Any]) -> None:
    told = words(decision_table(cards, against="base.retrieval"), "en")
    assert (
        "company.unseen: `base.retrieval` answers 1 of 3 right (interval 0 to 2); it declines 1 of 3 that it should "
        "have answered; it answers 1 of 1 that the documents do not tell." in told
    )
