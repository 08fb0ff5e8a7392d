"""`kitae suites`: the suites that come with the package."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from ..evaluate.suites import OWN, OwnSuite, own_suite
from .outputs import SuiteLine, SuitesOutput
from .printing import emit


def suites(*, as_json: bool) -> None:
    output = SuitesOutput(suites=tuple(_line(own_suite(name)) for name in OWN))

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
