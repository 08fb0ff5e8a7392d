from pathlib import Path
from typing import Any

from kitae.report.dialogues import dialogue_sets
from kitae.report.page import page


def test_kinds_are_counted(finished: Any) -> None:
    (found,) = dialogue_sets(finished.story())
    assert (found.trained, found.held_out) == (5, 1)
    assert sum(count for _, count in found.kinds) == 5
    assert dict(found.kinds)["unanswerable"] == found.trained - found.answerable == 1
    assert {each.kind for each in found.samples} == {kind for kind, _ in found.kinds}


def test_what_was_not_asked_is_counted_by_reason_without_its_numbers(finished: Any) -> None:
    (found,) = dialogue_sets(finished.story())
    assert [(each.reason, each.count) for each in found.dropped] == [("the answer has n characters", 1)]


def test_the_learnt_span_is_the_reply_and_the_end_of_its_turn(make_company: Any, tokenizer: Path) -> None:
    company = make_company(tokenizer=tokenizer)
    story = company.walk("instruct")
    (found,) = dialogue_sets(story)
    assert found.learnt is not None
    learnt = [piece.text for piece in found.learnt.pieces if piece.learnt]
    (reply,) = [each.messages[-1].content for each in company.dialogue_rows() if each.id == found.learnt.dialogue]
    assert learnt == [f"{reply}<end_of_turn>"]
    assert 0 < found.learnt.learnt < found.learnt.tokens
    assert f"<mark>{reply}&lt;end_of_turn&gt;</mark>" in page(story)


def test_without_a_tokenizer_the_rest_is_still_told(finished: Any) -> None:
    story = finished.story()
    (found,) = dialogue_sets(story)
    assert found.learnt is None
    assert "<mark>" not in page(story)
