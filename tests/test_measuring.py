"""Which rows of the decision table choose among what the search finds."""

from __future__ import annotations

from kitae.measuring import candidates, rows
from kitae.project import ProjectFile


def _file(read: int) -> ProjectFile:
    return ProjectFile.model_validate(
        {
            "project": {"name": "x"},
            "sources": [{"name": "x", "path": "."}],
            "knowledge": {"search": {"candidates": read}},
            "variants": [{"name": "longer", "set": {"train.tune.epochs": 2}}],
            "endpoints": {"api": {"url": "https://llm.example/v1", "model": "m", "may_receive": "public", "row": True}},
        }
    )


def test_only_models_that_were_taught_to_decline_reread_and_only_where_they_are_shown_passages() -> None:
    file = _file(5)
    reread = {row.name for row in rows(file) if candidates(row, file)}
    assert reread == {"tuned.retrieval", "tuned.given", "tuned-longer.retrieval", "tuned-longer.given"}
    assert {candidates(row, file) for row in rows(file)} == {0, 5}


def test_none_does_where_the_project_does_not_want_it() -> None:
    file = _file(0)
    assert not any(candidates(row, file) for row in rows(file))
