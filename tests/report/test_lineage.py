import re
import xml.etree.ElementTree as ET
from typing import Any

from kitae.report.lineage import lineage, wrapped
from kitae.report.page import page

ROW = {
    "time": "2026-11-24T03:55:12Z",
    "endpoint": "judge",
    "url": "https://llm.example/v1",
    "model": "judge-2026-08-01",
    "purpose": "answer",
    "label": "public",
    "body": "0" * 64,
    "bytes": 1200,
}


def test_every_artifact_is_in_the_picture_and_every_input_in_the_table(finished: Any) -> None:
    story = finished.story()
    found = lineage(story)
    titles = "\n".join(each.text or "" for each in ET.fromstring(found.picture).iter("title")).split("\n")
    assert sorted(titles) == sorted(story.by_id)
    for each in found.ancestors:
        assert {*each.inputs, *each.missing} == {given.id for given in each.artifact.record.inputs}


def test_what_stands_in_the_same_place_shares_a_box(finished: Any) -> None:
    picture = ET.fromstring(lineage(finished.story()).picture)
    together = [each.text or "" for each in picture.iter("title") if "\n" in (each.text or "")]
    assert [re.sub(r"@\w+", "", each).split("\n") for each in together] == [
        ["suite/unseen", "suite/known"],
        ["scorecard/null.copy", "scorecard/null.first"],
    ]


def test_an_input_that_is_not_part_of_the_story_is_drawn_as_missing(finished: Any) -> None:
    gone = finished.all.id
    found = lineage(finished.story(without=[gone]))
    assert gone in {id for each in found.ancestors for id in each.missing}
    ghosts = [g for g in ET.fromstring(found.picture).iter("g") if "ghost" in g.attrib.get("class", "")]
    assert [g.findtext("title") for g in ghosts] == [gone]


def test_labels_groups_and_licences_stand_beside_each_artifact(finished: Any) -> None:
    html = page(finished.story())
    row = html[html.index(f'<tr id="{finished.trimmed.id}">') :]
    row = row[: row.index("</tr>")]
    assert "<div>gemma</div>" in row
    assert "公開" in row
    assert "<div>all</div>" in row


def test_an_empty_ledger_is_told_in_words(finished: Any) -> None:
    html = page(finished.story())
    assert "ゲートの台帳に記録は一つもありません（呼び出し0回）。" in html
    assert "zero calls" in html


def test_calls_are_counted_when_they_are_sent_and_not_again_by_their_outcome(company: Any) -> None:
    company.read()
    rows = [ROW | {"outcome": outcome} for outcome in ("sent", "503", "sent", "200")]
    rows += [ROW | {"outcome": "refused by policy", "label": "internal"}]
    story = company.story(ledger=rows)
    found = lineage(story)
    assert (found.calls, found.refused) == (2, 1)
    assert [(str(each.label), each.sent, each.refused, each.bytes) for each in found.sent] == [
        ("public", 2, 0, 2400),
        ("internal", 0, 1, 0),
    ]
    html = page(story)
    assert "外部へ2回送りました。" in html
    assert "zero calls" not in html


def test_long_names_are_broken_and_not_cut() -> None:
    lines = wrapped("tuned-tune-only-int8", 60.0, 12)
    assert len(lines) > 1
    assert "".join(lines) == "tuned-tune-only-int8"
