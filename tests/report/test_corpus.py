from typing import Any

from kitae.report.corpus import corpora
from kitae.report.page import page
from kitae.report.story import Story


def test_the_funnel_goes_from_all_documents_to_training_text(finished: Any) -> None:
    story = finished.story()
    (corpus,) = corpora(story).corpora
    characters = [step.characters for step in corpus.funnel]
    assert characters == sorted(characters, reverse=True)
    assert characters[0] == sum(len(document.text) for document in finished.documents())
    assert characters[1] == len(finished.documents()[1].text)
    assert corpus.funnel[0].share == 1.0
    assert [step.artifact for step in corpus.funnel[:3]] == [finished.all.id, finished.trainable.id, finished.corpus.id]
    assert corpus.funnel[1].words.en == "without what is held out for measuring"


def test_what_was_dropped_is_shown_with_its_reason(finished: Any, nasty: str) -> None:
    story = finished.story()
    (rule,) = corpora(story).corpora[0].dropped
    assert (rule.rule, rule.count, rule.characters) == ("too_short", 1, 200)
    assert rule.samples[0]["sample"] == nasty
    assert "4 characters" in page(story)


def test_held_out_sections_are_counted_and_named(finished: Any) -> None:
    found = corpora(finished.story())
    assert found.sections_held_out == 3
    (held,) = found.held_out
    assert held.reason.en == "holds the answer to a question of a suite"
    assert [row["section"] for row in held.named] == [f"rules/休暇規程.md#{number}" for number in range(3)]
    assert [row["question"] for row in found.unfound] == ["u9"]


def test_sources_and_files_that_were_not_read(finished: Any) -> None:
    found = corpora(finished.story())
    (source,) = found.sources
    assert (source.name, source.documents, source.sections) == ("rules", 2, 6)
    assert [row["file"] for row in found.skipped] == ["rules/写真.png"]
    assert found.left_out == (("navigation", 240),)


def test_without_documents_nothing_is_shown() -> None:
    assert not corpora(Story(name="x", language="ja", artifacts=())).shown
