"""`kitae suites`: the suites that come with the package, a project's own, and those that others have published."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ..evaluate.imported.folder import read_folder
from ..evaluate.imported.shelf import keep
from ..evaluate.suites import OWN, OwnSuite, own_suite
from ..project import FILE, Project
from ..suites import Asked, suite_named, suite_names
from .outputs import SuiteAddOutput, SuiteFile, SuiteLine, SuitesOutput
from .printing import emit


def suites(folder: Path, *, as_json: bool) -> None:
    """Those that come with the package and, in a project, all that `--suite` knows there."""
    lines = [_line(own_suite(name)) for name in OWN]
    if (folder / FILE).is_file():
        project = Project(folder)
        lines += [_of_project(suite_named(project, name)) for name in suite_names(project) if name not in OWN]
    output = SuitesOutput(suites=tuple(lines))

    def text(console: Console) -> None:
        table = Table("suite", box=None, pad_edge=False)
        for head in ("questions", "prompts", "turns"):
            table.add_column(head, justify="right")
        table.add_column("scored by")
        table.add_column("version", no_wrap=True)
        for each in output.suites:
            counts = (each.questions, each.prompts, each.turns)
            table.add_row(each.name, *map(str, counts), each.scored, each.version)
        console.print(table)
        for each in output.suites:
            console.print(f"{each.name}: {each.title}", markup=False)

    emit(output, as_json=as_json, text=text)


def _of_project(suite: Asked) -> SuiteLine:
    if suite.own is not None:
        return _line(suite.own)
    assert suite.company is not None
    return SuiteLine(
        name=suite.name,
        title=f"the project's own, {suite.company.kind}",
        questions=suite.questions,
        prompts=len(suite.prompts),
        turns=len(suite.prompts),
        categories=(),
        scored="program",
        version=suite.version,
    )


def _line(suite: OwnSuite) -> SuiteLine:
    return SuiteLine(
        name=suite.name,
        title=suite.title,
        questions=suite.questions,
        prompts=len(suite.prompts),
        turns=sum(len(prompt.turns) for prompt in suite.prompts),
        categories=tuple(dict.fromkeys(prompt.category for prompt in suite.prompts)),
        scored=suite.scored,
        version=suite.version,
    )


@dataclass(frozen=True)
class Chosen:
    """What is to be taken from a folder that holds more; empty where it holds one."""

    name: str
    references: str
    prompts: str


def add(project: Path, folder: Path, chosen: Chosen, *, as_json: bool) -> None:
    """
    Raises:
        Mistake: no project, no questions in a known form, or references that have to be chosen.
    """
    at = Project(project).folder
    imported = read_folder(folder, name=chosen.name, references=chosen.references, prompts=chosen.prompts)
    file = keep(at, imported)
    output = SuiteAddOutput(
        suite=_line(imported.suite()),
        file=str(file),
        variant=imported.variant,
        references=imported.references,
        prompts=imported.prompt_set,
        sources=tuple(SuiteFile.model_validate(each.model_dump()) for each in imported.sources),
        notes=tuple(imported.notes),
    )
    emit(output, as_json=as_json, text=lambda console: _print_added(console, output))


def _print_added(console: Console, output: SuiteAddOutput) -> None:
    suite = output.suite
    console.print(
        f"{suite.name}: {suite.questions} questions, {suite.turns} turns, scored by {suite.scored}", markup=False
    )
    for each in output.sources:
        console.print(
            f"  {each.role}: {each.file} is {each.variant} {each.source} {each.licence}".rstrip(), markup=False
        )
    for note in output.notes:
        console.print(f"note: {note}", markup=False)
