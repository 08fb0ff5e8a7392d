import time

import pytest

from kitae.documents.html import read_html, tables_as_rows
from kitae.documents.lines import flowed

PORTAL = """<html><head><title>手順 | 広場</title><style>p{}</style></head><body>
<header><p>社員ポータル</p></header>
<nav><ul><li><a href="/">ホーム</a></li><li><a href="/n">お知らせ</a></li></ul></nav>
<main><h1>手順</h1><p>窓口は3階です。</p><h2>返却</h2><ul><li>鞄も<b>一緒</b>に<ol><li>電源</li><li>線</li></ol></li></ul></main>
<aside><h3>よく見るページ</h3></aside><footer>Copyright</footer><script>var 秘密="x"</script></body></html>"""


def texts(html: str) -> list[str]:
    return [line.text for line in read_html(html).lines if line.text]


def test_only_the_main_content_is_read() -> None:
    reading = read_html(PORTAL)
    assert [(line.level, line.text) for line in reading.lines if line.text] == [
        (1, "手順"),
        (0, "窓口は3階です。"),
        (2, "返却"),
        (0, "- 鞄も一緒に"),
        (0, "    1. 電源"),
        (0, "    2. 線"),
    ]
    assert reading.removed == {"outside main": len("社員ポータルホームお知らせよく見るページCopyright")}


def test_without_main_the_frame_is_left_out_by_its_names() -> None:
    html = (
        '<div id="header">会社名</div><ul class="breadcrumb"><li><a href="/">ホーム</a></li></ul>'
        '<div class="navheader"><a href="a">戻る</a></div><p>本文は十分に長い文で、ここに手順を書く。</p>'
        '<div id="footer"><a href="/p">方針</a></div>'
    )
    reading = read_html(f"<body>{html}</body>")
    assert [line.text for line in reading.lines if line.text] == ["本文は十分に長い文で、ここに手順を書く。"]
    assert reading.removed["navigation"] == len("会社名ホーム戻る方針")


def test_a_menu_of_dishes_is_no_menu_of_links() -> None:
    assert texts('<div class="menu">日替わり定食は430円、<a href="x">麺類</a>は360円</div>') == [
        "日替わり定食は430円、麺類は360円"
    ]


def test_a_header_with_the_title_of_the_page_stays() -> None:
    assert texts('<div class="header"><h1>就業規則</h1></div><p>本文</p>') == ["就業規則", "本文"]


def test_a_remark_inside_the_content_stays() -> None:
    assert texts("<main><p>本文</p><aside>注意：期限がある。</aside></main>") == ["本文", "注意：期限がある。"]


def test_on_a_page_of_links_alone_they_are_no_content() -> None:
    links = "".join(f'<li><a href="/{n}">社内の用紙　第{n}号</a></li>' for n in range(9))
    assert texts(f"<main><h2>よく使うリンク</h2><ul>{links}</ul></main>") == ["よく使うリンク"]
    said = "<p>用紙は総務課の窓口にもある。</p>"
    assert len(texts(f"<main><h2>よく使うリンク</h2><ul>{links}</ul>{said}</main>")) == 11


def test_a_list_of_contents_goes_and_a_list_of_links_stays() -> None:
    inside = '<ul><li><a href="#a">一</a></li><li><a href="#b">二</a></li><li><a href="#c">三</a></li></ul>'
    assert texts(f"{inside}<p>本文</p>") == ["本文"]
    assert texts(f"{inside.replace('#', '/')}<p>本文</p>") == ["- 一", "- 二", "- 三", "本文"]


def test_furigana_go_and_are_counted() -> None:
    reading = read_html("<p><ruby>鍛<rp>（</rp><rt>きた</rt><rp>）</rp></ruby>える</p>")
    assert ([line.text for line in reading.lines if line.text], reading.removed) == (["鍛える"], {"furigana": 4})


def test_a_line_end_in_the_source_is_no_space_between_wide_characters() -> None:
    assert texts("<p>この回答は少々\n難解です。安定版\n(stable) を\n使う。</p>") == [
        "この回答は少々難解です。安定版 (stable) を使う。"
    ]
    assert flowed("a\n b　\n　c") == "a b　　c"


def test_breaks_and_blocks_end_lines() -> None:
    assert texts("<div>一<br>二<div>三</div>四</div><p>五</p>") == ["一", "二", "三", "四", "五"]


def test_preformatted_text_keeps_its_lines() -> None:
    lines = [line for line in read_html("<pre>a  b\n  c</pre>").lines if line.text]
    assert [(line.text, line.verbatim) for line in lines] == [("a  b", True), ("  c", True)]


def test_tables_become_rows() -> None:
    html = "<table><tr><th>方法</th><th>連絡先</th></tr><tr><td>電話</td><td>内線<br>7100</td></tr></table>"
    assert texts(html) == ["| 方法 | 連絡先 |", "|---|---|", "| 電話 | 内線 7100 |"]


def test_a_cell_over_several_rows_stands_in_each_of_them() -> None:
    first = '<tr><td rowspan="2">正社員</td><td>常勤</td></tr><tr><td>短時間</td></tr>'
    html = f"<table>{first}<tr><td colspan=2>他</td></tr></table>"
    assert tables_as_rows(html) == ["| 正社員 | 常勤 |", "| 正社員 | 短時間 |", "| 他 |  |"]


def test_a_bar_in_a_cell_does_not_cut_it() -> None:
    assert tables_as_rows("<table><tr><td>a|b</td><td>c</td></tr></table>") == [r"| a\|b | c |"]


def test_a_table_that_only_lays_out_a_page_is_text() -> None:
    html = f"<table><tr><td><p>左の欄</p></td><td><h2>規則</h2><p>{'本文。' * 20}</p></td></tr></table>"
    assert texts(html) == ["左の欄", "規則", "本文。" * 20]


def test_impossible_spans_cost_nothing() -> None:
    rows = tables_as_rows('<table><tr><td rowspan="99999999">a</td><td colspan="99999999">b</td></tr></table>')
    assert len(rows) == 1
    assert len(rows[0]) < 1000


def test_a_page_may_nest_deeper_than_the_stack() -> None:
    began = time.perf_counter()
    assert texts("<div>" * 3000 + "底" + "</div>" * 3000) == ["底"]
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize("html", ["", "<html></html>", "<!-- -->", "<body><nav>x</nav></body>"])
def test_a_page_without_content_has_no_lines(html: str) -> None:
    assert texts(html) == []
