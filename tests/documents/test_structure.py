import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitae.documents.decode import decode
from kitae.documents.html import read_html
from kitae.documents.markdown import read_markdown
from kitae.documents.numerals import number_of
from kitae.documents.plain import read_plain
from kitae.documents.structure import Part, Structured, structured

NUMERAL = "[一二三四五六七八九十百千〇]+"
ARTICLE = re.compile(rf"第{NUMERAL}条(?:[のノ]{NUMERAL})*")


def plain(text: str, name: str = "規則") -> Structured:
    return structured(read_plain(text), name=name, plain=True)


def markdown(text: str, name: str = "規則") -> Structured:
    return structured(read_markdown(text), name=name, plain=False)


def body(found: Structured, part: Part) -> str:
    return found.text[part.body : part.end].strip()


def outline(found: Structured) -> list[tuple[str, str, str]]:
    return [(part.kind, part.heading, body(found, part)) for part in found.parts]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("２０", 20),
        ("7", 7),
        ("十", 10),
        ("二十三", 23),
        ("百二", 102),
        ("千二百三十四", 1234),
        ("二〇", 20),
        ("百", 100),
    ],
)
def test_numerals_of_articles(written: str, value: int) -> None:
    assert number_of(written) == value


def test_articles_in_plain_text_with_the_caption_behind_the_number() -> None:
    found = plain(
        "品質手順書\n\n第１条（目的）\n　検査の方法を定める。\n\n"
        "第２条（校正）　測定器は毎年校正する。\n附則\n　四月から適用する。"
    )
    assert outline(found) == [
        ("lead", "", "品質手順書"),
        ("article", "第１条（目的）", "検査の方法を定める。"),
        ("article", "第２条（校正）", "測定器は毎年校正する。"),
        ("heading", "附則", "四月から適用する。"),
    ]


def test_a_caption_above_the_number_belongs_to_the_article() -> None:
    found = plain(
        "規則\n\n（目的）\n第一条\n\n　この規則は、休暇を定める。\n\n"
        "（地方自治法\nの特例）\n第二条　市町村長は、証明を行う。"
    )
    assert outline(found)[1:] == [
        ("article", "第一条（目的）", "この規則は、休暇を定める。"),
        ("article", "第二条（地方自治法の特例）", "市町村長は、証明を行う。"),
    ]
    assert found.text[found.parts[1].start :].startswith("（目的）\n第一条")


@pytest.mark.parametrize(
    "line",
    ["第20条　復職", "第4条 出張の区分", "第１０条の２　在宅勤務", "第二十条　復職", "第5条復職", "　第7条　通勤"],
)
def test_spellings_of_an_article(line: str) -> None:
    found = plain(f"規程\n\n{line}\n会社は、復職を命ずる。")
    assert outline(found)[-1] == ("article", line.strip(), "会社は、復職を命ずる。")


@pytest.mark.parametrize(
    "line",
    [
        "第二条第一項",
        "第八条の規定により定める額",
        "第十六条（第三条において準用する場合を含む。）の請求",
        "第三条及び第五条",
        "第三条から第七条まで",
        "　第五条　同条に掲げる事由が生じた時から解除された時までに生じた保険事故に係るものを除く。",
    ],
)
def test_a_mention_of_an_article_is_no_heading(line: str) -> None:
    found = plain(f"規程\n\n第一条　会社は、次の場合に支給する。\n\n{line}\n\nその他の場合")
    assert [part.heading for part in found.parts if part.kind == "article"] == ["第一条"]


def test_a_mention_that_a_line_end_cut_off_is_no_heading() -> None:
    found = plain(
        "規程\n\n第一条\n\n"
        "　会社は、他の法律\n（昭和二十二年法律第二十六号）第四条\nに規定する者及び\n第二条\nに規定する者に支給する。"
    )
    assert [part.heading for part in found.parts] == ["", "第一条"]


def test_articles_that_are_gone_are_headings() -> None:
    found = plain("規程\n\n第一条　定める。\n\n第二条　削除\n\n第三条から第五条まで\n\n　削除\n\n第六条　施行する。")
    assert outline(found)[2:4] == [("article", "第二条", "削除"), ("article", "第三条から第五条まで", "削除")]


def test_numbers_of_articles_in_a_table_are_no_headings() -> None:
    cells = "\n\n".join(["第三十五条", "事業年度", "第二条", "営業年度"])
    found = plain(f"規程\n\n第一条　読み替える。\n\n第二条　次の表による。\n\n{cells}\n\n第三条　施行する。")
    assert [part.heading for part in found.parts if part.kind == "article"] == ["第一条", "第二条", "第三条"]


