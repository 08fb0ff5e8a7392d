from collections.abc import Callable

import pytest

from kitae.core.label import Label
from kitae.core.passage import Passage
from kitae.core.suite import Evidence, Question
from kitae.engine.grounding import read_answer
from kitae.evaluate.scoring import Verdict, char_f1, judge, supports


def passage(number: int, text: str, heading: str = "規程 > 条") -> Passage:
    return Passage(
        id=f"rules/a.md#{number}.0",
        document="rules/a.md",
        section=f"rules/a.md#{number}",
        heading=heading,
        text=text,
        label=Label.PUBLIC,
    )


LEAVE = passage(
    1,
    "従業員の父母、配偶者又は子が死亡したときは、5日の慶弔休暇を与える。祖父母の場合は2日とする。届出は3日以内とする。",
)
MONEY = passage(2, "通勤手当の上限は、1か月につき45,000円とする。ただし、短時間の従業員については20,000円とする。")
DUTY = passage(
    3, "試用期間中の従業員には、書籍購入補助を適用しない。試用期間が終わった後は、年に30,000円まで補助する。"
)
SHOWN = [LEAVE, MONEY, DUTY]


def question(id: str, asked: str, gold: tuple[str, ...], quote: str = "", kind: str = "") -> Question:
    evidence = (Evidence(file="a.md", quote=quote),) if quote else ()
    return Question(id=id, question=asked, answerable=bool(gold), gold=gold, evidence=evidence, kind=kind)


QUESTIONS = [
    question("q1", "祖父が亡くなりました。休みは何日ですか。", ("2日",), "祖父母の場合は2日とする"),
    question("q2", "電車代は月いくらまでですか。", ("45,000円",), "1か月につき45,000円とする"),
    question("q3", "試用中でも本の補助は使えますか。", ("適用しない", "使えません"), "書籍購入補助を適用しない"),
    question("q4", "社員食堂は何時に開きますか。", ()),
    question("q5", "家族手当は月いくらですか。", ()),
]
HONEST = {"q1": "2日です。[1]", "q2": "45,000円です。[2]", "q3": "使えません。[3]"}
NOT_TOLD = "資料には書かれていません。"


def verdicts(answer: Callable[[Question], str]) -> list[Verdict]:
    return [judge(each, read_answer(answer(each), SHOWN), SHOWN) for each in QUESTIONS]


def right(found: list[Verdict]) -> int:
    return sum(verdict.right for verdict in found)


def precision(found: list[Verdict]) -> float:
    return sum(v.supporting for v in found) / max(1, sum(v.cited for v in found))


def honest(asked: Question) -> str:
    return HONEST.get(asked.id, NOT_TOLD)


CHEATS: dict[str, Callable[[Question], str]] = {
    "always refuses": lambda q: NOT_TOLD,
    "copies the passage": lambda q: f"{LEAVE.text}[1]",
    "copies all passages": lambda q: "".join(p.text for p in SHOWN),
    "every number of the passages": lambda q: "5日、2日、3日、1か月、45,000円、20,000円、30,000円[1][2][3]",
    "every number there is": lambda q: "、".join(f"{n}日" for n in range(1, 12)),
    "every polarity": lambda q: "使えます。使えません。[3]",
    "echoes the question": lambda q: q.question,
    "echoes the question as an answer": lambda q: f"{q.question.removesuffix('ですか。')}です。[1]",
    "declines and answers": lambda q: f"書かれていませんが、{HONEST.get(q.id, '9時です。')}",
    "answers and declines": lambda q: f"{HONEST.get(q.id, '9時です。')}{NOT_TOLD}",
    "says nothing": lambda q: "",
    "only cites": lambda q: "[1][2][3]",
}


def test_an_honest_model_has_everything_right() -> None:
    found = verdicts(honest)
    assert right(found) == len(QUESTIONS)
    assert precision(found) == 1.0
    assert [v.supported for v in found] == [True, True, True, None, None]
    assert not any(v.false_answer or v.false_refusal for v in found)


@pytest.mark.parametrize("name", CHEATS)
def test_no_cheat_comes_near_an_honest_model(name: str) -> None:
    found = verdicts(CHEATS[name])
    assert right(found) <= 2
    assert right([v for v, q in zip(found, QUESTIONS, strict=True) if q.answerable]) <= 1


