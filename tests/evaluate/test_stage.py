from collections.abc import Callable
from typing import Any

import pytest

from kitae.core.dialogue import Dialogue
from kitae.core.label import Label
from kitae.core.mistakes import Mistake
from kitae.evaluate.answers import BATCH
from kitae.evaluate.nulls import NULL_ROWS
from kitae.evaluate.recipe import EvaluateRecipe, Row
from kitae.evaluate.scorecard import Score, Timing, row_of, scores
from kitae.evaluate.stage import place, prompt_digest

TUNED = Row(name="tuned.retrieval", model="tuned")
CLOSED = Row(name="tuned.closed", model="tuned", way="closed")


def test_every_question_is_asked_judged_and_written_down(workshop: Any, speaker: Callable[..., Any]) -> None:
    card = workshop.measure(TUNED, speaker())
    found = list(scores(card))
    assert card.kind == "scorecard"
    assert [score.question for score in found] == ["q1", "q2", "q3", "q4"]
    assert all(score.verdict.right for score in found)
    assert (found[0].text, found[0].answer) == ("2日です。[1]", "2日です。")
    assert found[0].cited == ("rules/a.md#0.0",)
    assert found[1].shown == ("rules/a.md#1.0", "rules/a.md#0.0")
    assert found[3].abstained
    assert row_of(card) == TUNED


def test_a_scorecard_says_what_its_scores_depend_on(workshop: Any, speaker: Callable[..., Any]) -> None:
    suite = workshop.suite()
    one = speaker()
    facts = workshop.measure(TUNED, one, [suite]).facts
    assert facts["identity"] == {"model": one.identity.model, "engine": "fake 1", "number_format": "int8"}
    assert facts["decoding"] == {"max_tokens": EvaluateRecipe().max_tokens, "temperature": 0.0, "seed": 0}
    assert facts["suites"] == {"company.unseen": {"content": suite.content, "kind": "unseen"}}
    assert facts["prompt"] == prompt_digest("ja") != prompt_digest("en")


def test_seconds_are_measured_and_belong_to_no_digest(
    workshop: Any, speaker: Callable[..., Any], tmp_path: Any
) -> None:
    slow = workshop.measure(TUNED, speaker(seconds=9.0))
    other = type(workshop)(tmp_path / "other")
    (tmp_path / "other").mkdir(exist_ok=True)
    fast = other.measure(TUNED, speaker(seconds=0.1))
    assert slow.content == fast.content
    seconds = [timing.seconds for timing in slow.rows("timings", Timing)]
    assert seconds == pytest.approx([9.0] * 4, abs=0.5)
    assert all(each > 9.0 for each in seconds)  # what the search took is in it
    assert slow.measured["answer_seconds"] == 36.0


def test_answers_have_the_highest_label_of_what_went_in(workshop: Any, speaker: Callable[..., Any]) -> None:
    assert workshop.measure(TUNED, speaker()).label is Label.CONFIDENTIAL
    assert workshop.measure(CLOSED, speaker()).label is Label.INTERNAL


def test_shots_pass_on_their_label_and_stand_in_the_prompt(
    workshop: Any, speaker: Callable[..., Any], make_dialogue: Callable[..., Dialogue]
) -> None:
    pool = [make_dialogue("a"), make_dialogue("b", "faq"), make_dialogue("u", "unanswerable", answerable=False)]
    one = speaker()
    row = Row(name="base.shots", model="base", shots=3)
    card = workshop.measure(row, one, shots=workshop.dialogues(pool))
    assert (card.label, card.groups, "CC0" in card.licences) == (Label.RESTRICTED, ("hr",), True)
    assert sorted(card.facts["shots"]) == ["a", "b", "u"]
    assert [message.role for message in one.prompts[0]] == ["system", *["user", "assistant"] * 3, "user"]


