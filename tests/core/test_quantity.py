from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kitae.core.mistakes import Mistake
from kitae.core.quantity import Quantity, parse_budget, parse_count, parse_money, parse_number, total


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("7B", 7 * 10**9),
        ("100k", 100_000),
        ("10万", 100_000),
        ("1.5億", 150_000_000),
        ("2兆", 2 * 10**12),
        ("２，０００", 2000),
        ("12万3千", 123_000),
        ("5千万", 50_000_000),
        ("1億2千万", 120_000_000),
        ("二十", 20),
        ("三百万", 3_000_000),
        ("千二百", 1200),
        ("二〇二六", 2026),
        ("0.5", Decimal("0.5")),
        ("1.5k", 1500),
        ("20_000", 20_000),
        (20000, 20_000),
        (0.25, Decimal("0.25")),
    ],
)
def test_numbers_are_read_as_people_write_them(written: object, number: object) -> None:
    assert parse_number(written) == number


@pytest.mark.parametrize(
    "written",
    [
        "",
        "万",
        "1.000.000",
        "1,5",
        "-3",
        "3-5",
        "千と一",
        "7 B x",
        "1千2億",
        "1万2万",
        "NaN",
        float("nan"),
        float("inf"),
        1e31,
        True,
        None,
        "7G",
    ],
)
def test_what_can_be_misread_is_refused_with_a_way_out(written: object) -> None:
    with pytest.raises(Mistake) as caught:
        parse_number(written)
    assert caught.value.hint


@given(st.integers(min_value=0, max_value=10**15))
def test_thousands_separators_and_full_width_digits_change_nothing(number: int) -> None:
    grouped = f"{number:,}"
    assert parse_number(grouped) == number
    assert parse_number(grouped.translate(str.maketrans("0123456789,", "０１２３４５６７８９，"))) == number


def test_a_count_is_whole() -> None:
    assert parse_count("1.5k") == 1500
    with pytest.raises(Mistake, match="whole"):
        parse_count("1.5")


@pytest.mark.parametrize(
    ("written", "printed"),
    [("¥2,000,000", "¥2,000,000"), ("200万円", "¥2,000,000"), ("$3,500", "$3,500.00"), ("3.5k USD", "$3,500.00")],
)
def test_money_is_read_with_its_currency(written: str, printed: str) -> None:
    assert str(parse_money(written)) == printed


@pytest.mark.parametrize("written", ["2000", "$5円", 2000])
def test_money_without_one_currency_is_refused(written: object) -> None:
    with pytest.raises(Mistake, match="currency"):
        parse_money(written)


@pytest.mark.parametrize(
    "written",
    [
        "200万円以内",
        "200万円まで",
        "２００万円以下",
        "最大200万円",
        "up to ¥2M",
        "200万円以内（税込）",
        "税込200万円まで",
    ],
)
def test_a_budget_is_a_limit_anyway(written: str) -> None:
    assert parse_budget(written, taxed=True) == parse_money("¥2,000,000")


def test_a_budget_is_no_range_and_no_lower_bound() -> None:
    for written in ("200万円以上", "100〜200万円以内", "200万円弱"):
        with pytest.raises(Mistake, match=r"bound|range"):
            parse_budget(written)


@pytest.mark.parametrize(
    "written", ["2,000,000円(税込)", "¥2,000,000（税込み）", "税込2,000,000円", "¥2M including tax"]
)
def test_with_tax_is_read_where_amounts_are_with_tax(written: str) -> None:
    assert parse_money(written, taxed=True) == parse_money("¥2,000,000")
    for taxed in (False, None):
        with pytest.raises(Mistake, match="tax") as caught:
            parse_money(written, taxed=taxed)
        assert caught.value.hint


@pytest.mark.parametrize("written", ["2,000,000円（税別）", "2,000,000円(税抜き)", "2,000,000円+税", "¥2M plus tax"])
def test_without_tax_is_read_where_amounts_are_without(written: str) -> None:
    assert parse_money(written, taxed=False) == parse_money("¥2,000,000")
    for taxed in (True, None):
        with pytest.raises(Mistake, match="tax") as caught:
            parse_money(written, taxed=taxed)
        assert caught.value.hint


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_no_noun_has_a_number_that_is_not_finite(value: float) -> None:
    with pytest.raises(ValidationError, match="finite"):
        Quantity(value=value, unit="s", how="measured")


def test_a_sum_is_known_only_as_well_as_its_worse_part() -> None:
    total = Quantity(value=1, unit="s", how="measured") + Quantity(value=2, unit="s", how="estimated")
    assert (total.value, total.how) == (3, "estimated")
    with pytest.raises(ValueError, match="cannot add"):
        total + Quantity(value=1, unit="yen", how="quoted")


def test_money_is_added_in_one_currency_alone() -> None:
    dollar, yen = parse_money("$1.50"), parse_money("¥100")
    assert total([dollar, None, dollar]) == parse_money("$3")
    assert total([None]) is None
    with pytest.raises(Mistake, match="cannot be added"):
        total([dollar, yen])
