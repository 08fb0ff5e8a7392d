from __future__ import annotations

import re

from kitae.core.document import Document
from kitae.core.label import Label
from kitae.core.passage import Passage
from kitae.instruct.absent import MORE, OUTSIDE, more_about, outside
from kitae.instruct.candidate import Candidate, Context
from kitae.instruct.facts import Fact
from kitae.instruct.unanswerable import Open, Topic, about_nothing, asked_more, carried_over, of_relatives, thinned


def passage(number: int, heading: str, text: str) -> Passage:
    return Passage(
        id=f"x#{number}.0", document="x", section=f"x#{number}", heading=heading, text=text, label=Label.INTERNAL
    )


def fact(handbook: list[Document], question: str, topic: str, gold: Passage, kind: str = "article") -> Fact:
    candidate = Candidate(questions=(question,), answer="3日です。", fact="3日", kind=kind, quote=gold.text, unit="日")
    return Fact(gold.section, handbook[0], Context("規則", topic), candidate, (gold,))


def topic(passage: Passage) -> Topic:
    return Topic(passage.heading, passage.section, (passage,))


BOOK = passage(1, "図書補助", "図書補助は、購入日から10日以内に申請する。")
COURSE = passage(2, "研修補助", "研修補助は、参加費を補助する。")
SPORT = passage(3, "運動補助", "運動補助は、月末の5日前までに申請する。")


def test_a_question_is_carried_over_only_to_a_topic_that_has_no_such_value(handbook: list[Document]) -> None:
    facts = [fact(handbook, "図書補助はいつまでに申請すればいいですか", "図書補助", BOOK)]
    topics = [topic(p) for p in (BOOK, COURSE, SPORT)]
    found = list(carried_over(facts, topics, [BOOK, COURSE, SPORT]))
    assert [(o.question, o.shown) for o in found] == [("研修補助はいつまでに申請すればいいですか", (COURSE,))]


def test_what_another_passage_tells_about_the_topic_is_not_asked(handbook: list[Document]) -> None:
    facts = [fact(handbook, "図書補助はいつまでに申請すればいいですか", "図書補助", BOOK)]
    elsewhere = passage(4, "期限", "研修補助の申請は、研修の日から5日以内とする。")
    assert not list(carried_over(facts, [topic(BOOK), topic(COURSE)], [BOOK, COURSE, elsewhere]))


def test_what_holds_for_parents_is_asked_for_relatives_that_nobody_names(handbook: list[Document]) -> None:
    gold = passage(1, "慶弔休暇", "| 父母が死亡したとき | 5日 |")
    row = fact(handbook, "父母が死亡したとき、慶弔休暇は何日ですか", "慶弔休暇", gold, kind="table")
    (found,) = of_relatives([row], [gold])
    assert re.match(r"(?:いとこ|おじ|おば|甥|姪)が死亡したとき", found.question)
    named = passage(2, "慶弔休暇", "いとこ、おじ、おば、甥及び姪には与えない。")
    assert not list(of_relatives([row], [gold, named]))


def test_more_is_asked_about_a_topic_only_where_no_text_tells() -> None:
    assert any("税金" in question for question in more_about("図書補助", [BOOK.text]))
    assert not any("税金" in question for question in more_about("図書補助", [BOOK.text, "図書補助に税は課されない。"]))


def test_a_company_is_not_asked_about_what_it_writes_about() -> None:
    assert "社員食堂のランチはいくらですか" in outside(["就業規則"])
    assert "社員食堂のランチはいくらですか" not in outside(["食堂は正午に開く。"])


def test_every_question_of_the_pool_is_excluded_by_its_own_words() -> None:
    for absent in OUTSIDE:
        assert absent.question not in outside([absent.question]), absent.question
    for absent in MORE:
        assert absent.of, absent.question


def test_a_frame_is_asked_of_two_topics_at_most() -> None:
    topics = [topic(passage(n, f"{name}手当", f"{name}手当を支給する。")) for n, name in enumerate("甲乙丙丁戊")]
    shown = [p for t in topics for p in t.passages]
    found = thinned(list(asked_more(topics, shown)), a_section=20)
    frames = [o.frame for o in found]
    assert found
    assert max(frames.count(frame) for frame in frames) == 2


def test_thinning_keeps_each_question_once() -> None:
    twice = [Open("unanswerable.other", "同じですか", "x#1"), Open("unanswerable.other", "同じですか", "x#2")]
    assert len(thinned(twice)) == 1


def test_questions_about_nothing_belong_to_no_section() -> None:
    assert {o.section for o in about_nothing([BOOK])} == {""}
