import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from kitae.report.page import page, write
from kitae.report.story import Story

REMOTE = ("src", "href", "xlink:href", "srcset", "data", "action", "formaction", "poster", "background", "ping")


class Reader(HTMLParser):
    """Tags, attributes and texts as a browser would see them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: dict[str, list[str]] = {}
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self._inside = tag if tag in ("script", "style") else ""

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self._inside, []).append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts.get("", []))


def remote_resources(html: str) -> list[str]:
    """Whatever a browser would fetch from elsewhere."""
    reader = Reader(html)
    found = [value for _, name, value in reader.attributes if name in REMOTE and not value.startswith("#")]
    css = "".join(reader.texts.get("style", [])) + "".join(v for _, name, v in reader.attributes if name == "style")
    found += [each for each in re.findall(r"url\(\s*['\"]?([^)'\"]*)", css) if not each.startswith("#")]
    return found + re.findall(r"@import[^;]*", css)


def test_it_is_one_file_that_loads_nothing(finished: Any, tmp_path: Path) -> None:
    file = write(tmp_path / "out" / "report.html", finished.story())
    html = file.read_text(encoding="utf-8")
    assert [each.name for each in file.parent.iterdir()] == ["report.html"]
    assert remote_resources(html) == []
    assert not {"link", "iframe", "object", "embed", "base", "img"} & set(Reader(html).tags)


@pytest.mark.parametrize(
    "planted",
    [
        '<img src="//x.example/a.png">',
        '<a href="https://x.example">',
        "<style>a{background:url(http://x.example)}</style>",
    ],
)
def test_a_remote_resource_would_be_found(planted: str) -> None:
    assert remote_resources(f"<p>{planted}</p>") != []


def test_its_policy_allows_its_own_script_and_no_other(finished: Any) -> None:
    reader = Reader(page(finished.story()))
    policy = next(
        value
        for tag, name, value in reader.attributes
        if tag == "meta" and name == "content" and value.startswith("default-src")
    )
    (script,) = reader.texts["script"]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy.split("; ")[:4] == [
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        f"script-src 'sha256-{digest}'",
        "img-src data:",
    ]


def test_what_documents_questions_and_models_say_stays_text(finished: Any, nasty: str) -> None:
    html = page(finished.story())
    reader = Reader(html)
    assert "<script>alert" not in html
    assert reader.tags.count("script") == 1
    assert "img" not in reader.tags
    assert [name for _, name, _ in reader.attributes if name.startswith("on")] == []
    # A passage, a question, an answer, a dropped section, a quote that was not found …
    assert reader.text.count(nasty) >= 5


def test_a_name_of_a_project_stays_text(company: Any, nasty: str) -> None:
    company.read()
    assert Reader(page(company.story(name=nasty))).tags.count("script") == 1


def test_words_stand_in_both_languages_and_one_is_chosen(finished: Any) -> None:
    reader = Reader(page(finished.story()))
    classes = [value for _, name, value in reader.attributes if name == "class"]
    assert classes.count("ja") == classes.count("en") > 100
    checked = [tag for tag, name, _ in reader.attributes if name == "checked"]
    assert checked == ["input"]
    english = Reader(page(finished.story(language="en")))
    assert ("html", "lang", "en") in english.attributes


def test_the_same_story_gives_the_same_page(finished: Any) -> None:
    story = finished.story()
    assert page(story) == page(Story(name=story.name, language="ja", artifacts=story.artifacts, steps=story.steps))


@pytest.mark.parametrize(
    ("until", "sections"),
    [
        ("documents", ["corpus", "lineage", "details"]),
        ("instruct", ["corpus", "dialogues", "lineage", "details"]),
        ("train", ["corpus", "dialogues", "courses", "lineage", "details"]),
        ("evaluate", ["results", "table", "answers", "corpus", "dialogues", "courses", "lineage", "details"]),
    ],
)
def test_a_road_that_was_walked_in_part_is_told_in_part(company: Any, until: str, sections: list[str]) -> None:
    reader = Reader(page(company.walk(until)))
    found = [value for tag, name, value in reader.attributes if (tag, name) == ("section", "id")]
    assert found == sections
    anchors = [value for tag, name, value in reader.attributes if (tag, name) == ("a", "href")]
    ids = {f"#{value}" for _, name, value in reader.attributes if name == "id"}
    assert [each for each in anchors if each not in ids] == []
    assert ("まだ何も測っていません" in reader.text) == (until != "evaluate")


def test_without_a_single_artifact_there_is_still_a_page() -> None:
    assert "Nothing has been measured yet" in page(Story(name="empty", language="en", artifacts=()))


def test_ids_are_unique(finished: Any) -> None:
    reader = Reader(page(finished.story()))
    ids = [value for _, name, value in reader.attributes if name == "id"]
    assert len(ids) == len(set(ids))


def test_every_row_of_the_table_names_its_scorecard(finished: Any) -> None:
    story = finished.story()
    titles = {value for tag, name, value in Reader(page(story)).attributes if (tag, name) == ("tr", "title")}
    assert {card.id for card in story.scorecards.values()} <= titles


def test_a_large_project_gives_a_page_of_bearable_size(make_company: Any) -> None:
    company = make_company(questions=66, passages=120, characters=400)
    company.read()
    company.prepare()
    company.train()
    for number in range(3):
        company.measure({}, {}, ending=f"-{number}" if number else "")
    story = company.story()
    assert len(story.scorecards) >= 8
    html = page(story)
    assert html.count('class="question"') == 66
    assert len(html.encode()) < 3_000_000
