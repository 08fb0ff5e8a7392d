"""The page of what judges said: what may be compared stands together, and nothing else does."""

from __future__ import annotations

from decimal import Decimal

from kitae.core.generation import Decoding, Generated, Identity
from kitae.core.quantity import Money
from kitae.evaluate.judging.asked import Answer
from kitae.evaluate.judging.protocol import own_protocol
from kitae.evaluate.judging.request import Judgment, judged, requests_for
from kitae.evaluate.own.items import Prompt
from kitae.report.examined import Board, boards
from kitae.report.page import view

SUITE = [
    Prompt(id="w1", question="w1", category="writing", turns=("<b>案内文</b>を書いて", "短くして")),
    Prompt(id="w2", question="w2", category="writing", turns=("お礼を書いて", "丁寧にして")),
]
PROTOCOL = own_protocol("kitae-ja-single")


class Suite:
    name = "office"
    prompts = SUITE


def answers(model: str) -> list[Answer]:
    identity = Identity(model=model, engine="e", number_format="n")
    return [
        Answer(
            model=model,
            identity=identity,
            decoding=Decoding(),
            question=prompt.id,
            version=prompt.version,
            turns=(f"{model}の答え一", f"{model}の答え二<script>"),
        )
        for prompt in SUITE
    ]


def judgments(model: str, words: str, judge: str = "j") -> list[Judgment]:
    reply = Generated(text=words, finish="stop", prompt_tokens=100, tokens=20, seconds=1.5)
    money = Money(amount=Decimal("0.01"), currency="USD")
    requests = requests_for(Suite(), answers(model), PROTOCOL, judge=judge)
    return [judged(request, reply, PROTOCOL, money) for request in requests]


def shown(*rows: list[Judgment], models: str = "ab") -> list[Board]:
    said = {answer.key: answer for model in models for answer in answers(model)}
    return boards([row for each in rows for row in each], said, {("office", each.id): each.turns for each in SUITE})


def test_a_board_ranks_its_models_and_shows_every_answer_with_the_words_of_the_judge() -> None:
    (board,) = shown(judgments("a", "良い。\n評価: [[8]]"), judgments("b", "惜しい。\n評価: [[5]]"))
    assert [(line.model, line.tally.mean_published, line.cost) for line in board.lines] == [
        ("a", 8.0, "$0.04"),
        ("b", 5.0, "$0.04"),
    ]
    first = board.questions[0]
    assert [(each.model, each.answer, each.score) for each in first.of_turn(1)] == [
        ("a", "aの答え一", 8.0),
        ("b", "bの答え一", 5.0),
    ]
    assert first.spread == 3.0 and not first.failed
    assert board.categories == ["writing"]


def test_scores_of_two_judges_are_never_in_one_table() -> None:
    found = shown(judgments("a", "評価: [[8]]"), judgments("a", "評価: [[3]]", judge="k"))
    assert [(board.judge, len(board.lines)) for board in found] == [("j", 1), ("k", 1)]


def test_what_could_not_be_read_is_counted_and_bounds_the_mean() -> None:
    (board,) = shown(judgments("a", "評価: [[8]]")[:2] + judgments("a", "言えません")[2:])
    (line,) = board.lines
    assert board.unreadable == 2
    assert (line.tally.n_failed, line.tally.mean_low, line.tally.mean_high) == (2, 4.5, 9.0)
    assert line.tally.meaningless
    assert [question.failed for question in board.questions] == [False, True]


def test_an_answer_that_the_records_have_lost_leaves_the_judgment() -> None:
    (board,) = shown(judgments("a", "評価: [[8]]"), models="b")
    assert {each.answer for question in board.questions for each in question.rated} == {""}
    assert board.lines[0].tally.mean_published == 8.0


def test_the_page_holds_everything_and_no_text_of_a_model_is_markup() -> None:
    page = view("例", "ja", shown(judgments("a", "<i>良い</i>\n評価: [[8]]")))
    assert page.count('class="answer"') == 4
    assert "<b>案内文" not in page and "&lt;b&gt;案内文" in page
    assert "答え二<script>" not in page and "<i>良い" not in page
    assert page == view("例", "ja", shown(judgments("a", "<i>良い</i>\n評価: [[8]]")))


def test_without_judgments_the_page_says_so() -> None:
    assert "There are no judgments yet." in view("example", "en", [])
