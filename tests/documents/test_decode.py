import codecs
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitae.documents.decode import Undecodable, declared_encoding, decode, plausibility

SENTENCES = (
    "休暇を取るときは、3日前までに所属長へ届け出る。",
    "パソコンの電源が入らないときは、情報システム室へ連絡してください。",
    "第２条（適用範囲）この規程は、すべての社員に適用する。",
    "「段取り」とは、機械を使える状態にすることをいう。",
    "東京営業所　課長　橋本（内線1234）",
    "価格は1個につき8,400円、納期は2週間です。",
)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp932", "euc_jp", "iso2022_jp")

texts = st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=6).map("\r\n".join)


@settings(deadline=None)
@given(texts, st.sampled_from(ENCODINGS))
def test_japanese_is_read_in_whatever_encoding_it_was_written(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)).text == text


@pytest.mark.parametrize("encoding", ["cp932", "euc_jp"])
@pytest.mark.parametrize(
    "text", ["きょう", "カタカナ", "東京都港区", "1,東京都,みなと区\n2,大阪府,堺市\n", "ﾈｼﾞ ﾎﾞﾙﾄ ﾅｯﾄ"]
)
def test_a_few_words_are_enough(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)).text == text


def test_the_characters_of_vendors_are_read() -> None:
    text = "部品①は㈱髙橋製作所、長さ12㎜、№3。﨑山が確認した。"
    assert decode(text.encode("cp932")).text == text


def test_ascii_is_utf_8() -> None:
    assert decode(b"SAFETY NOTE\r\n").encoding == "utf-8"


def test_an_end_mark_of_old_editors_goes() -> None:
    assert decode("以上\r\n".encode("cp932") + b"\x1a").text == "以上\r\n"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (bytes(range(256)) * 20, "binary"),
        (b"abc\x00def", "zero bytes"),
        (b"%PDF-1.7 \xe2\xe3", "a PDF file"),
        (b"PK\x03\x04....", "an Office file"),
        (b"abc\x07def", "control characters"),
        (codecs.BOM_UTF16_LE + b"\x00\xd8a", "damaged"),
        ("caf\xe9 cr\xe8me br\xfbl\xe9e, d\xe9j\xe0 vu".encode("latin-1"), "not recognised"),
        ("휴가는 사흘 전까지 신청한다".encode("euc_kr"), "not recognised"),
        ("员工请假应当提前三天向主管提出申请，经批准后方可休假。".encode("gbk"), "not recognised"),
        ("届け出る。".encode("cp932")[:-1] + b"\xff\xff", "not recognised"),
    ],
)
def test_what_is_no_text_is_refused_with_the_reason(data: bytes, why: str) -> None:
    with pytest.raises(Undecodable, match=why):
        decode(data)


@settings(deadline=None)
@given(st.binary(min_size=200, max_size=400))
def test_random_bytes_are_refused_and_never_crash(data: bytes) -> None:
    try:
        text = decode(data).text
    except Undecodable:
        return
    assert plausibility(text) > 0.4 or data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))


def test_what_a_page_declares_is_believed_only_as_far_as_its_bytes_agree() -> None:
    text = "八月の休みは、本社と工場で同じです。"
    assert decode(text.encode("cp932"), declared="utf-8").text == text
    assert decode(text.encode(), declared="shift_jis").text == text
    assert decode(text.encode("euc_jp"), declared="Shift_JIS").text == text
    assert decode("café".encode("latin-1"), declared="iso-8859-1").text == "café"


@pytest.mark.parametrize(
    ("page", "declared"),
    [
        (b'<META http-equiv="Content-Type" content="text/html; charset=shift_jis">', "shift_jis"),
        (b"<meta charset='EUC-JP'>", "EUC-JP"),
        (b'<?xml version="1.0" encoding="Shift_JIS"?>', "Shift_JIS"),
        (b"<p>no word about it</p>", ""),
    ],
)
def test_the_declaration_of_a_page_is_found(page: bytes, declared: str) -> None:
    assert declared_encoding(page) == declared


def test_every_real_file_in_cp932_is_found_to_be_that(shared_data: Path) -> None:
    files = sorted((shared_data / "aozora").glob("*.txt")) + sorted((shared_data / "statutes" / "html").glob("*"))
    assert len(files) == 1196 + 60
    for file in files:
        data = file.read_bytes()
        found = decode(data)
        assert (found.encoding, found.text) == ("cp932", data.decode("cp932")), file.name


def test_pieces_of_real_texts_are_found_in_every_encoding(shared_data: Path) -> None:
    files = sorted((shared_data / "aozora").glob("*.txt"))[::10] + sorted((shared_data / "statutes" / "text").glob("*"))
    wrong = []
    for file in files:
        whole = file.read_bytes().decode("utf-8" if "statutes" in file.parts else "cp932")
        piece = whole[len(whole) // 2 :][:200]
        if not re.search("[ぁ-ヺ（「]", piece):
            continue  # in EUC-JP it could as well be Chinese
        for encoding in ("utf-8", "cp932", "euc_jp", "iso2022_jp"):
            data = piece.encode(encoding, errors="ignore")
            if decode(data).text != data.decode(encoding):
                wrong.append((file.name, encoding))
    assert wrong == []