def test_chapters_give_the_path_and_a_list_of_contents_does_not() -> None:
    found = plain(
        "規程\n\n　第一章　総則（第一条―第二条）\n　第二章　雑則\n　附則\n\n　　第一章　総則\n\n第一条　定める。\n\n"
        "　　第二章　雑則\n　　第一節　様式\n\n第二条　届け出る。\n\n　附　則　抄\n\n第一条　施行する。"
    )
    assert [part.path for part in found.parts if part.kind == "article"] == [
        ("規程", "第一章　総則", "第一条"),
        ("規程", "第二章　雑則", "第一節　様式", "第二条"),
        ("規程", "附　則　抄", "第一条"),
    ]
    assert [part.heading for part in found.parts].count("第二章　雑則") == 1


def test_articles_marked_in_markdown_are_not_looked_for_elsewhere() -> None:
    found = markdown(
        "# 規程\n\n## 第1章　総則\n\n### 第1条　目的\n\n1. 定める。\n\n第2条　これは本文\n\n### 第2条 範囲\n\n1. すべて"
    )
    assert [(part.kind, part.path) for part in found.parts] == [
        ("heading", ("規程",)),
        ("heading", ("規程", "第1章　総則")),
        ("article", ("規程", "第1章　総則", "第1条　目的")),
        ("article", ("規程", "第1章　総則", "第2条 範囲")),
    ]


def test_articles_that_markdown_does_not_mark_are_found() -> None:
    found = markdown("# 規程\n\n**第1条（目的）**\n定める。\n\n第2条（範囲）\nすべて")
    assert outline(found)[1:] == [("article", "第1条（目的）", "定める。"), ("article", "第2条（範囲）", "すべて")]


def test_questions_and_answers() -> None:
    found = markdown(
        "# よくある質問\n\n## 休暇\n\n### Q. いつ届け出ますか。\n\n"
        "A. 3日前までに。\n\n### 問２　残りは？\n\n画面で見られます。"
    )
    assert [(part.kind, part.heading) for part in found.parts[2:]] == [
        ("faq", "Q. いつ届け出ますか。"),
        ("faq", "問２　残りは？"),
    ]
    found = plain("質問集\n\nＱ１　休みは何日で\nすか。\nＡ１　5日です。\n\nQ：どこへ？\nA：総務課へ。")
    assert outline(found)[1:] == [
        ("faq", "Ｑ１　休みは何日ですか。", "Ａ１　5日です。"),
        ("faq", "Q：どこへ？", "A：総務課へ。"),
    ]


def test_a_question_without_an_answer_is_text() -> None:
    assert [part.kind for part in plain("連絡\n\nQ 部品の在庫\n\n倉庫にある。").parts] == ["lead"]


def test_numbered_lines_of_plain_text_are_headings_where_they_stand_alone() -> None:
    found = plain(
        "NOTE\n\n1. Before you enter\n\nWear glasses.\n\n2. Lifting\n\n"
        "Use the hoist.\n\n1. cap\n2. shoes\n\n3. gloves\n\n4. mask"
    )
    assert [part.heading for part in found.parts] == ["", "1. Before you enter", "2. Lifting"]


def test_marked_lines_of_plain_text_are_headings_by_order_of_their_style() -> None:
    found = plain("案内\n\n【申請】\n\n■ 手順\n窓口へ行く。\n\n■ 期限\n3日前。\n\n【返却】\n\n守衛所へ。")
    assert [part.path[1:] for part in found.parts] == [
        (),
        ("【申請】",),
        ("【申請】", "■ 手順"),
        ("【申請】", "■ 期限"),
        ("【返却】",),
    ]


def test_code_holds_no_headings() -> None:
    found = markdown("# 手順\n\n```\n# 第1条\n第2条　偽\n```\n")
    assert [part.heading for part in found.parts] == ["手順"]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("株式会社ちいさな会社\n検査手順書　第2版\n\n本文。", "検査手順書　第2版"),
        ("お知らせ\n\n本文。", "お知らせ"),
        ("この文書は、検査の方法を定めるものである。\n\n本文。", "検査手順書"),
        ("第1条　目的\n定める。", "検査手順書"),
    ],
)
def test_the_title_of_plain_text(text: str, title: str) -> None:
    assert plain(text, name="検査手順書").title == title


def test_the_title_of_markdown_is_its_first_h1_or_the_name_of_the_file() -> None:
    assert markdown("まえがき\n\n# 就業規則\n\n本文", name="001").title == "就業規則"
    assert markdown("## 本書について\n\n本文", name="保存期間").title == "保存期間"
    assert markdown("---\ntitle: 手引き\n---\n本文。", name="x").title == "手引き"


