import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from kitae.evaluate.statistics import Interval
from kitae.report.bilingual import Both
from kitae.report.drawing import Series, difference_bar, line_chart, share_bar, ticks


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_ticks_are_few_and_cover_what_they_are_for(one: float, two: float) -> None:
    low, high = sorted((one, two))
    found = ticks(low, high)
    slack = 1e-6 * max(abs(low), abs(high), 1.0)
    assert found[0] <= low + slack
    assert found[-1] >= high - slack
    assert 2 <= len(found) <= 7


def test_a_bar_places_dot_and_line_on_the_whole_width() -> None:
    drawn = ET.fromstring(share_bar(0.5, Interval(low=0.25, high=0.75, how="wilson"), goal=0.7))
    assert drawn.find("circle").attrib["cx"] == "50.0%"  # type: ignore[union-attr]
    lines = {line.attrib["class"]: line.attrib for line in drawn.findall("line")}
    assert (lines["whisker"]["x1"], lines["whisker"]["x2"]) == ("25.0%", "75.0%")
    assert lines["goal"]["x1"] == "70.0%"


def test_a_difference_of_nothing_is_in_the_middle() -> None:
    drawn = ET.fromstring(difference_bar(0.0, Interval(low=-0.25, high=0.25, how="bootstrap"), 0.5))
    assert drawn.find("circle").attrib["cx"] == "50.0%"  # type: ignore[union-attr]
    whisker = next(line for line in drawn.findall("line") if line.attrib["class"] == "whisker")
    assert (whisker.attrib["x1"], whisker.attrib["x2"]) == ("25.0%", "75.0%")


def test_a_chart_falls_when_its_numbers_fall() -> None:
    series = Series(Both("訓練", "training"), "training", ((0.0, 3.0), (100.0, 2.0), (200.0, 1.5)))
    drawn = ET.fromstring(line_chart([series], x_label=Both("横", "x"), y_label=Both("縦", "y")))
    line = next(each for each in drawn.iter("polyline"))
    points = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert [y for _, y in points] == sorted(y for _, y in points)  # down on the screen


def test_a_chart_of_nothing_is_nothing() -> None:
    empty = Series(Both("訓練", "training"), "training", ())
    assert line_chart([empty], x_label=Both("横", "x"), y_label=Both("縦", "y")) == ""
