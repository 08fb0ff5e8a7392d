"""What people do with a plan: the page of a rented window, the worksheet of use cases, what a run took against it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from .core.files import write_atomically
from .core.label import Label
from .core.making import Making
from .core.mistakes import Mistake
from .core.noun import digest
from .estimate import CoursePlan, course_plans
from .gate.policy import Place
from .plan.actual import KIND, MEASURED_KWH, Outcome, spent
from .plan.amounts import amounts
from .plan.pace import KIND as PROBES
from .plan.pace import Pace, recipe_of
from .plan.plan import Plan
from .plan.schedule import Amounts, Schedule, schedule
from .plan.span import Span
from .plan.window import Window
from .plan.worksheet import Worksheet, read_worksheet
from .project import FILE, Project
from .road import every_weight, own_files
from .train.recipe import COURSES, Course

if TYPE_CHECKING:
    from .plan.probe import Forecast

EXAMPLE = "add [schedule] with `place`, `start = 2026-12-07T09:00:00+09:00` and `hours = 60` (docs/schedule.md)"


def window_of(project: Project) -> tuple[Window, Place]:
    """The rented window and its place.

    Raises:
        Mistake: none is declared, or its place is not.
    """
    window = project.file.schedule
    if window is None:
        raise Mistake("no rented window is declared", where="kitae.toml", hint=EXAMPLE)
    place = project.place(window.place)
    assert place is not None, "a place of that name is a place"
    return window, place


def gpus_of(place: Place) -> int:
    """On all its nodes; a machine without any counts as one."""
    return place.nodes * (place.gpus.count if place.gpus else 1)


def amounts_of(project: Project) -> Amounts:
    return amounts(project.store, every_weight=every_weight(project.file))


def schedule_of(project: Project) -> Schedule:
    """The window with the runs of the project in it.

    Raises:
        Mistake: no window is declared, or it cannot be.
    """
    window, place = window_of(project)
    return schedule(window, project.file.runs, gpus=gpus_of(place), amounts=amounts_of(project))


def write_schedule(project: Project) -> tuple[Schedule, list[Path]]:
    """Writes the page that the team shares: `schedule.html`, and as Markdown in both languages.

    Raises:
        Mistake: as `schedule_of`.
    """
    from .report.timetable import timetable_html, timetable_markdown

    planned, (_, place) = schedule_of(project), window_of(project)
    name, language = project.file.project.name, project.file.project.language
    pages = {"schedule.html": timetable_html(planned, project=name, place=place, language=language)}
    pages["schedule.ja.md"] = timetable_markdown(planned, project=name, place=place, language="ja")
    pages["schedule.en.md"] = timetable_markdown(planned, project=name, place=place, language="en")
    return planned, _write(project.folder, pages)


def write_plan(project: Project, found: Plan) -> Path:
    """Writes `plan.html`: the plan for those who decide, before anything is made."""
    from .report.plan import plan_page

    page = plan_page(found, project=project.file.project.name, language=project.file.project.language)
    return _write(project.folder, {"plan.html": page})[0]


WORKSHEETS = {"ja": "worksheet.ja.md", "en": "worksheet.en.md"}


def write_worksheets(folder: Path) -> list[Path]:
    """Writes the page to be filled in, in both languages; one that is there already is somebody's work and stays.

    Args:
        folder: A project's, or any: use cases are looked for before there is a project.

    Raises:
        Mistake: both are there.
    """
    from .report.worksheet import blank

    project = _project(folder)
    name = project.file.project.name if project else ""
    pages = {
        file: blank(project=name, file=file, language="ja" if language == "ja" else "en")
        for language, file in WORKSHEETS.items()
        if not (folder / file).exists()
    }
    if not pages:
        raise Mistake(
            "the worksheets are there already",
            where=str(folder),
            hint=f"fill one in, then `kitae plan worksheet {WORKSHEETS['ja']}`",
        )
    return _write(folder, pages)


@dataclass(frozen=True)
class Worth:
    """What came of a worksheet."""

    filled: Worksheet
    may_leave: Label | None
    """The highest label that an endpoint of the project may receive."""
    page: Path


def read_filled(folder: Path, file: Path, *, once: Decimal, monthly: Decimal) -> Worth:
    """Reads a worksheet that was filled in, and writes `worksheet.html` about it.

    Raises:
        Mistake: there is no such file, or it cannot be read.
    """
    from .report.worksheet import told

    if not file.is_file():
        raise Mistake("there is no such worksheet", where=str(file), hint="`kitae plan worksheet` writes one")
    filled, project = read_worksheet(file.read_text(encoding="utf-8-sig"), where=str(file)), _project(folder)
    endpoints = project.file.endpoints.values() if project else ()
    may_leave = max((each.may_receive for each in endpoints), default=None, key=lambda label: label.rank)
    name = project.file.project.name if project else file.stem
    language = project.file.project.language if project else "ja"
    page = told(filled, project=name, language=language, may_leave=may_leave, once=once, monthly=monthly)
    return Worth(filled, may_leave, *_write(folder, {"worksheet.html": page}))


Plans = dict[str, CoursePlan]
"""Of courses, by the names of the models that come out of them."""

MODELS = {"pretrain": "pretrained", "tune": "tuned", "prefer": "preferred"}


def plans_of(project: Project, place: str = "") -> Plans:
    """What every course of every model is planned to take, before any of them begins."""
    return {
        f"{MODELS[stage]}{suffix}": planned
        for suffix, file in own_files(project).items()
        for stage, planned in course_plans(project, file, place).items()
    }


def note_spending(project: Project, making: Making, plans: Plans, place: str = "") -> list[Outcome]:
    """Writes down of each course that was made what it took beside what was planned.

    Args:
        plans: As they were before it began.
    """
    here = project.place(place)
    made = {step.artifact for step in making.steps if step.outcome == "made" and step.stage in COURSES}
    found = []
    for artifact in making.used:
        if artifact.id not in made:
            continue
        planned, measured = plans.get(artifact.name), artifact.measured
        seconds = float(measured["seconds"])
        kwh = measured.get(MEASURED_KWH)
        outcome = Outcome(
            artifact=artifact.id,
            stage=artifact.record.stage,
            method=str(artifact.facts["method"]),
            place=here.name if here else "",
            at=str(measured["sealed"]),
            planned=spent(planned.total.value, planned.idle, here) if planned else None,
            factor=planned.correction.factor if planned else 1.0,
            probed=planned.probed if planned else False,
            actual=spent(seconds, seconds - float(measured.get("training_seconds", seconds)), here, kwh=kwh),
            kwh_measured=kwh is not None,
        )
        row = outcome.model_dump(mode="json")
        project.records.add(KIND, digest([artifact.id, measured]), row)
        found.append(outcome)
    return found


def note_probe(project: Project, course: Course, model: str, forecast: Forecast, here: Place | None) -> None:
    """Writes down how fast a course was, for plans to reckon with.

    Args:
        model: Name of the folder that training begins with.
    """
    rate, apart = forecast.tokens / forecast.training, forecast.timing.spread
    row = Pace(
        recipe=recipe_of(course),
        model=model,
        place=here.name if here else "",
        at=datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
        fixed_seconds=forecast.seconds - forecast.training,
        tokens_per_second=Span(low=rate / (1 + apart), mid=rate, high=rate * (1 + apart)),
    )
    written = row.model_dump(mode="json")
    project.records.add(PROBES, digest([written]), written)


def _project(folder: Path) -> Project | None:
    return Project(folder) if (folder / FILE).is_file() else None


def _write(folder: Path, pages: dict[str, str]) -> list[Path]:
    for name, text in pages.items():
        write_atomically(folder / name, [text.encode()])
    return [folder / name for name in pages]