def test_citing_everything_costs_precision_and_the_unanswerable() -> None:
    found = verdicts(lambda q: honest(q).split("[")[0] + "[1][2][3]")
    assert precision(found) == pytest.approx(3 / 15)
    assert [v.right for v in found] == [True, True, True, False, False]
    assert found[3].why == "declines, but cites a passage as support"


def test_refusals_and_inventions_are_counted_apart() -> None:
    refused = verdicts(CHEATS["always refuses"])
    assert [v.false_refusal for v in refused] == [True, True, True, False, False]
    assert [v.right for v in refused] == [False, False, False, True, True]
    invented = verdicts(lambda q: "2日です。[1]")
    assert [v.false_answer for v in invented] == [False, False, False, True, True]


def test_a_refusal_that_names_a_number_all_the_same_is_an_answer() -> None:
    found = judge(QUESTIONS[4], read_answer("3,000円でよいか総務にご確認ください。資料には書かれていません。", []), [])
    assert (found.right, found.false_answer) == (False, True)


@pytest.mark.parametrize(
    ("answer", "is_right"),
    [
        ("就業規則に第60条はありません。", True),
        ("第60条は存在しません。", True),
        ("第60条は定められていません。第58条までです。", True),
        ("第60条には罰則が書かれています。", False),
        ("第60条では休みは3日しかありません。", False),
        ("そのような社員はいません。", False),
    ],
)
def test_correcting_a_wrong_premise_counts(answer: str, is_right: bool) -> None:
    asked = question("q", "就業規則の第60条には何が書いてありますか。", (), kind="wrong_premise")
    assert judge(asked, read_answer(answer, SHOWN), SHOWN).right is is_right


def test_a_flat_denial_is_a_claim_where_the_premise_is_not_wrong() -> None:
    asked = question("q", "家族手当は月いくらですか。", (), kind="missing_number")
    found = judge(asked, read_answer("家族手当はありません。", SHOWN), SHOWN)
    assert (found.right, found.false_answer) == (False, True)


def test_a_citation_of_what_was_not_shown_costs_precision() -> None:
    found = judge(QUESTIONS[0], read_answer("2日です。[1][7]", SHOWN), SHOWN)
    assert (found.cited, found.supporting, found.supported) == (2, 1, True)


def test_a_retrieval_miss_is_told_from_a_generation_miss() -> None:
    missed = judge(QUESTIONS[0], read_answer("9日です。[1]", [MONEY]), [MONEY])
    wrong = judge(QUESTIONS[0], read_answer("9日です。[1]", SHOWN), SHOWN)
    assert (missed.evidence_shown, wrong.evidence_shown) == (False, True)


def test_evidence_is_found_in_a_split_passage_if_the_larger_part_is_there() -> None:
    evidence = [Evidence(file="a.md", quote="祖父母の場合は2日とする。届出は3日以内とする。")]
    assert supports(passage(1, "祖父母の場合は2日とする。届出は"), evidence)
    assert not supports(passage(1, "届出は3日以内とする。"), evidence)


def test_evidence_through_markup() -> None:
    evidence = [Evidence(file="a.md", quote="<td>12日</td>\n   <td>14日</td> | **休暇の日数**")]
    assert supports(passage(1, "表 | 12日 | 14日 | 休暇の日数 |"), evidence)


def test_evidence_belongs_to_its_file() -> None:
    evidence = [Evidence(file="b.md", quote="祖父母の場合は2日とする")]
    assert not supports(LEAVE, evidence)
    other = LEAVE.model_copy(update={"document": "rules/bb.md"})
    assert not supports(other, evidence)
    assert supports(LEAVE.model_copy(update={"document": "rules/b.md"}), evidence)


def test_a_short_quote_needs_its_heading() -> None:
    evidence = [Evidence(file="a.md", heading="第40条　慶弔休暇", quote="2日")]
    assert not supports(LEAVE, evidence)
    assert supports(LEAVE.model_copy(update={"heading": "規則 > 第40条 慶弔休暇"}), evidence)


def test_character_f1_against_hand_computed_values() -> None:
    assert char_f1("2日", "2日") == 1.0
    assert char_f1("2日です", "2日") == pytest.approx(2 * 2 / (4 + 2))
    assert char_f1("３日", "2日") == pytest.approx(0.5)
    assert char_f1("", "2日") == 0.0
