from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitae.core.document import Document, Section
from kitae.core.label import Label
from kitae.knowledge.split import passages, pieces

LINES = st.one_of(
    st.just(""),
    st.text("あ文字ー々。、！」（） ab1", max_size=70),
    st.text("休暇を届け出る。", min_size=80, max_size=300),
    st.integers(1, 30).map(lambda n: f"{n}. 届出は、次のとおりとする。"),
    st.integers(1, 30).map(lambda n: f"    * {'書類' * n}"),
    st.integers(1, 9).map(lambda n: f"（{n}）承認を得た者"),
    st.integers(1, 30).map(lambda n: f"| {'金額' * n} | {n},000円 |"),
    st.just("|---|---|"),
)
BODIES = st.lists(LINES, max_size=40).map("\n".join)

TABLE = "\n".join(["| 役職 | 日当 |", "|---|---|", *(f"| 第{n}課の課長補佐 | {n},500円 |" for n in range(1, 31))])
ITEMS = "\n".join(f"    {n}. 届け出ずに持ち場を離れ、または作業を止めたとき（{n}号）" for n in range(1, 21))
LIST = f"1. 会社は賞罰を行う。次の各号のいずれかに当たる者は、戒告とする。\n{ITEMS}\n2. 前項のほかは、別に定める。"


def document(text: str, sections: tuple[Section, ...]) -> Document:
    return Document(
        id="rules/a.md",
        title="就業規則",
        text=text,
        sections=sections,
        source="rules",
        licence="own",
        label=Label.CONFIDENTIAL,
        groups=("hr",),
    )


def section(number: int, start: int, body: int, end: int, *path: str) -> Section:
    return Section(
        id=f"rules/a.md#{number}", heading=path[-1], path=path, kind="article", start=start, end=end, body=body
    )


@given(BODIES, st.integers(80, 500))
@settings(max_examples=150, deadline=None)
def test_the_pieces_cover_the_body_in_order(body: str, characters: int) -> None:
    found = pieces(body, characters=characters)
    assert "".join(body[piece.start : piece.end] for piece in found) == (body if body.strip() else "")


@given(BODIES, st.integers(80, 500))
@settings(max_examples=100, deadline=None)
def test_the_text_of_the_pieces_says_all_that_the_body_says(body: str, characters: int) -> None:
    said = "".join(piece.text(body).removeprefix(piece.repeated) for piece in pieces(body, characters=characters))
    assert "".join(said.split()) == "".join(body.split())


@given(BODIES, st.integers(80, 500))
@settings(max_examples=100, deadline=None)
def test_a_piece_is_no_longer_than_asked_unless_a_table_needs_its_header(body: str, characters: int) -> None:
    for piece in pieces(body, characters=characters):
        room = characters + (len(piece.repeated) + 1 if piece.repeated.startswith("|") else 0)
        assert len(piece.text(body)) <= room


def test_a_section_that_fits_is_one_passage() -> None:
    text = "第1条　目的\nこの規則は、勤務の条件を定める。\n第2条　適用\n社員に適用する。"
    second = text.index("第2条")
    found = passages(
        document(
            text,
            (
                section(0, 0, text.index("この"), second, "就業規則", "第1章　総則", "第1条　目的"),
                section(1, second, text.index("社員"), len(text), "就業規則", "第1章　総則", "第2条　適用"),
            ),
        )
    )
    assert [p.text for p in found] == ["この規則は、勤務の条件を定める。", "社員に適用する。"]
    assert [p.id for p in found] == ["rules/a.md#0.0", "rules/a.md#1.0"]
    assert found[1].heading == "就業規則 > 第1章　総則 > 第2条　適用"
    assert (found[0].label, found[0].groups, found[0].section) == (Label.CONFIDENTIAL, ("hr",), "rules/a.md#0")


def test_a_section_without_a_body_yields_nothing() -> None:
    text = "第1章　総則\n\n"
    assert passages(document(text, (section(0, 0, 7, len(text), "就業規則", "第1章　総則"),))) == []


def test_a_table_is_cut_between_rows_and_each_piece_begins_with_its_header() -> None:
    found = [piece.text(TABLE) for piece in pieces(TABLE, characters=200)]
    assert len(found) > 2
    for text in found:
        assert text.splitlines()[:2] == ["| 役職 | 日当 |", "|---|---|"]
        assert all(line.startswith("|") and line.endswith("|") for line in text.splitlines())
    rows = [line for text in found for line in text.splitlines()[2:]]
    assert rows == TABLE.splitlines()[2:]


def test_a_list_is_cut_between_items_and_each_piece_begins_with_what_announced_it() -> None:
    found = [piece.text(LIST) for piece in pieces(LIST, characters=200)]
    assert len(found) > 2
    assert all(text.startswith("次の各号のいずれかに当たる者は、戒告とする。\n    ") for text in found[1:])
    assert all(line.endswith(("号）", "する。", "定める。")) for text in found for line in text.splitlines())


def test_a_lead_that_is_long_is_not_repeated() -> None:
    lead = "次の各号の書類を、" + "会社が定める期日までに" * 9 + "提出する。"
    body = f"{lead}\n" + "\n".join(f"    * 書類の{n}番目にあたる写しの一部" for n in range(20))
    assert all(piece.repeated == "" for piece in pieces(body, characters=200))


def test_a_paragraph_is_cut_after_sentences_where_these_fit() -> None:
    body = "".join(f"{n}番目の決まりとして、当番の者は窓を閉めて帰る。" for n in range(30))
    assert all(piece.text(body).endswith("帰る。") for piece in pieces(body, characters=120))


def test_a_cut_goes_between_paragraphs_rather_than_through_the_middle_of_one() -> None:
    short, long = "窓を閉めて帰る。" * 18, "鍵を守衛所に返す。" * 25
    body = f"{short}\n\n{long}"
    assert [piece.text(body) for piece in pieces(body, characters=300)] == [short, long]


@pytest.mark.parametrize("body", ["長" * 1000, "長" * 300 + "、" + "い" * 700])
def test_a_line_without_an_end_is_cut_all_the_same(body: str) -> None:
    found = pieces(body, characters=200)
    assert "".join(piece.text(body) for piece in found) == body
    assert len(found) <= 7
