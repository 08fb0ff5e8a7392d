import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitae.evaluate.normalise import letters, normalise, quantities, unit


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("１５，０００円", "15000円"),
        ("1万5千円", "15,000円"),
        ("1万5,000円", "15000円"),
        ("一万五千円", "15000円"),
        ("三百五十五円", "355円"),
        ("千二百五十円", "1,250円"),
        ("¥1,250", "1250円"),
        ("1.5億円", "150,000,000円"),
        ("六ヶ月", "6か月"),
        ("６カ月間", "6か月"),
        ("6ケ月", "6箇月"),
        ("6ヵ月", "6個月"),
        ("十二か月", "12か月"),
        ("二十四条", "24条"),
        ("午後2時", "14:00"),
        ("14時00分", "14時"),
        ("午前11時45分", "11:45"),
        ("8時間半", "8.5時間"),
        ("8.5時間", "8時間30分"),
        ("午後零時十分に", "12時10分に"),
        ("満六十五才", "満65歳"),
        ("135パーセント", "１３５％"),
        ("14 days", "14days"),
        ("健康保険及び雇用保険", "健康保険・雇用保険"),
        ("健康保険、雇用保険", "・健康保険\n・雇用保険"),
        ("諭旨解雇又は懲戒解雇", "諭旨解雇、または懲戒解雇"),
        ("「前日」です。", "前日です"),
    ],
)
def test_variants_have_one_form(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("6月", "6か月"),
        ("14時", "14時間"),
        ("1.5倍", "15倍"),
        ("12日", "2日"),
        ("十分に休む", "10分に休む"),
        ("一般社員", "1般社員"),
        ("一時金", "1時金"),
        ("千葉", "1000葉"),
        ("150%", "150"),
        ("8.25時間", "8.5時間"),
    ],
)
def test_different_quantities_and_words_stay_different(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


@given(st.text(alphabet="0123456789０１２９一二十百千万円日時分年か月半、。・.,:()午後 \n　％ヶ週間", max_size=20))
def test_a_normal_form_has_no_white_space_and_no_full_width_digits(text: str) -> None:
    assert not re.search(r"\s|[０-９]", normalise(text))


@pytest.mark.parametrize(
    ("text", "plain"), [("1000万1円", "10000001円"), ("3万5円", "30005円"), ("三万五円", "30005円")]
)
def test_a_short_form_is_read_as_it_stands_since_nobody_can_be_asked(text: str, plain: str) -> None:
    assert normalise(text) == plain


@given(st.integers(1, 99_999_999))
def test_commas_and_kanji_never_change_an_amount(yen: int) -> None:
    myriads, rest = divmod(yen, 10_000)
    mixed = f"{myriads}万{rest or ''}円" if myriads else f"{rest}円"
    assert normalise(f"{yen:,}円") == normalise(f"{yen}円") == normalise(mixed) == f"{yen}円"


def test_a_time_is_one_quantity() -> None:
    found = quantities(normalise("11時45分から、1日8時間、1年6か月、12月31日、8,000円"))
    assert [match[0] for match in found] == ["11時45分", "1日", "8時間", "1年6か月", "12月31日", "8000円"]
    assert [unit(match[0]) for match in found] == ["時", "日", "時間", "年", "月", "円"]


def test_letters_leave_punctuation_out() -> None:
    assert letters("「2日」、です。 (50％)") == "2日です50%"
