from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitae.core.document import Document, Section
from kitae.core.label import Label
from kitae.core.mistakes import Mistake
from kitae.core.suite import Evidence, read_suite
from kitae.documents.lines import Reading
from kitae.documents.markdown import read_markdown
from kitae.documents.recipe import Source, SplitRecipe
from kitae.documents.split import Pages, with_sections
from kitae.documents.structure import structured

RULES = """# 休暇規程

## 第1章　総則

### 第1条　目的

1. この規程は、社員の休暇について必要な事項を定めるものである。

### 第2条　届出

1. 社員は、休暇を取る日の3日前までに、所属長に届け出て承認を受けなければならない。
2. 病気のときは、当日の始業時刻までに電話で所属長に連絡する。

## 第2章　特別休暇

### 第3条　慶弔

| 事由 | 日数 |
|---|---:|
| 本人の結婚 | **5日** |
| 配偶者の出産 | 2日 |

### 第4条　災害

1. 自宅が災害に遭ったときは、必要な期間の休暇を与える。
"""
COPY = """# 新人の手引き

## 休みかた

社員は、休暇を取る日の三日前までに、所属長に届け出て、承認を受けなければならない。病気のときは、当日の始業時刻までに電話で所属長へ連絡する。

## 食堂

定食は430円で、予約は午前9時30分までに入れる。麺類は360円で、予約は要らない。売店は午後2時に閉まる。
"""


def reading(office: Any) -> None:
    office.put("rules/休暇規程.md", RULES)
    office.put("guides/手引き.md", COPY)


def asked(quote: str, heading: str = "", file: str = "rules/休暇規程.md", id: str = "q1") -> dict[str, Any]:
    return {"id": id, "evidence": (Evidence(file=file, heading=heading, quote=quote),)}


def held(artifact: Any) -> dict[str, str]:
    return {row["section"].removeprefix("rules/"): row["why"] for row in artifact.raw("held_out")}


def document(text: str, id: str = "rules/a.md") -> Document:
    read: Reading = read_markdown(text)
    found = structured(read, name="a", plain=False)
    return Document(
        id=id,
        title=found.title,
        text=found.text,
        sections=tuple(
            Section(
                id=f"{id}#{number}",
                heading=part.heading,
                path=part.path,
                kind=part.kind,
                start=part.start,
                end=part.end,
                body=part.body,
            )
            for number, part in enumerate(found.parts)
        ),
        source="rules",
        licence="own",
        label=Label.INTERNAL,
    )


def test_the_section_of_the_evidence_and_its_near_copies_are_held_out(office: Any) -> None:
    reading(office)
    artifact = office.split(office.suite([asked("3日前までに、所属長に届け出て", "第2条　届出")]))
    found = held(artifact)
    assert found.keys() == {"rules/休暇規程.md#3", "guides/手引き.md#1"}
    assert found["rules/休暇規程.md#3"] == "evidence of q1"
    assert found["guides/手引き.md#1"].startswith("near-copy of rules/rules/休暇規程.md#3 (0.")
    assert "3日前" not in artifact.path("documents.jsonl").read_text(encoding="utf-8")
    assert "三日前" not in artifact.path("documents.jsonl").read_text(encoding="utf-8")


def test_what_is_left_keeps_its_ids_and_covers_its_text(office: Any) -> None:
    reading(office)
    artifact = office.split(office.suite([asked("3日前までに、所属長に届け出て")]))
    rules = next(d for d in artifact.rows("documents", Document) if d.title == "休暇規程")
    assert [int(section.id.rpartition("#")[2]) for section in rules.sections] == [0, 1, 2, 4, 5, 6]
    assert "".join(rules.section_text(section) for section in rules.sections) == rules.text
    assert rules.body_text(rules.sections[-1]) == "1. 自宅が災害に遭ったときは、必要な期間の休暇を与える。"


def test_the_whole_document_is_held_out_where_the_recipe_says_so(office: Any) -> None:
    reading(office)
    suite = office.suite([asked("3日前までに、所属長に届け出て", "第2条　届出")])
    artifact = office.split(suite, recipe=SplitRecipe(unit="document"))
    assert [d.id for d in artifact.rows("documents", Document)] == ["rules/guides/手引き.md"]
    assert artifact.facts["held_out_by"] == {"evidence": 1, "near-copy": 1, "same document": 6}


def sources() -> tuple[Source, ...]:
    return (
        Source(name="rules", path="docs/rules", label=Label.INTERNAL, groups=("all",)),
        Source(name="board", path="docs/board", label=Label.CONFIDENTIAL, groups=("all",)),
        Source(name="sales", path="docs/sales", label=Label.INTERNAL, groups=("sales",)),
    )


