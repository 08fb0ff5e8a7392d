from typing import Any

from kitae.report.details import details


def test_seconds_memory_and_host_are_those_that_were_measured(finished: Any) -> None:
    story = finished.story()
    found = details(story)
    assert [each.artifact.id for each in found.made] == list(story.by_id)
    assert found.seconds == sum(each.artifact.measured["seconds"] for each in found.made)
    assert all(each.memory and each.memory > 1_000_000 for each in found.made)
    assert len(found.hosts) == 1
    assert {each.outcome for each in found.made} == {"made"}
    assert dict(found.made[-4].figures).keys() == {"tokens", "answer_seconds"}


def test_packages_are_named_once_with_their_versions(finished: Any) -> None:
    names = [package for package, _ in details(finished.story()).packages]
    assert names == sorted(set(names))
    assert "pydantic" in names
