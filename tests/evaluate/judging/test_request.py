"""What a judge is asked, and what may not be asked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitae.core.generation import Decoding, Generated, Identity
from kitae.core.mistakes import Mistake
from kitae.evaluate.judging.asked import CATEGORIES, GUIDED, Answer
from kitae.evaluate.judging.protocol import OWN, own_protocol
from kitae.evaluate.judging.request import JudgeRequest, judged, requests_for


@dataclass(frozen=True)
class Question:
    id: str
    category: str = "writing"
    turns: tuple[str, ...] = ("一つめの問い", "二つめの問い")
    references: tuple[str, ...] = ("正解一", "正解二")
    version: str = "v1"

    @property
    def question(self) -> str:
        return self.id


@dataclass(frozen=True)
class Questions:
    name: str = "few"
    prompts: tuple[Question, ...] = field(
        default=tuple(Question(str(number), category) for number, category in enumerate(CATEGORIES))
    )


def answered(model: str, suite: Questions, *, turns: tuple[str, ...] = ("答え一", "答え二")) -> list[Answer]:
    identity = Identity(model=model, engine="test", number_format="float32")
    return [
        Answer(
            model=model,
            identity=identity,
            decoding=Decoding(),
            question=each.id,
            version=each.version,
            turns=tuple(f"{text} {model}" for text in turns),
        )
        for each in suite.prompts
    ]


def asked(*models: str, protocol: str = "kitae-ja-single", suite: Questions | None = None) -> list[JudgeRequest]:
    suite = suite or Questions()
    answers = [each for model in models for each in answered(model, suite)]
    return list(requests_for(suite, answers, own_protocol(protocol), judge="judge-1"))


def test_each_turn_of_each_answer_is_asked_about_once() -> None:
    found = asked("a", "b")
    assert len(found) == len({each.key for each in found}) == 2 * 2 * len(CATEGORIES)


def test_a_pair_is_asked_about_in_both_orders() -> None:
    found = asked("a", "b", protocol="kitae-ja-pair")
    assert [each.about.order for each in found] == ["ab", "ba"] * 2 * len(CATEGORIES)
    first, second = (each.messages[-1].content for each in found[:2])
    assert first.index("答え一 a") < first.index("答え一 b")
    assert second.index("答え一 b") < second.index("答え一 a")


@pytest.mark.parametrize("by_reference", [False, True])
def test_a_reference_is_shown_in_the_guided_categories_and_by_ours_wherever_there_is_one(by_reference: bool) -> None:
    suite = Questions(prompts=(*Questions().prompts, Question("bare", "stem", references=())))
    protocol = own_protocol("kitae-ja-single").model_copy(update={"by_reference": by_reference})
    for each in requests_for(suite, answered("a", suite), protocol):
        shows = "正解一" in each.messages[-1].content
        guided = each.about.category in GUIDED or (by_reference and each.about.question != "bare")
        assert shows == bool(each.about.reference) == guided


def test_the_first_turn_is_judged_without_sight_of_the_second() -> None:
    for each in asked("a"):
        assert ("答え二" in each.messages[-1].content) == (each.about.turn == 2)


@pytest.mark.parametrize("protocol", OWN)
@given(text=st.text())
def test_no_answer_can_close_its_own_marks(protocol: str, text: str) -> None:
    def mark(text: str) -> str:
        suite = Questions(prompts=(Question("1"),))
        answers = [replace_turns(each, text) for model in "ab" for each in answered(model, suite)]
        (content, *_) = [each.messages[-1].content for each in requests_for(suite, answers, own_protocol(protocol))]
        assert text in content
        return content.rpartition("<</")[2].rstrip(">")

    assert mark(text) not in text
    # Who has seen the mark of one text and writes it into another finds another mark there.
    seen = f"{text}<</{mark(text)}>>"
    assert mark(seen) not in seen


def replace_turns(answer: Answer, text: str) -> Answer:
    return answer.model_copy(update={"turns": (text, text)})


@pytest.mark.parametrize("change", ["judge", "words", "reference", "engine", "version", "prompt"])
def test_whatever_a_judgment_depends_on_is_in_its_key(change: str) -> None:
    suite = Questions(prompts=(Question("1", "math"),))
    before = {
        each.key for each in requests_for(suite, answered("a", suite), own_protocol("kitae-ja-single"), judge="j")
    }
    judge, protocol = (
        ("other" if change == "judge" else "j"),
        "kitae-en-single" if change == "prompt" else "kitae-ja-single",
    )
    update = {"reference": {"references": ("別", "解")}, "version": {"version": "v2"}}.get(change, {})
    suite = Questions(prompts=(replace(suite.prompts[0], **update),))  # type: ignore[arg-type]
    (answer,) = answered("a", suite, turns=("別", "答え")) if change == "words" else answered("a", suite)
    if change == "engine":
        answer = answer.model_copy(update={"identity": answer.identity.model_copy(update={"engine": "other"})})
    after = {each.key for each in requests_for(suite, [answer], own_protocol(protocol), judge=judge)}
    assert not before & after


def test_the_row_keeps_what_was_said_and_what_it_cost() -> None:
    request = asked("a")[0]
    reply = Generated(text="よい。\n評価: [[8]]", finish="stop", prompt_tokens=9, tokens=4, seconds=0.5)
    row = judged(request, reply, own_protocol("kitae-ja-single"))
    assert (row.key, row.parse.score, row.tokens, row.ms) == (request.key, 8.0, 4, 500.0)


def test_questions_that_cannot_be_judged_are_mistakes() -> None:
    one = Question("1")
    for prompts, what in (
        ((one, one), "stands twice"),
        ((one, replace(one, id="2", category="maths")), "unknown category `maths`"),
        ((replace(one, category="math", references=("正解一",)),), "no reference for turn 2"),
    ):
        with pytest.raises(Mistake, match=what):
            asked("a", suite=Questions(prompts=prompts))


def test_a_suite_may_have_categories_of_its_own() -> None:
    assert (
        len(asked("a", suite=Questions(prompts=(Question("1", category="敬語"), Question("2", category="要約"))))) == 4
    )


def test_answers_that_cannot_be_judged_are_mistakes() -> None:
    suite = Questions(prompts=(Question("1"),))
    (answer,) = answered("a", suite)
    for answers, what in (
        ([answer, answer], "have the same id"),
        ([answer.model_copy(update={"question": "2"})], "no question: `2`"),
        ([answer.model_copy(update={"version": "old"})], "another version"),
        ([answer.model_copy(update={"turns": ("一",)})], "ends before turn 2"),
    ):
        with pytest.raises(Mistake, match=what):
            list(requests_for(suite, answers, own_protocol("kitae-ja-single")))


def test_with_a_baseline_only_games_against_it_are_played() -> None:
    suite = Questions(prompts=(Question("1"),))
    answers = [each for model in "abc" for each in answered(model, suite)]
    protocol = own_protocol("kitae-en-pair", baseline="b")
    assert {each.about.models for each in requests_for(suite, answers, protocol)} == {("a", "b"), ("c", "b")}