@pytest.mark.parametrize(
    ("recipe", "trained", "label", "groups"),
    [
        (SplitRecipe(), ["board/b.md", "rules/a.md"], Label.CONFIDENTIAL, ("all",)),
        (SplitRecipe(label=Label.INTERNAL), ["rules/a.md"], Label.INTERNAL, ("all",)),
        (
            SplitRecipe(label=Label.INTERNAL, groups=("sales",)),
            ["rules/a.md", "sales/c.md"],
            Label.INTERNAL,
            ("sales",),
        ),
    ],
)
def test_what_the_users_may_not_read_is_not_trained_on(
    office: Any, recipe: SplitRecipe, trained: list[str], label: Label, groups: tuple[str, ...]
) -> None:
    for name in ("rules/a.md", "board/b.md", "sales/c.md"):
        office.put(
            name, f"# {name}\n\n{name}には、十分に長い本文が書いてある。窓口は総務課で、毎週水曜日に受け付ける。\n"
        )
    artifact = office.split(recipe=recipe.model_copy(update={"held_out": 0.0}), documents=office.read(*sources()))
    assert sorted(d.id for d in artifact.rows("documents", Document)) == trained
    assert (artifact.label, artifact.groups) == (label, groups)
    reasons = {row["reason"] for row in artifact.raw("held_out")}
    assert reasons == {"label", "groups"} - ({"label"} if label is Label.CONFIDENTIAL else set()) - (
        {"groups"} if "sales/c.md" in trained else set()
    )


def test_a_quote_with_the_marks_of_the_file_is_found(office: Any) -> None:
    reading(office)
    artifact = office.split(office.suite([asked("| 本人の結婚 | **5日**  |\n| 配偶者の出産", "第3条　慶弔")]))
    assert held(artifact).keys() == {"rules/休暇規程.md#5"}


def test_a_quote_over_several_sections_holds_all_of_them(office: Any) -> None:
    reading(office)
    artifact = office.split(office.suite([asked("2日 |\n\n### 第4条　災害\n\n1. 自宅が災害に遭ったとき")]))
    assert held(artifact).keys() == {"rules/休暇規程.md#5", "rules/休暇規程.md#6"}


def test_the_heading_decides_among_places_and_without_it_all_are_held(office: Any) -> None:
    office.put("a.md", "# 表\n\n## 甲\n\n手当は5,000円\n\n## 乙\n\n手当は5,000円\n\n## 丙\n\n別の文です。")
    with_heading = office.split(office.suite([asked("5,000円", "乙", "a.md")], name="one"))
    assert [row["section"] for row in with_heading.raw("held_out")] == ["rules/a.md#2"]
    without = office.split(office.suite([asked("5,000円", "", "a.md")], name="two"))
    assert [row["section"] for row in without.raw("held_out")] == ["rules/a.md#1", "rules/a.md#2"]
    wrong = office.split(office.suite([asked("5,000円", "丁", "a.md")], name="three"))
    assert [row["section"] for row in wrong.raw("held_out")] == ["rules/a.md#1", "rules/a.md#2"]


def test_the_heading_may_be_one_further_up(office: Any) -> None:
    text = "# 期間\n\n## 国税\n\n### 義務\n\n7年間。\n\n## 雇用\n\n### 義務\n\n7年間。\n\n## 他\n\nなし。"
    office.put("a.md", text)
    artifact = office.split(office.suite([asked("7年間。", "雇用", "a.md")]))
    assert [row["section"] for row in artifact.raw("held_out")] == ["rules/a.md#4"]


def test_evidence_without_a_quote_is_all_that_stands_under_its_heading(office: Any) -> None:
    reading(office)
    artifact = office.split(office.suite([asked("", "第4条　災害")]))
    assert held(artifact).keys() == {"rules/休暇規程.md#6"}


def test_another_section_with_the_same_sentence_is_held_out(office: Any) -> None:
    reading(office)
    long = "昼休みは正午からで、食堂が混むので時間をずらしてよい。来客があるときは交代で取る。" * 3
    office.put(
        "note.md",
        f"# 控え\n\n## 一\n\n{long}病気のときは、当日の始業時刻までに電話で所属長に連絡する。\n\n## 二\n\n別の話。",
    )
    artifact = office.split(office.suite([asked("当日の始業時刻までに電話で", "第2条　届出")]))
    assert held(artifact)["note.md#1"] == "has the sentence that is evidence of q1"


def test_questions_about_known_documents_hold_nothing_out(office: Any) -> None:
    reading(office)
    artifact = office.split(office.suite([asked("3日前までに")], kind="known"))
    assert list(artifact.raw("held_out")) == []
    assert artifact.facts["characters_left"] == artifact.facts["characters"]


def test_quotes_that_are_not_found_are_told_and_too_many_stop_the_run(office: Any) -> None:
    reading(office)
    good = [asked("第1条", id=f"q{number}") for number in range(5)]
    wrong = asked("そんな文はない", id="q9")
    artifact = office.split(office.suite([*good, wrong], name="one"))
    (row,) = (row for row in artifact.raw("ledger") if row["outcome"] == "not found")
    assert (row["question"], row["why"]) == ("q9", "it does not stand there")
    assert any("1 of 6 quotes" in said for said in office.heard.said)
    with pytest.raises(Mistake, match="2 of 2 quotes") as caught:
        office.split(office.suite([wrong, asked("第1条", file="x.md")], name="two"))
    assert "x.md" in caught.value.where


