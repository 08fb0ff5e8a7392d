"""The sub-commands of `kitae plan` that a team works with: the rented window, and the worksheet of use cases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON (docs/schema) instead of text.")]


def schedule(json: Json = False) -> None:
    """Write the page of the rented window: what is due, which run stands where."""
    from .main import Where
    from .schedule import schedule as command

    command(Where.folder, as_json=json)


def worksheet(
    file: Annotated[
        Path | None, typer.Argument(help="One that was filled in; a new one is written without it.")
    ] = None,
    once: Annotated[str, typer.Option(help="What is paid one time, for example 200万円.")] = "0円",
    monthly: Annotated[str, typer.Option(help="What is paid every month.")] = "0円",
    json: Json = False,
) -> None:
    """Write the page with which a team finds its use cases, or read one that is filled in."""
    from .main import Where
    from .worksheet import worksheet as command

    command(Where.folder, file, once=once, monthly=monthly, as_json=json)


def register(app: typer.Typer) -> None:
    """Adds them to `kitae plan`."""
    app.command()(schedule)
    app.command()(worksheet)
