import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitae.core.quantity import Money, parse_money, parse_number
from kitae.core.spelled import ExchangeRate, japanese, money, number, round_to, western

RATE = ExchangeRate(yen=Decimal(150), on=datetime.date(2026, 11, 1))


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (7 * 10**9, "7B (70億)"),
        (7_960_000_000, "7.96B (79.6億)"),
        (16_000, "16k (1.6万)"),
        (150 * 10**6, "150M (1.5億)"),
        (15 * 10**12, "15T (15兆)"),
        (123_456_789, "123.5M (1.235億)"),
        (9_999_999, "10M (1,000万)"),
        (1234, "1,234"),
        (0, "0"),
        (0.25, "0.25"),
    ],
)
def test_a_number_is_printed_both_ways(value: float, printed: str) -> None:
    assert number(value) == printed


def test_money_is_printed_in_both_currencies_with_the_rate_and_its_date() -> None:
    assert money(parse_money("$2,635"), RATE) == "$2,635 (約39.5万円 at 150.0 on 2026-11-01)"
    assert money(parse_money("200万円")) == "¥2,000,000 (200万円)"
    assert money(parse_money("¥395,250")) == "¥395,250 (約39.5万円)"
    assert money(parse_money("$0.15"), RATE) == "$0.15 (約22.5円 at 150.0 on 2026-11-01)"
    assert money(parse_money("$2,635")) == "$2,635"
    assert money(parse_money("980円")) == "¥980"


@given(st.integers(0, 10**18))
def test_both_forms_are_read_as_the_same_number(value: int) -> None:
    rounded = round_to(value, 4)
    assert parse_number(western(value)) == parse_number(japanese(value)) == rounded
    assert abs(rounded - value) * 2000 <= value or value == 0


@given(st.integers(1, 10**12).map(Decimal))
def test_an_amount_survives_there_and_back(yen: Decimal) -> None:
    there = RATE.convert(Money(amount=yen, currency="JPY"))
    assert there.currency == "USD"
    assert round(RATE.convert(there).amount, 6) == yen
