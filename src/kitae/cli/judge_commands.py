"""The sub-commands of `kitae judge`: how far a judge can be believed, and whether it is still the one it was."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON (docs/schema) instead of text.")]
Name = Annotated[str, typer.Option(help="Of [judges] or [endpoints].")]


def calibrate(
    against: Annotated[Path, typer.Option(help="The same of a trusted judge, or people's labels or votes.")],
    files: Annotated[list[Path] | None, typer.Argument(help="Judgments, as `evaluate rescore` reads them.")] = None,
    protocol: Annotated[str, typer.Option(help="mtbench, pairwise or shaberi.")] = "mtbench",
    judge: Annotated[str, typer.Option(help="Whose they are: its bar counts, what is found is remembered.")] = "",
    suite: Annotated[str, typer.Option(help="Of the judge: its judgments in the records, without files.")] = "",
    at_least: Annotated[float | None, typer.Option(min=0, max=1, help="The bar where no judge is named: 0.95.")] = None,
    gate: Annotated[bool, typer.Option("--gate", help="End with 3 where the judge is below that.")] = False,
    json: Json = False,
) -> None:
    """Hold a judge against labels: kappa, rank correlation, bias, and means without it."""
    from ..calibrating import Held
    from .judge import calibrate as command
    from .main import Where

    held = Held(against, tuple(files or ()), protocol, judge, suite, at_least)
    command(Where.folder, held, gate=gate, as_json=json)


def anchors(
    judge: Name,
    suite: Annotated[str, typer.Option(help="Whose answers; the judge has rated them.")],
    count: Annotated[int, typer.Option(min=2, help="How many judgments.")] = 40,
    again: Annotated[bool, typer.Option("--again", help="In place of what was frozen before.")] = False,
    json: Json = False,
) -> None:
    """Freeze judgments, to ask the judge about the same answers again later."""
    from .anchors import anchors as command
    from .main import Where

    command(Where.folder, judge, suite, count, again=again, as_json=json)


def drift(
    judge: Name,
    suite: Annotated[str, typer.Option(help="Of one suite alone; all that is frozen when left out.")] = "",
    gate: Annotated[bool, typer.Option("--gate", help="End with 3 where the judge has drifted.")] = False,
    json: Json = False,
) -> None:
    """Ask a judge about its anchors again: steady, drifted or unclear."""
    from .anchors import drift as command
    from .main import Where

    command(Where.folder, judge, suite, gate=gate, as_json=json)


def register(app: typer.Typer) -> None:
    """Adds them to `kitae judge`."""
    app.command()(calibrate)
    app.command()(anchors)
    app.command()(drift)
