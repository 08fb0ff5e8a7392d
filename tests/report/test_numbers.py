import pytest

from kitae.evaluate.statistics import Interval
from kitae.report import numbers


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (numbers.percent(0.553), "55%"),
        (numbers.percent(None), "–"),
        (numbers.span(Interval(low=0.4, high=0.694, how="wilson")), "40–69%"),
        (numbers.points(0.123), "+12"),
        (numbers.points(-0.03), "−3"),
        (numbers.points(-0.001), "0"),
        (numbers.point_span(Interval(low=-0.04, high=0.2, how="bootstrap")), "−4 … +20"),
        (numbers.seconds(1.4372), "1.44 s"),
        (numbers.duration(4.23), "4.2 s"),
        (numbers.duration(190), "3 min 10 s"),
        (numbers.duration(7500), "2 h 05 min"),
        (numbers.duration(None), "–"),
        (numbers.count(12345), "12,345"),
        (numbers.figure(312.5), "312.5"),
        (numbers.figure(18231), "18,231"),
        (numbers.figure(0.000123), "0.000123"),
        (numbers.figure("int8"), "int8"),
        (numbers.size(464_000_000), "464 MB"),
        (numbers.size(12), "12 B"),
        (numbers.yen(0.0234), "¥0.023"),
        (numbers.yen(1234.5), "¥1,234"),
        (numbers.when("2026-11-24T03:55:12.345+00:00"), "2026-11-24 03:55 UTC"),
        (numbers.when("2026-11-24T12:55:12+09:00"), "2026-11-24 03:55 UTC"),
        (numbers.when(""), "–"),
    ],
)
def test_numbers_are_written_with_their_unit(written: str, expected: str) -> None:
    assert written == expected
