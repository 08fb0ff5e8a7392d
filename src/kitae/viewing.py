"""What was examined, read from the records alone: the page of it and files of it. Nobody is asked anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from .core.files import write_atomically
from .core.mistakes import Mistake
from .core.noun import Noun
from .core.records import Records
from .evaluate.judging.asked import REPLIES, Answer
from .evaluate.judging.request import JUDGMENTS, Judgment
from .evaluate.judging.standing import standing
from .project import REPORT, Project
from .report.boards import Board, Said
from .report.examined import boards
from .report.fastchat import Exchange, Rows
from .report.page import view
from .suites import suite_named, suite_names

VIEW = "view.html"
T = TypeVar("T", bound=Noun)


def write_view(project: Project) -> Path:
    """Writes `view.html`: who scores what, and every answer.

    Raises:
        Mistake: a row of the records is of a form that this kitae does not know.
    """
    facts, file = project.file.project, project.folder / VIEW
    report = REPORT if (project.folder / REPORT).is_file() else ""
    write_atomically(file, [view(facts.name, facts.language, examined(project), report=report).encode()])
    return file


def examined(project: Project) -> list[Board]:
    """A board for each suite and each way of rating it, of all that is in the records.

    Raises:
        Mistake: a row of the records is of a form that this kitae does not know.
    """
    answers, judgments = _rows(project)
    if not answers and not judgments:
        return []
    suites = [suite_named(project, name) for name in suite_names(project)]
    found = boards(suites, answers, judgments)
    return [replace(each, standing=standing(project.records, each.judge, each.protocol)) for each in found]


def export(project: Project, folder: Path, suite: str = "") -> dict[Path, int]:
    """Writes answers and judgments as FastChat's files, each suite into a folder of its own: `folder` is its `data`.

    Args:
        suite: That one alone.

    Returns:
        How many rows each file has.

    Raises:
        Mistake: no such suite, nothing is answered, or there is something already.
    """
    answers, judgments = _rows(project)
    said = Said(answers)
    suites = {name: suite_named(project, name) for name in ([suite] if suite else suite_names(project))}
    shown = boards(list(suites.values()), answers, judgments)
    found = {}
    for name, asked in suites.items():
        rated = [board for board in shown if board.suite == name]
        if rated or said.to(asked):
            found[name] = Exchange(asked, rated, said).files()
    if not found:
        what = f"no model has answered {suite}" if suite else "no model has answered a suite"
        raise Mistake(what, where=str(project.records.folder), hint="`kitae evaluate` asks one")
    for name in found:
        if (folder / name).exists() and (not (folder / name).is_dir() or any((folder / name).iterdir())):
            raise Mistake("there is something already", where=str(folder / name), hint="name another folder")
    written = {}
    for name, files in found.items():
        for file, rows in files.items():
            lines = (json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)
            write_atomically(folder / name / file, lines)
            written[folder / name / file] = len(rows)
    return written


def judged(project: Project, suite: str, judge: str, protocol: str) -> Rows:
    """What a judge made of a suite as it is asked today, as `export` writes it; nothing where it rated nothing.

    Args:
        judge: Its version.

    Raises:
        Mistake: no such suite.
    """
    asked, (answers, judgments) = suite_named(project, suite), _rows(project)
    how, said = (suite, judge, protocol), Said(answers)
    own = [each for each in judgments if (each.about.suite, each.about.judge, each.about.protocol) == how]
    found = [board for board in boards([asked], answers, own) if board.kind != "program"]
    return [row for board in found for row in Exchange(asked, [board], said).judged(board)]


def _rows(project: Project) -> tuple[dict[str, Answer], list[Judgment]]:
    answers = {each.key: each for each in read(project.records, REPLIES, Answer)}
    return answers, list(read(project.records, JUDGMENTS, Judgment))


def read(records: Records, kind: str, noun: type[T]) -> Iterator[T]:
    """The rows of a kind.

    Raises:
        Mistake: one is of a form that this kitae does not know.
    """
    for row in records.all(kind):
        try:
            yield noun.model_validate(row)
        except ValidationError as error:
            found = error.errors()[0]
            told = f"{'.'.join(map(str, found['loc']))}: {found['msg']}"
            raise Mistake(
                f"a row of the records is not as this kitae writes them: {told}",
                where=str(records.folder / kind),
                hint="install the kitae that wrote it, or a newer one",
            ) from None
