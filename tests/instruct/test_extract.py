from __future__ import annotations

from collections.abc import Callable

import pytest

from kitae.core.document import Document
from kitae.instruct.candidate import Candidate
from kitae.instruct.extract import extract, repeated_topics, view_of

Read = Callable[..., Document]


def found(document: Document, number: int = 1) -> list[Candidate]:
    twice = repeated_topics(document)
    return extract(view_of(document, document.sections[number], twice=twice))[0]


def one(read: Read, body: str, heading: str = "第1条　届出") -> list[Candidate]:
    return found(read(f"# 規程\n\n### {heading}\n\n{body}\n", "x"))


@pytest.mark.parametrize(
    ("heading", "body", "kind", "question", "answer"),
    [
        (
            "第1条　定義",
            "1. 準社員とは、期間を定めて雇用された者をいう。",
            "definition",
            "準社員とは何ですか",
            "期間を定めて雇用された者です。",
        ),
        (
            "第2条　定義",
            "1. 準社員とは、期間を定めて雇用された者をいう。",
            "definition",
            "期間を定めて雇用された者を何といいますか",
            "準社員です。",
        ),
        ("第3条　定年", "1. 定年は、満62歳とする。", "article", "定年は何歳ですか", "満62歳です。"),
        (
            "第4条　図書補助",
            "1. 図書補助を希望する者は、購入日から10日以内に申請しなければならない。",
            "deadline",
            "図書補助の手続きはいつまでにすればいいですか",
            "購入日から10日以内です。",
        ),
        (
            "第5条　在宅勤務",
            "1. 在宅勤務を希望する者は、部長の承認を得なければならない。",
            "who",
            "在宅勤務には誰の承認が必要ですか",
            "部長です。",
        ),
        (
            "第6条　精算",
            "1. 出張した者は、旅費精算書を経理課に提出しなければならない。",
            "paper",
            "出張した者は、何を経理課に提出すればいいですか",
            "旅費精算書です。",
        ),
        (
            "第7条　勤怠",
            "1. 社員は、勤怠システム「はやて」で休暇を申請する。",
            "system",
            "どのシステムで休暇を申請しますか",
            "「はやて」です。",
        ),
        (
            "第8条　休業",
            "1. 本条による休業期間の賃金は無給とする。",
            "permission",
            "休業は有給ですか、無給ですか",
            "無給です。",
        ),
        (
            "第9条　打刻",
            "1. 他人に代わって打刻してはならない。",
            "permission",
            "他人に代わって打刻してもいいですか",
            "いいえ、打刻してはいけません。",
        ),
        (
            "第10条　副業",
            "1. 社員は、会社の許可を得て他の事業に従事することができる。",
            "permission",
            "他の事業に従事できますか",
            "はい、会社の許可を得て従事できます。",
        ),
        (
            "第11条　延長",
            "1. 会社は、業務が終わらないときは、期間を延長することがある。",
            "condition",
            "会社は、どのような場合に、期間を延長することがありますか",
            "業務が終わらないときです。",
        ),
        (
            "第12条　図書補助",
            "1. 図書補助は、技能職の社員のみを対象とする。",
            "who",
            "図書補助の対象は誰ですか",
            "技能職の社員です。",
        ),
        (
            "第13条　費用",
            "1. 健康診断の費用は、会社が負担する。",
            "who",
            "健康診断の費用は、誰が負担しますか",
            "会社です。",
        ),
    ],
)
def test_each_kind_of_fact_is_asked_and_answered(
    read: Read, heading: str, body: str, kind: str, question: str, answer: str
) -> None:
    candidates = one(read, body, heading)
    told = [way for c in candidates if (c.kind, c.answer) == (kind, answer) for way in c.questions]
    # In front of a question that names too little stands the heading: 精算について、…
    assert any(way.endswith(question) for way in told), [(c.kind, c.questions, c.answer) for c in candidates]


