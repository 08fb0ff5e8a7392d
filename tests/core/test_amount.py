from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from kitae.core.amount import KINDS, parse_amount
from kitae.core.mistakes import Mistake

with (Path(__file__).parent / "spellings.tsv").open(encoding="utf-8", newline="") as file:
    SPELLINGS = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def test_there_are_three_hundred_spellings() -> None:
    assert len({(row["written"], row["kind"]) for row in SPELLINGS}) >= 300


def test_every_spelling_is_read_as_its_author_meant_it() -> None:
    wrong = {}
    for row in SPELLINGS:
        try:
            found = parse_amount(row["written"], row["kind"])
        except Mistake as mistake:
            wrong[row["written"]] = str(mistake)
            continue
        if (found.value, found.unit) != (Decimal(row["value"]), row["unit"]):
            wrong[row["written"]] = str(found)
    assert wrong == {}


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        ("1.5億トークン", "tokens"),
        ("7B params", "parameters"),
        ("16台", ""),
        ("60時間", "hours"),
        ("$5", "USD"),
        ("5", ""),
    ],
)
def test_the_unit_says_what_is_counted(written: str, unit: str) -> None:
    assert parse_amount(written).unit == unit


@pytest.mark.parametrize(
    ("written", "kind", "readings"),
    [
        ("1.500", "tokens", ("1.5", "1,500")),
        ("1.500トークン", "", ("1.5", "1,500")),
        ("$1.500", "money", ("1.5", "1,500")),
        ("1.500万円", "money", ("15,000", "15,000,000")),
        ("¥2.000億", "", ("200,000,000", "200,000,000,000")),
        ("1.500M", "tokens", ("1,500,000", "1,500,000,000")),
        ("1.250百万トークン", "", ("1,250,000", "1,250,000,000")),
        ("1億5千円", "", ("100,005,000", "150,000,000")),
        ("三万五円", "", ("30,005", "35,000")),
        ("90m", "hours", ("90 minutes", "90,000,000 hours")),
        ("200万", "money", ("¥2,000,000", "$2,000,000")),
        ("1.000.000トークン", "tokens", ("1,000,000", "1")),
        ("¥100〜200万円", "money", ("1,000,000", "2,000,000")),
        ("$3,500-$4,000", "money", ("3,500", "4,000")),
        ("-5h", "hours", ("5",)),
    ],
)
def test_what_can_mean_two_things_is_refused_with_both(written: str, kind: str, readings: tuple[str, ...]) -> None:
    with pytest.raises(Mistake) as caught:
        parse_amount(written, kind)
    assert caught.value.readings == readings
    assert caught.value.hint


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("1.5億円", "tokens"),
        ("7B params", "tokens"),
        ("60時間", "money"),
        ("1.5トークン", "tokens"),
        ("トークン", "tokens"),
        ("2円5", "money"),
        ("€5", "money"),
        ("A$5", "money"),
        ("$5円", "money"),
        ("5", "tonnes"),
        ("1時間90分", "hours"),
        ("30分1時間", "hours"),
        ("1.5時間30分", "hours"),
        ("2時間分", "hours"),
        ("2個半", "count"),
        ("2,000,000円(税込)", "money"),
        ("200万円以内", "money"),
    ],
)
def test_what_does_not_fit_is_refused(written: str, kind: str) -> None:
    with pytest.raises(Mistake) as caught:
        parse_amount(written, kind)
    assert caught.value.hint


def test_an_amount_is_printed_both_ways() -> None:
    assert str(parse_amount("1.5億トークン")) == "150M (1.5億) tokens"
    assert str(parse_amount("200万円")) == "¥2,000,000 (200万円)"
    assert str(parse_amount("960 GPU時間")) == "960 gpu hours"


def test_longer_units_stand_before_those_that_they_end_with() -> None:
    for kind in KINDS.values():
        words = list(kind.words)
        for place, word in enumerate(words):
            assert not any(word.endswith(before) for before in words[:place])
