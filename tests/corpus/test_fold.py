import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitae.corpus.fold import fold_widths

WIDTHS = st.text(
    st.characters(min_codepoint=0xFF00, max_codepoint=0xFFEF) | st.sampled_from("あかは、。0aZ-～〜①㎡゛゜")
)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("ＱＰ－０７　第１２版", "QP-07　第12版"),
        ("１，０００円、９：００から、０．５％", "1,000円、9:00から、0.5%"),
        ("ﾊﾟｿｺﾝとﾌﾟﾘﾝﾀｰ｡｢ﾎﾞﾙﾄ･ﾅｯﾄ｣", "パソコンとプリンター。「ボルト・ナット」"),
        ("注：期限（厳守）！", "注：期限（厳守）！"),
        ("第一－第三", "第一－第三"),
        ("10〜20", "10～20"),
        ("総務＆人事＝管理", "総務&人事=管理"),
    ],
)
def test_widths_are_folded(written: str, folded: str) -> None:
    assert fold_widths(written) == folded


@pytest.mark.parametrize(
    "text",
    [
        "第1①号",
        "10²と5½と30㎡",
        "㈱髙橋製作所　﨑山様",
        "㍻３１".replace("３１", ""),
        "25℃、№、Ⅲ",
        "「」、。・ー～（）！？：；",
        "＜重要＞",
        "……",
        "山田　太郎",
    ],
)
def test_what_nfkc_would_change_in_meaning_stays(text: str) -> None:
    assert fold_widths(text) == text


@settings(deadline=None)
@given(WIDTHS | st.text())
def test_folding_is_a_part_of_nfkc(text: str) -> None:
    # 〜 and ～ are one character of JIS with two code points; NFKC does not know that.
    text = unicodedata.normalize("NFC", text.replace("〜", ""))
    assert unicodedata.normalize("NFKC", fold_widths(text)) == unicodedata.normalize("NFKC", text)


@settings(deadline=None)
@given(WIDTHS | st.text())
def test_folding_again_changes_nothing(text: str) -> None:
    assert fold_widths(fold_widths(text)) == fold_widths(text)
