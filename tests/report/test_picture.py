import re
import xml.etree.ElementTree as ET
from typing import Any

from kitae.report.picture import picture
from kitae.report.story import Story

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return ["".join(each.itertext()) for each in ET.fromstring(svg).iter(f"{SVG}text")]


def test_it_is_the_decision_table_with_real_text(finished: Any) -> None:
    found = texts(picture(finished.story()))
    assert {"base.closed", "tuned.retrieval", "null.refuse", "4/4", "100%", "51–100%"} <= set(found)
    assert found.count("tuned.retrieval") == 2  # a suite each
    assert "正答と95%区間" in found


def test_its_headings_are_in_the_language_that_is_asked_for(finished: Any) -> None:
    found = texts(picture(finished.story(), "en"))
    assert "right, 95% interval" in found
    assert not any(re.search(r"[ぁ-ん]", each) for each in found)


def test_it_stands_alone(finished: Any) -> None:
    svg = picture(finished.story())
    assert re.findall(r"https?://[^\"]+", svg) == ["http://www.w3.org/2000/svg"]
    assert "url(" not in svg
    assert "<script" not in svg


def test_a_name_of_a_project_is_escaped(finished: Any, nasty: str) -> None:
    svg = picture(finished.story(name=nasty))
    assert ET.fromstring(svg).findtext(f"{SVG}title", "").startswith(nasty)


def test_without_a_scorecard_it_says_so() -> None:
    assert texts(picture(Story(name="x", language="en", artifacts=()))) == ["Nothing has been measured yet."]