def test_questions_without_evidence_are_told(office: Any) -> None:
    reading(office)
    office.split(office.suite([asked("第1条　目的"), {"id": "q2"}]))
    assert any("1 answerable questions name no evidence" in said and "q2" in said for said in office.heard.said)


def test_a_document_of_which_nothing_is_left_is_dropped_and_told(office: Any) -> None:
    reading(office)
    office.put("one.md", "# 一枚\n\n## 規則\n\n駐車場は先着順で、一か月700円。\n")
    artifact = office.split(office.suite([asked("700円", file="one.md")]))
    assert "rules/one.md" not in [d.id for d in artifact.rows("documents", Document)]
    assert [row["document"] for row in artifact.raw("ledger")] == ["rules/one.md"]
    assert artifact.facts["documents"] - artifact.facts["documents_left"] == 1


def test_a_suite_that_takes_everything_is_a_mistake(office: Any) -> None:
    office.put("one.md", "# 一枚\n\n駐車場は先着順で、一か月700円。\n")
    with pytest.raises(Mistake, match="nothing is left"):
        office.split(office.suite([asked("700円", file="one.md")]))


def test_without_a_suite_a_share_is_drawn_by_the_hash_of_the_ids(office: Any, other_office: Any) -> None:
    body = "ここには十分に長い文があり、何をいつまでにするかが書いてある。番号は{}である。窓口は総務課。"
    words = [f"{number}-{number * 7919}" for number in range(300)]
    text = "# 手引き\n\n" + "\n\n".join(f"## 項{n}\n\n{w * 9}\n{body.format(w)}" for n, w in enumerate(words))
    for each in (office, other_office):
        each.put("a.md", text)
    one = office.split(recipe=SplitRecipe(near_copy=1.0))
    two = other_office.split(recipe=SplitRecipe(near_copy=1.0))
    assert one.content == two.content
    assert 15 <= one.facts["held_out_by"]["lot"] <= 50
    assert list(office.split(recipe=SplitRecipe(held_out=0.0)).raw("held_out")) == []


def test_at_least_one_section_is_drawn(office: Any) -> None:
    office.put("a.md", RULES)
    assert office.split(recipe=SplitRecipe(held_out=0.001)).facts["held_out_by"]["lot"] == 1


def test_the_reasons_are_no_part_of_the_content(office: Any) -> None:
    reading(office)
    one = office.split(office.suite([asked("3日前までに、所属長に届け出て")], name="one"))
    two = office.split(office.suite([asked("3日前までに、所属長に届け出て", id="other")], name="two"))
    assert one.id != two.id
    assert one.content == two.content


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["# 題", "## 章", "### 第1条　目的", "本文。", "", "- 項目", "| a | b |"]), max_size=20),
    st.data(),
)
def test_parts_of_a_document_stay_as_they_are(lines: list[str], data: st.DataObject) -> None:
    whole = document("\n".join(lines))
    names = [section.id for section in whole.sections]
    wanted = data.draw(st.sets(st.sampled_from(names))) if names else set()
    rest = with_sections(whole, wanted)
    said = [s for s in whole.sections if s.id in wanted and any(c.isalnum() for c in whole.body_text(s))]
    if rest is None:
        assert said == []
        return
    before = {section.id: section for section in whole.sections}
    assert [section.id for section in rest.sections] == [name for name in names if name in wanted]
    assert "".join(rest.section_text(section) for section in rest.sections) == rest.text
    for section in rest.sections:
        assert rest.body_text(section) == whole.body_text(before[section.id])
        assert rest.section_text(section).rstrip() == whole.section_text(before[section.id]).rstrip()


def test_a_real_company_and_its_questions(office: Any, shared_data: Path) -> None:
    company = shared_data / "company"
    artifact = office.read(Source(name="denkiyagi", path=str(company / "denkiyagi")))
    suite = read_suite(company / "denkiyagi.questions.jsonl", name="denkiyagi", kind="unseen")
    pages = Pages(list(artifact.rows("documents", Document)))
    for question in suite.questions:
        for evidence in question.evidence:
            quote = pages.locate(suite.name, question.id, evidence)
            assert quote.why_not == "", question.id
            for name in quote.sections:
                _, section = pages.sections[name]
                assert name.startswith(f"denkiyagi/{evidence.file}#")
                assert evidence.heading in (section.heading, *section.path), question.id
    questions = [question.model_dump(exclude={"question", "answerable", "gold"}) for question in suite.questions]
    split = office.split(office.suite(questions), documents=artifact)
    facts = split.facts
    assert (facts["quotes"], facts["quotes_not_found"], facts["documents_left"]) == (85, 0, 10)
    assert 40 <= facts["held_out"] <= 60
    assert facts["characters_left"] > 0.5 * facts["characters"]
    text = " ".join("".join(d.text.split()) for d in split.rows("documents", Document))
    for question in suite.questions:
        for evidence in question.evidence:
            if "<" not in evidence.quote and len(evidence.quote) > 25:
                assert "".join(evidence.quote.split()) not in text, question.id
