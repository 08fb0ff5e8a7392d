"""`kitae plan worksheet`: a page with which a team finds its use cases, and what comes of it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from rich.console import Console

from ..core import spelled
from ..core.mistakes import Mistake
from ..core.quantity import Money, parse_money
from ..planning import Worth, read_filled, write_worksheets
from .plan_outputs import UseCaseLine, WorksheetOutput
from .printing import emit


def worksheet(folder: Path, file: Path | None, *, once: str, monthly: str, as_json: bool) -> None:
    """
    Raises:
        Mistake: the pages are there already, or one that was filled in cannot be read.
    """
    paid, running = _yen(once, "--once"), _yen(monthly, "--monthly")
    if file is None:
        output = WorksheetOutput(files=tuple(map(str, write_worksheets(folder))))
    else:
        output = _output(read_filled(folder, file, once=paid, monthly=running), paid, running)
    emit(output, as_json=as_json, text=lambda console: _tell(console, output))


def _yen(written: str, option: str) -> Decimal:
    money = parse_money(written, where=option)
    if money.currency != "JPY":
        raise Mistake(f"`{written}` is not in yen", where=option, hint="write it in yen: wages are")
    return money.amount


def _output(worth: Worth, once: Decimal, monthly: Decimal) -> WorksheetOutput:
    filled, own = worth.filled, worth.filled.stays(worth.may_leave)
    months = filled.months(once, monthly) if once or monthly else None
    enough = filled.enough_answers(monthly, once) if once or monthly else None
    lines = [
        UseCaseLine(
            task=case.task,
            way=case.way,
            proposed=case.proposed[0],
            why=case.proposed[1],
            label=str(case.label),
            own_model_only=case in own,
            times_a_year=float(case.yearly),
            hours_a_year=float(case.hours()),
            yen_a_year=float(case.value(filled.wage)),
        )
        for case in filled.cases
    ]
    return WorksheetOutput(
        files=(str(worth.page),),
        cases=tuple(sorted(lines, key=lambda line: -line.yen_a_year)),
        yen_a_year=float(filled.value),
        answers_a_month=float(filled.answers_per_month),
        months_until_paid_back=None if months is None else float(months),
        answers_a_month_for_two_years=None if enough is None else float(enough),
    )


def _tell(console: Console, output: WorksheetOutput) -> None:
    def say(line: str = "") -> None:
        console.print(line, markup=False, soft_wrap=True)

    for case in output.cases:
        say(case.task)
        where = "own model only" if case.own_model_only else "an API may do it"
        chosen = "" if case.way == case.proposed else f" (proposed: {case.proposed})"
        say(f"  {case.way}{chosen}: {case.why}; {case.label}, {where}")
        say(f"  {case.times_a_year:,.0f} times, {case.hours_a_year:,.0f} h, {_both(case.yen_a_year)} a year (expected)")
    if output.yen_a_year is not None and output.answers_a_month is not None:
        say(f"\nin all {_both(output.yen_a_year)} a year, {output.answers_a_month:,.0f} answers a month")
        say(f"`answers_per_month = {output.answers_a_month:.0f}` in [plan.serving]: `kitae plan` then tells what pays")
    if output.months_until_paid_back is not None:
        say(f"paid back after {output.months_until_paid_back:,.1f} months")
    if output.answers_a_month_for_two_years is not None:
        say(f"{output.answers_a_month_for_two_years:,.0f} answers a month pay it back in two years")
    for file in output.files:
        say(f"wrote {file}")


def _both(yen: float) -> str:
    return spelled.money(Money(amount=Decimal(round(yen)), currency="JPY"))
