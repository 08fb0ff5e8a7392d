from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitae.core.mistakes import Mistake
from kitae.core.numerals import MAGNITUDES, read


@pytest.mark.parametrize(
    ("written", "readings"),
    [
        ("1.000.000", ("1,000,000", "1")),
        ("1.234.567", ("1,234,567", "1.234567")),
        ("1.000.000M", ("1,000,000,000,000", "1,000,000")),
        ("1,5", ("1.5", "15")),
        ("1,5億", ("150,000,000", "1,500,000,000")),
        ("1,5千万", ("15,000,000", "150,000,000")),
        ("1,0000", ("1", "10,000")),
        ("1.000,50", ("1,000.5", "1.0005")),
        ("1千2億", ("100,200,000,000", "120,000,000,000")),
        ("1億5", ("100,000,005", "150,000,000")),
        ("12万3", ("120,003", "123,000")),
        ("一億五", ("100,000,005", "150,000,000")),
        ("三万五", ("30,005", "35,000")),
        ("1億五", ("100,000,005", "150,000,000")),
        ("1億5千", ("100,005,000", "150,000,000")),
        ("一億五千", ("100,005,000", "150,000,000")),
        ("1億千", ("100,001,000", "110,000,000")),
        ("3億5百", ("300,000,500", "305,000,000")),
        ("1兆5千", ("1,000,000,005,000", "1,500,000,000,000")),
        ("2千5", ("2,005", "2,500")),
        ("千5", ("1,005", "1,500")),
        ("1千二億", ("100,200,000,000", "120,000,000,000")),
        ("3〜5億", ("300,000,000", "500,000,000")),
        ("7B-13B", ("7,000,000,000", "13,000,000,000")),
        ("三〜五億", ("300,000,000", "500,000,000")),
        ("3億から5億", ("300,000,000", "500,000,000")),
        ("3-5", ("3", "5")),
        ("100ないし200万", ("1,000,000", "2,000,000")),
        ("-3億", ("3億",)),
        ("▲300", ("300",)),
        ("(300)", ("300",)),
    ],
)
def test_what_can_be_read_in_several_ways_is_refused_with_the_readings(written: str, readings: tuple[str, ...]) -> None:
    with pytest.raises(Mistake) as caught:
        read(written)
    assert caught.value.readings == readings
    assert caught.value.hint
    assert all(reading in caught.value.what or reading in caught.value.hint for reading in readings)


@pytest.mark.parametrize(
    "written",
    [
        *(
            "",
            "万",
            "億円",
            "千と一",
            "7 8B",
            "7 B x",
            "1万2万",
            "5億1兆",
            "1.5億5千万",
            "二〇十",
            "千千",
            "百千",
            "1M1B",
        ),
        *(
            "数億",
            "1億以上",
            "200弱",
            "100+",
            "~5",
            "≥3",
            "up to 7B",
            "NaN",
            "1e-5",
            "1/2",
            "50%",
            "0x10",
            "7G",
            "1,00,000",
        ),
        *("10^99", "1" * 40, "9京" * 2, "①兆②", "+5", "--5", "1..5", ".", ",", "1.5.億", "٣"),
    ],
)
def test_what_is_no_number_is_refused_with_a_way_out(written: str) -> None:
    with pytest.raises(Mistake) as caught:
        read(written)
    assert caught.value.hint


def test_a_power_keeps_its_exponent() -> None:
    """Unicode's own folding would make 109 of 10⁹, and 72 of 7²."""
    assert read("10⁹") == 10**9
    with pytest.raises(Mistake):
        read("7²")


KANJI = "〇一二三四五六七八九"


def kanji(number: int) -> str:
    """A number in kanji by the rule that schools teach: written apart from the parser."""
    told = ""
    for power, mark in ((16, "京"), (12, "兆"), (8, "億"), (4, "万"), (0, "")):
        section, number = divmod(number, 10**power)
        if section:
            told += four(section) + mark
    return told or "零"


def four(section: int) -> str:
    told = ""
    for power, mark in ((3, "千"), (2, "百"), (1, "十"), (0, "")):
        digit, section = divmod(section, 10**power)
        if digit:
            told += ("" if digit == 1 and power else KANJI[digit]) + mark
    return told


NUMBERS = st.one_of(st.integers(0, 10**6), st.integers(0, 10**19), st.integers(0, 19).map(lambda power: 10**power))


@given(NUMBERS)
def test_every_number_in_kanji_is_read_as_it_was_meant_or_refused_where_it_may_be_a_short_form(number: int) -> None:
    """一億五千 is 100,005,000 by the rule, and 1.5億 to most who write it."""
    groups = [number // 10**power % 10**4 for power in (16, 12, 8, 4, 0)]
    *above, ten_thousands, last = groups
    if last and ((any(above) and not ten_thousands) or (any(groups[:-1]) and last < 10)):
        with pytest.raises(Mistake) as caught:
            read(kanji(number))
        assert caught.value.readings[0] == f"{number:,}"
    else:
        assert read(kanji(number)) == number


def test_a_kanji_zero_says_that_nothing_was_left_out() -> None:
    assert read("三万〇五") == 30_005
    assert read("一億〇五") == 100_000_005


@given(NUMBERS)
def test_digits_between_large_magnitudes_are_the_same_number(number: int) -> None:
    """123億4567万890, with all four digits of each part."""
    parts = [
        (number // 10**power % 10**4, mark) for power, mark in ((16, "京"), (12, "兆"), (8, "億"), (4, "万"), (0, ""))
    ]
    told = "".join(f"{part:04d}{mark}" for part, mark in parts if part) or "0"
    assert read(told) == number


@given(st.decimals(min_value=0, max_value=9999, places=3), st.sampled_from(sorted(MAGNITUDES)))
def test_a_magnitude_multiplies(number: Decimal, mark: str) -> None:
    assert read(f"{number:f}{mark}") == number * MAGNITUDES[mark]


@given(st.text(alphabet="0123456789.,-万億千百十一二BMk ~〜円e^", max_size=12))
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    try:
        assert read(text) >= 0
    except Mistake as mistake:
        assert mistake.hint
