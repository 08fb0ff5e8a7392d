import pytest

from kitae.documents.lines import Line
from kitae.documents.markdown import inline, read_markdown


def texts(markdown: str) -> list[str]:
    return [line.text for line in read_markdown(markdown).lines if line.text.strip()]


def heads(markdown: str) -> list[tuple[int, str]]:
    return [(line.level, line.text) for line in read_markdown(markdown).lines if line.level]


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("**重要**：「*期限*」は__3日__です", "重要：「期限」は3日です"),
        ("**「強調」**です", "「強調」です"),
        ("[就業規則](rules.md#第3条)を見る", "就業規則を見る"),
        ('[規程（改定）](a_(1).md "題")です', "規程（改定）です"),
        ("![社章](logo.png)", "社章"),
        ("[![印](a.png)](b.html)", "印"),
        ("掛金は `原則5,000円` とする", "掛金は 原則5,000円 とする"),
        ("`**そのまま**`", "**そのまま**"),
        (r"\*印は必須", "*印は必須"),
        ("窓口は<soumu@example.jp>へ", "窓口はsoumu@example.jpへ"),
        ("A &amp; B &lt;3", "A & B <3"),
        ("時間単価 * 125% * 時間", "時間単価 * 125% * 時間"),
        ("2*3*4", "2*3*4"),
        ("file_name_old.txt", "file_name_old.txt"),
        ("~~300円~~ 400円", "~~300円~~ 400円"),
        ("配列[0][1]", "配列[0][1]"),
    ],
)
def test_marks_go_and_words_stay(written: str, plain: str) -> None:
    assert inline(written) == plain


def test_headings_of_both_styles() -> None:
    assert heads("# 規則\n\n##第1章\n\n章\n---\n\n題\n===\n\n### 節 ###") == [
        (1, "規則"),
        (2, "第1章"),
        (2, "章"),
        (1, "題"),
        (3, "節"),
    ]


def test_what_only_looks_like_a_heading_is_none() -> None:
    assert (
        heads("#採用 の募集\n\n    # 字下げ\n\n> # 引用\n\n一行目\n二行目\n---\n\n- 項目\n---\n\n届け出る。\n---") == []
    )


def test_code_is_kept_and_no_structure_is_looked_for_in_it() -> None:
    lines = read_markdown("手順\n\n```sh\n# 第1条\nrm *old*\n```\n\n終わり").lines
    assert Line("# 第1条", verbatim=True) in lines
    assert Line("rm *old*", verbatim=True) in lines
    assert not any("```" in line.text for line in lines)


def test_a_fence_that_is_never_closed_loses_nothing() -> None:
    assert texts("前\n~~~\n中\n# 後") == ["前", "中", "# 後"]


def test_comments_go_and_are_counted() -> None:
    reading = read_markdown("前<!-- 一 -->後\n<!--\n二\n三\n-->\n終")
    assert [line.text for line in reading.lines] == ["前後", "", "終"]
    assert reading.removed == {"comment": 3}


def test_a_comment_that_never_ends_is_text() -> None:
    assert texts("前\n<!-- 後\n最後") == ["前", "<!-- 後", "最後"]


def test_a_comment_in_code_is_text() -> None:
    assert texts("`<!--` と書き、`-->` で閉じる") == ["<!-- と書き、--> で閉じる"]


def test_tables_keep_their_rows_without_padding() -> None:
    assert texts("| 距離        | 額     |\n|:-----|-----:|\n| **10km**以上 | 355円  |") == [
        "| 距離 | 額 |",
        "|---|---|",
        "| 10km以上 | 355円 |",
    ]


def test_tables_without_outer_bars_get_them() -> None:
    assert texts("距離 | 額\n---|---\n10km | 355円\n\na|b") == ["| 距離 | 額 |", "|---|---|", "| 10km | 355円 |", "a|b"]


def test_an_escaped_bar_stays_in_its_cell() -> None:
    assert texts("| a \\| b | c |") == ["| a \\| b | c |"]


def test_a_table_in_html_becomes_rows_at_its_place() -> None:
    html = "<table>\n<tr><td>0.5年</td><td>1.5年</td></tr>\n<tr><td>10日</td>\n<td>11日</td></tr>\n</table>"
    assert texts(f"1. 次のとおり\n    {html}\n2. 次") == [
        "1. 次のとおり",
        "    | 0.5年 | 1.5年 |",
        "    | 10日 | 11日 |",
        "2. 次",
    ]


def test_tags_go_but_places_to_fill_in_stay() -> None:
    assert texts('<a rel="x"\n href="y">社名</a><br>次の行 <氏名> <your-id> 3 < 5') == [
        "社名",
        "次の行 <氏名> <your-id> 3 < 5",
    ]


def test_furigana_go() -> None:
    assert texts("<ruby>鍛<rp>（</rp><rt>きた</rt><rp>）</rp></ruby>える") == ["鍛える"]


def test_quotes_lists_and_numbers() -> None:
    assert texts("> 廃止した。\n> > 古い。\n\n1. 一\n    * 二") == ["廃止した。", "古い。", "1. 一", "    * 二"]


def test_front_matter_gives_the_title() -> None:
    reading = read_markdown('---\ntitle: "休暇の手引き"\ntags:\n  - a\n---\n本文')
    assert (reading.title, [line.text for line in reading.lines]) == ("休暇の手引き", ["本文"])
    assert reading.removed["front matter"] > 0


def test_a_line_across_at_the_top_is_no_front_matter() -> None:
    assert texts("---\nこの文書は古い。\n---\n本文") == ["この文書は古い。", "本文"]


def test_definitions_of_links_go() -> None:
    assert texts("[規則][r]と[1][2]\n\n[r]: https://example.jp/") == ["規則と[1][2]"]
