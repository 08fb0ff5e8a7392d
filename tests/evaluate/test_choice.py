"""Which of several: by the interval of what both answered, and never across what may not be compared."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kitae.evaluate.choice import Choice, Compare, Standing, choose, pair_of
from kitae.evaluate.clusters import paired_spread, questions_needed
from kitae.evaluate.statistics import estimate

FLOAT, INT = "transformers 5, float32", "ctranslate2 4, int8"
Marks = dict[str, str]
"""Of each candidate a `1` or a `0` for each question."""


def credits(marks: str) -> dict[str, float]:
    return {f"q{number}": float(mark) for number, mark in enumerate(marks)}


def standing(name: str, marks: str) -> Standing:
    found = estimate(list(credits(marks).values()))
    return Standing(name=name, mean=found.mean, interval=found.interval, computed=FLOAT)


def comparing(marks: Marks) -> Compare:
    return lambda first, second: pair_of(first, second, credits(marks[first]), credits(marks[second]))


def chosen(marks: Marks, **more: Standing) -> Choice:
    """Of candidates that answered so; `more` are those of which something else is known."""
    standings = [more.get(name, standing(name, own)) for name, own in marks.items()]
    return choose(standings, comparing(marks))


CLEAR: Marks = {"weak": "0" * 20 + "1" * 4, "strong": "1" * 24}
CLOSE: Marks = {"one": "1" * 12 + "0" * 12, "two": "0" + "1" * 10 + "0" * 13}


def test_what_is_better_by_its_interval_is_taken_whatever_it_costs() -> None:
    found = chosen(
        CLEAR,
        weak=replace(standing("weak", CLEAR["weak"]), yen=1.0, gib=1.0),
        strong=replace(standing("strong", CLEAR["strong"]), yen=900.0, gib=90.0, doubt="look"),
    )
    assert found.recommended == "strong"
    assert found.equals == ("strong",)
    assert "`weak` is worse than `strong`: -0.83" in found.reasons[1]
    assert found.reasons[-1] == "before `strong` is used: look"


@pytest.mark.parametrize(
    ("of_one", "of_two", "taken"),
    [
        ({}, {}, "one"),
        ({"yen": 30.0}, {"yen": 12.0}, "two"),
        ({"yen": 30.0}, {"yen": 29.0}, "one"),
        ({"yen": 30.0}, {}, "one"),
        ({"gib": 30.0}, {"gib": 12.0}, "two"),
        ({"yen": 12.0, "gib": 30.0}, {"yen": 30.0, "gib": 12.0}, "one"),
        ({"gib": 12.0, "tokens": 1600.0}, {"gib": 12.5, "tokens": 700.0}, "two"),
        ({"yen": 12.0, "doubt": "unknown licence"}, {"yen": 30.0}, "two"),
        ({"barred": "not for commercial use"}, {"yen": 30.0}, "two"),
    ],
)
def test_of_equals_the_permitted_the_cheaper_the_smaller_is_taken(
    of_one: dict[str, float | str], of_two: dict[str, float | str], taken: str
) -> None:
    one, two = (replace(standing(name, CLOSE[name]), **of) for name, of in (("one", of_one), ("two", of_two)))  # type: ignore[arg-type]
    found = chosen(CLOSE, one=one, two=two)
    assert found.recommended == taken
    assert found.equals == (("one", "two") if not one.barred else ("two",))


def test_equals_are_told_how_many_more_questions_would_tell_them_apart() -> None:
    found = chosen(CLOSE)
    pair = found.pairs[0]
    assert not pair.told_apart
    spread = paired_spread(*({(q, 0): v for q, v in credits(CLOSE[name]).items()} for name in ("two", "one")))
    assert spread and pair.needed == questions_needed(spread)
    assert pair.needed and pair.needed > pair.questions == 24
    assert f"about {pair.needed:,} would do, {pair.needed - 24:,} more" in found.reasons[1]


def test_three_of_three_are_too_few_to_tell_anybody_apart() -> None:
    found = chosen({"none": "000", "all": "111"})
    assert found.equals == ("none", "all")
    assert found.pairs[0].needed is None
    assert "too few of them differ to say" in found.reasons[1]


def test_where_nobody_is_right_it_is_told_that_the_questions_tell_nothing() -> None:
    found = chosen({"one": "0" * 9, "two": "0" * 9})
    assert "nobody is right on anything" in found.reasons[0]
    assert "no difference to reckon from" in found.reasons[1]


def test_scores_of_two_engines_are_not_compared_and_nothing_is_recommended_between_them() -> None:
    def never(first: str, second: str) -> None:
        raise AssertionError(f"{first} was compared with {second}")

    strong = replace(standing("strong", CLEAR["strong"]), computed=INT)
    found = choose([standing("weak", CLEAR["weak"]), strong], never)  # type: ignore[arg-type]
    assert found.recommended is None
    assert found.equals == ()
    assert found.reasons[-1].startswith("nothing is recommended between `weak` and `strong`: engine or number format")
    assert FLOAT in found.reasons[-1] and INT in found.reasons[-1]


def test_those_of_one_engine_are_compared_all_the_same() -> None:
    marks = {**CLEAR, "far": "1" * 24}
    found = chosen(marks, far=replace(standing("far", marks["far"]), computed="http, unknown"))
    assert [(pair.first, pair.second) for pair in found.pairs] == [("weak", "strong")]
    assert "between `strong` and `far`" in found.reasons[-1]


def test_a_barred_one_of_another_engine_stops_nothing() -> None:
    far = replace(standing("far", "1" * 24), computed="http, unknown", barred="not for commercial use")
    found = chosen({**CLEAR, "far": "1" * 24}, far=far)
    assert found.recommended == "strong"
    assert "`far` is left out: not for commercial use" in found.reasons


def test_a_score_that_means_nothing_is_no_score() -> None:
    found = chosen(CLEAR, strong=replace(standing("strong", CLEAR["strong"]), mean=None, interval=None))
    assert found.recommended == "weak"
    assert "`strong` is left out: its score means nothing" in found.reasons
    none = [replace(standing(name, own), mean=None) for name, own in CLEAR.items()]
    assert choose(none, comparing(CLEAR)).recommended is None
