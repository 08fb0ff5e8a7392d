from __future__ import annotations

import pytest

from kitae.instruct.forbidden import Forbidden


@pytest.mark.parametrize(
    "question", ["社宅の家賃はいくらですか？", "社宅の家賃はいくらでしょうか。", "社宅の家賃はいくらですか"]
)
def test_a_question_that_differs_only_in_its_manner_is_forbidden(question: str) -> None:
    assert Forbidden(["社宅の家賃はいくらですか。"]).like(question)


def test_a_question_about_something_else_in_the_same_frame_is_not() -> None:
    assert not Forbidden(["慶弔休暇は何日取れますか。"]).like("年次有給休暇は何日前までに申請すればいいですか。")


def test_without_suites_nothing_is_forbidden() -> None:
    assert not Forbidden([]).like("社宅の家賃はいくらですか。")