def test_a_closed_row_is_shown_nothing(workshop: Any, speaker: Callable[..., Any]) -> None:
    one = speaker()
    found = list(scores(workshop.measure(CLOSED, one)))
    assert all(score.shown == () for score in found)
    assert sorted(prompt[-1].content for prompt in one.prompts) == sorted(score.asked for score in found)
    assert found[0].invalid == ("[1]",)


def test_null_rows_need_no_model(workshop: Any) -> None:
    refuse, copy, first = ([s.verdict.right for s in scores(workshop.measure(row))] for row in NULL_ROWS)
    assert refuse == [False, False, False, True]
    assert copy == [False, False, True, False]  # the third passage is one short sentence
    assert first == [False, True, True, False]  # and so is the start of the second


def test_a_killed_evaluation_goes_on_and_ends_alike(workshop: Any, speaker: Callable[..., Any], tmp_path: Any) -> None:
    asked = [
        {
            "id": f"x{number}",
            "question": f"祖父が亡くなると何日休めますか。{'' if number == 0 else ' ' * number}",
            "answerable": True,
            "gold": ["2日"],
        }
        for number in range(BATCH + 8)
    ]
    assert len({question["question"] for question in asked}) == BATCH + 8
    suites = [workshop.suite(asked, "many")]
    with pytest.raises(KeyboardInterrupt):
        workshop.measure(CLOSED, speaker(dies_after=1), suites)
    resumed = speaker()
    card = workshop.measure(CLOSED, resumed, suites)
    assert len(resumed.prompts) == 8
    other = type(workshop)(tmp_path / "other")
    (tmp_path / "other").mkdir(exist_ok=True)
    assert other.measure(CLOSED, speaker(), [other.suite(asked, "many")]).content == card.content


def test_measuring_again_loads_no_model(workshop: Any, speaker: Callable[..., Any]) -> None:
    suites = [workshop.suite()]
    workshop.measure(TUNED, speaker(), suites)
    silent = speaker(dies_after=0)
    again = workshop.measure(Row(name="tuned.again", model="tuned"), silent, suites)
    assert len(list(again.rows("scores", Score))) == 4
    assert silent.prompts == []


@pytest.mark.parametrize(
    "changed",
    [Row(name="tuned.retrieval", model="tuned", shots=1), Row(name="tuned.retrieval", model="base"), CLOSED],
)
def test_another_row_has_another_place(changed: Row, speaker: Callable[..., Any]) -> None:
    identity = speaker().identity
    assert place(changed, identity) != place(TUNED, identity)


def test_another_engine_has_another_place(speaker: Callable[..., Any]) -> None:
    assert place(TUNED, speaker().identity) != place(TUNED, speaker(engine="fake 2").identity)


def test_a_cut_off_answer_says_so(workshop: Any, speaker: Callable[..., Any]) -> None:
    card = workshop.measure(TUNED, speaker({"q1": "長" * 20}), recipe=EvaluateRecipe(max_tokens=14))
    assert [score.finish for score in scores(card)] == ["length", "stop", "stop", "stop"]


def test_the_reader_s_groups_and_the_number_of_passages_reach_the_search(
    workshop: Any, speaker: Callable[..., Any]
) -> None:
    card = workshop.measure(TUNED, speaker(), recipe=EvaluateRecipe(passages=2, groups=("hr",)))
    assert {len(score.shown) for score in scores(card)} == {2}
    assert card.facts["passages"] == 2
    assert {asked[1:] for asked in workshop.searcher.asked} == {(2, ("hr",))}


def test_what_is_missing_is_a_mistake(workshop: Any, speaker: Callable[..., Any]) -> None:
    with pytest.raises(Mistake, match="needs the model `tuned`"):
        workshop.measure(TUNED)
    with pytest.raises(Mistake, match="there are no dialogues"):
        workshop.measure(Row(name="base.shots", model="base", shots=2), speaker())
    with pytest.raises(Mistake, match="no suite"):
        workshop.measure(TUNED, speaker(), [])
    with pytest.raises(Mistake, match="two suites are named"):
        workshop.measure(TUNED, speaker(), [workshop.suite(), workshop.suite()])
