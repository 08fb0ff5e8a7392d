"""From words to ratings: strictly, and as FastChat does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitae.evaluate.judging.parsing import fastchat_rating, fastchat_verdict, strict_rating, strict_verdict

TEN = (1.0, 10.0)


@pytest.mark.parametrize(
    ("text", "strict", "fastchat"),
    [
        ("Good.\nRating: [[8]]", 8.0, 8.0),
        ("評価：[[7.5]]", 7.5, 7.5),
        ("評価：［［８］］", 8.0, None),
        ("Good.\n**Rating: [[8]]**\n\n---\n", 8.0, 8.0),
        ("Rating: [[8]]\nThat is because it is short.", None, 8.0),
        ("The answer says [[10]].\nRating: [[2]]", 2.0, 10.0),
        ("numbers[0] is right", None, 0.0),
        ("Rating: [8]", None, 8.0),
        ("Rating: [[11]]", None, 11.0),
        ("Rating: [[0]]", None, 0.0),
        ("[[7]] or [[8]]", None, 7.0),
        ("Rating: [[rating]]", None, None),
        ("Rating: 8/10", None, None),
        ("", None, None),
    ],
)
def test_a_rating_is_read_from_the_last_line_or_as_fastchat_does(
    text: str, strict: float | None, fastchat: float | None
) -> None:
    assert strict_rating(text, TEN).score == strict
    assert fastchat_rating(text, TEN).score == fastchat


@pytest.mark.parametrize(
    ("text", "strict", "fastchat"),
    [
        ("Verdict: [[A]]", "A", "A"),
        ("[[A]] wins at first.\n判定: [[B]]", "B", "A"),
        ("[[C]]", "tie", "tie"),
        ("[[A]] or [[B]]", None, "A"),
        ("[[8, 8.1]]", None, "tie"),
        ("[[3,7]]", None, "B"),
        ("A is better", None, None),
    ],
)
def test_a_verdict_is_read_from_the_last_line_or_as_fastchat_does(
    text: str, strict: str | None, fastchat: str | None
) -> None:
    assert strict_verdict(text, TEN).verdict == strict
    assert fastchat_verdict(text, TEN).verdict == fastchat


@given(text=st.text(), score=st.integers(1, 10))
def test_what_a_judge_was_told_to_write_is_always_read(text: str, score: int) -> None:
    assert strict_rating(f"{text}\n評価: [[{score}]]", TEN).score == score


@given(text=st.text(), score=st.floats(-99, 99).map(lambda value: round(value, 1)) | st.integers(-99, 99))
def test_nothing_off_the_scale_is_ever_a_strict_rating(text: str, score: float) -> None:
    parsed = strict_rating(f"{text}\n評価: [[{score}]]", TEN)
    assert (parsed.score is not None) == (1 <= score <= 10)
    assert (parsed.why == "") == (not parsed.failed)