def test_a_table_answers_by_row_and_column(read: Read) -> None:
    rows = (
        "| 役職 | 日当（1日） | 宿泊費 |",
        "|---|---|---|",
        "| 部長 | 3,500円 | 12,000円 |",
        "| 課長 | 2,900円 | 実費 |",
    )
    body = "\n".join(("次の額とする。", "", *rows))
    told = {c.questions[0]: c.answer for c in one(read, body, "第2条　旅費")}
    assert told["旅費について、部長の1日の日当はいくらですか"] == "3,500円です。"
    assert told["旅費について、部長の宿泊費はいくらですか"] == "12,000円です。"
    assert told["旅費について、課長の宿泊費はいくらですか"] == "実費です。"


def test_a_table_without_a_head_tells_of_what_stands_above_it(read: Read) -> None:
    rows = ("        | 休暇日数 | 最大6日 |", "        | 届出 | 10日前までに届け出なければならない。 |")
    body = "\n".join(("1. 次の休暇を与える。", "    1. 本人が結婚するとき", "", *rows))
    told = {c.questions[0]: c.answer for c in one(read, body, "第2条　慶弔休暇")}
    assert told["本人が結婚するとき、慶弔休暇の休暇日数は最大何日ですか"] == "最大6日です。"


def test_a_short_list_is_answered_as_a_whole_and_a_long_one_item_by_item(read: Read) -> None:
    short = one(read, "1. 旅費は、次のとおりとする。\n    * 日当\n    * 交通費\n    * 宿泊費", "第2条　旅費の構成")
    assert ("旅費には何がありますか", "日当、交通費、宿泊費です。") in [(c.questions[0], c.answer) for c in short]
    many = one(
        read,
        "1. 次の費用は、実費を支給する。\n    * 旅券の手数料\n    * 予防注射の代金\n    * 通信費",
        "第3条　海外",
    )
    assert ("予防注射の代金は、実費が支給されますか", "はい、支給されます。") in [
        (c.questions[0], c.answer) for c in many
    ]


def test_a_faq_keeps_its_question_and_gives_only_the_answer(read: Read) -> None:
    text = "# 質問\n\n### Q. 作業服は何着もらえますか。\n\nA. 上下2着です。入社日に渡します。\n"
    (candidate,) = found(read(text, "x"))
    assert (candidate.questions, candidate.answer) == (("作業服は何着もらえますか",), "上下2着です。")


def test_a_question_that_does_not_name_its_matter_gets_the_heading(read: Read) -> None:
    candidates = one(read, "1. 6か月を限度とする。", "第4条　休職期間")
    assert any("休職期間" in way for c in candidates for way in c.questions)


def test_the_same_heading_twice_in_a_document_is_told_apart_by_the_chapter(read: Read) -> None:
    text = (
        "# 賃金規程\n\n## 第1章　正社員\n\n### 第1条　通勤手当\n\n1. 上限額は、月45,000円とする。\n\n"
        "## 第2章　臨時社員\n\n### 第2条　通勤手当\n\n1. 上限額は、月20,000円とする。\n"
    )
    document = read(text, "x")
    asked = [way for number in (2, 4) for c in found(document, number) for way in c.questions]
    assert any("正社員" in way for way in asked)
    assert any("臨時社員" in way for way in asked)


def test_english_facts_are_asked_in_english(read: Read) -> None:
    body = "Rinse the eye with running water for at least 20 minutes. Only the shift leader may release the stop."
    told = {c.questions[0]: c.answer for c in one(read, body, "Eyes")}
    assert told["For how long should I rinse the eye with running water?"] == "At least 20 minutes."
    assert told["Who may release the stop?"] == "Only the shift leader."


def test_every_fact_stands_in_its_section_and_no_question_holds_its_answer(handbook: list[Document]) -> None:
    seen = 0
    for document in handbook:
        for number, section in enumerate(document.sections):
            for candidate in found(document, number):
                seen += 1
                assert candidate.quote.split(" | ")[0].split("。")[0] in document.text
                assert candidate.fact.strip("「」") in document.section_text(section).replace("\n", "")
                if candidate.kind not in ("permission", "faq"):
                    assert not any(candidate.fact in way for way in candidate.questions)
    assert seen > 30
