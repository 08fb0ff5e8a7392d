"""`kitae plan`, `kitae plan estimate` and `kitae plan backtest`: their arguments."""

from __future__ import annotations

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON (docs/schema) instead of text.")]


def plan(
    context: typer.Context,
    by: Annotated[str, typer.Option(help="The day it has to be ready: 2027-01-31.")] = "",
    budget: Annotated[str, typer.Option(help="At most, for example 200万円 or $3,500; [goal] when left out.")] = "",
    page: Annotated[bool, typer.Option("--page", help="Write plan.html too, to be shared.")] = False,
    probe: Annotated[bool, typer.Option("--probe", help="Time some seconds of real steps on this machine.")] = False,
    place: Annotated[str, typer.Option(help="With --probe: where this is, of [[places]].")] = "",
    json: Json = False,
) -> None:
    """What the project's training costs, where, and what else would do."""
    if context.invoked_subcommand is not None:
        return
    _check(probe=probe, place=place, plans={"--by": by, "--budget": budget, "--page": page})
    if probe:
        from .main import Where
        from .probe import probe as timed

        timed(Where.folder, place=place, as_json=json)
    else:
        from .main import Where
        from .plan import plan as command

        command(Where.folder, by=by, budget=budget, page=page, as_json=json)


def _check(*, probe: bool, place: str, plans: dict[str, object]) -> None:
    """
    Raises:
        Mistake: an option of the other use, which would be dropped.
    """
    from ..core.mistakes import Mistake

    if given := [name for name, value in plans.items() if value] if probe else []:
        hint = "a probe times this machine and plans nothing: run `kitae plan` by itself for these"
        raise Mistake(f"--probe goes without {' and '.join(given)}", where="kitae plan", hint=hint)
    if place and not probe:
        hint = "add --probe, or leave it out: a plan looks at all [[places]]"
        raise Mistake("--place goes with --probe", where="kitae plan", hint=hint)


def estimate(
    params: Annotated[str, typer.Option(help="Parameters of the model: 7B, 70億.")],
    tokens: Annotated[str, typer.Option(help="Tokens to train on: 7B, 1.5億.")],
    gpu: Annotated[str, typer.Option(help="Card and GiB: a100-40.")],
    gpus: Annotated[int, typer.Option(min=1, help="How many in all.")],
    hours_reserved: Annotated[float | None, typer.Option(help="Hours of the window that is paid for.")] = None,
    price: Annotated[str, typer.Option(help="Key of a price: aws:p4d.24xlarge:us-east-1.")] = "",
    active: Annotated[str, typer.Option(help="Of a mixture of experts: parameters that a token passes.")] = "",
    method: Annotated[str, typer.Option(help="full, lora or qlora.")] = "full",
    optimiser: Annotated[str, typer.Option(help="adamw or adamw8bit.")] = "adamw",
    sequence: Annotated[int, typer.Option(min=1, help="Tokens in a row.")] = 4096,
    fx: Annotated[float | None, typer.Option(min=1, help="Yen for a dollar, today.")] = None,
    as_written: Annotated[bool, typer.Option("--as-written", help="The figures are no slips.")] = False,
    json: Json = False,
) -> None:
    """What a training takes: memory, hours, money, electricity."""
    from .main import Where
    from .plan_estimate import Arguments
    from .plan_estimate import estimate as command

    written = Arguments(
        params, tokens, gpu, gpus, active, price, method, optimiser, sequence, hours_reserved, fx, as_written
    )
    command(Where.folder, written, as_json=json)


def backtest(json: Json = False) -> None:
    """The planner held against published runs."""
    from .plan_backtest import backtest as command

    command(as_json=json)


def register(app: typer.Typer) -> None:
    """Adds them to `kitae plan`."""
    app.callback(invoke_without_command=True)(plan)
    app.command()(estimate)
    app.command()(backtest)