def test_text_is_normalised() -> None:
    found = plain("\ufeff題\r\n\r\n\r\n\r\nか\u3099行\u00a0です \u3000\r\nゼ\u200bロ")
    assert found.text == "題\n\nが行 です\nゼロ"


MARKUP = "# 規則/## 第1章　総則/### 第2条　範囲/| a | b |/```/---/> 引用/- 項目/<!--/-->/<table>/  # x  /`/**/[a](b)"
WORDS = (
    "第1条（目的）/（定義）/第二条/第三条　会社は、定める。/Q：何日？/A：5日。/■ 手順/1. Before//　/本文である。/附　則"
    "/か\u3099/\ufeff/a\tb  /別表第一（第二条関係）/第一章　総則/"
)
PIECES = st.sampled_from([*MARKUP.split("/"), *WORDS.split("/")])
TEXTS = st.one_of(st.lists(PIECES, max_size=25).map("\n".join), st.text(max_size=200))


@settings(deadline=None)
@given(TEXTS, st.sampled_from(["markdown", "plain", "html"]))
def test_sections_cover_the_text_without_overlap(text: str, kind: str) -> None:
    readers = {"markdown": read_markdown, "plain": read_plain, "html": read_html}
    found = structured(readers[kind](text), name="名", plain=kind == "plain")
    assert "".join(found.text[part.start : part.end] for part in found.parts) == found.text
    assert all(part.start <= part.body <= part.end for part in found.parts)
    assert all(part.start < part.end for part in found.parts)
    assert all(part.path[0] == found.title for part in found.parts)
    assert all((part.kind == "lead") == (part.heading == "") for part in found.parts)
    assert [part.kind for part in found.parts[1:]].count("lead") == 0


@settings(deadline=None)
@given(TEXTS)
def test_text_is_normalised_whatever_it_was(text: str) -> None:
    found = markdown(text)
    assert unicodedata.is_normalized("NFC", found.text)
    assert all(line == line.rstrip() for line in found.text.split("\n"))
    assert found.text == found.text.strip("\n")
    assert not {"\r", "\ufeff", "\u00a0"} & set(found.text)


@settings(deadline=None)
@given(st.lists(st.sampled_from(["本文である。", "二行目", "　字下げ", "終わり"]), min_size=1, max_size=8))
def test_plain_text_loses_nothing(rows: list[str]) -> None:
    text = "\n".join(rows)
    assert plain(text).text == text


def test_every_article_of_real_statutes_in_html_is_found(shared_data: Path) -> None:
    """The pages mark an article's number in bold, which the reader does not look at."""
    total = 0
    for file in sorted((shared_data / "statutes" / "html").glob("*.html")):
        page = decode(file.read_bytes(), declared="shift_jis").text
        bold = re.findall(rf"<B>(?:\s|<A[^>]*>)*({ARTICLE.pattern})(?:\s|</A>)*</B>", page, re.IGNORECASE)
        found = structured(read_html(page), name=file.stem, plain=False)
        articles = [ARTICLE.match(part.heading) for part in found.parts if part.kind == "article"]
        assert Counter(match[0] for match in articles if match) == Counter(bold), file.name
        total += len(bold)
    assert total == 1510


def test_real_statutes_in_plain_text_are_read_with_their_titles(shared_data: Path) -> None:
    files = sorted((shared_data / "statutes" / "text").glob("*.txt"))
    articles = 0
    for file in files[:120]:
        found = structured(read_plain(decode(file.read_bytes()).text), name=file.stem, plain=True)
        name = unicodedata.normalize("NFKC", file.stem)
        assert unicodedata.normalize("NFKC", found.title).startswith(name[:10])
        articles += sum(part.kind == "article" for part in found.parts)
    assert articles > 2500


def test_a_real_company_has_all_its_articles(shared_data: Path) -> None:
    for file in sorted((shared_data / "company" / "denkiyagi").glob("*.md")):
        text = file.read_text(encoding="utf-8")
        found = structured(read_markdown(text), name=file.stem, plain=False)
        text = re.sub(r"(?s)<!--.*?-->", "", text)
        written = [line.lstrip("#").strip() for line in text.splitlines() if line.startswith("#")]
        assert [part.heading for part in found.parts if part.kind != "lead"] == written
        articles = [part for part in found.parts if part.kind == "article"]
        assert len(articles) == len(re.findall(r"(?m)^### 第\d+条", text))
