"""What the project's own training would cost, at every place where it could be done, and what else would do."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from .adopt.sources import find_base
from .core.architecture import Architecture, from_config
from .core.label import Label
from .core.mistakes import Mistake
from .core.quantity import Money
from .estimate import PARAMETERS, VOCABULARY, courses_of, pace_of, prepared_model, work_of
from .gate.policy import Place
from .plan.actual import KIND, correction, outcomes
from .plan.alternatives import FROM_NOTHING, ways
from .plan.answering import answering
from .plan.architecture import typical
from .plan.energy import Grid
from .plan.estimate import Estimate, estimate
from .plan.options import Kind, Option, Wish, ask_for, hidden_parts, in_all, options
from .plan.plan import Plan
from .plan.price import Offer
from .plan.reason import Reason
from .plan.recipe import PlanRecipe
from .plan.slips import Asked, check
from .plan.span import Span
from .plan.worksheet import Worksheet, read_worksheet
from .project import Project, ProjectFile
from .train.cost import cost as course_cost
from .train.memory import needed
from .train.recipe import Course, PretrainRecipe
from .train.stage import place as machine

BASES: Final = {"wheel:gemma3-270m": 268e6, "wheel:smollm2-135m": 135e6}
"""Parameters of the bases that come as packages, before anything was adopted."""

HERE: Final = Place(name="this machine", may_hold=Label.RESTRICTED)
"""Where everything is done when no place is declared."""

SCRATCH: Final = PretrainRecipe(tokens=int(FROM_NOTHING), method="full", sequence=4096, held_out_tokens=0)
"""A model from nothing."""


def cost_plan(
    project: Project,
    *,
    by: datetime.date | None = None,
    budget: Money | None = None,
    today: datetime.date | None = None,
) -> Plan:
    """
    Args:
        by: The day on which it has to be ready.
        budget: At most; that of `[goal]` when left out.

    Raises:
        Mistake: the base is not known well enough, a price has no key, an endpoint that is to be paid has no price, or
            a figure is probably a slip.
    """
    file = project.file
    recipe, model, courses = file.plan.priced_by(file.endpoints), model_of(project), courses_of(file)
    limit = budget or (file.goal.budget if file.goal else None)
    most = recipe.exchange.in_yen(limit) if limit else None
    wish = Wish(today or datetime.date.today(), by, most)
    places = file.places or (HERE,)
    recipe.check_only(place.name for place in places)
    fitting, out = _where(project, model, courses, recipe, wish)
    if not recipe.as_written:
        _check_slips(model, recipe, wish, fitting, out)
    serving = answering(model, recipe, fitting, out, places=places, today=wish.today)
    filled = _worksheet(project)
    answers = recipe.serving.answers_per_month or (float(filled.answers_per_month) if filled else 0.0)

    def once(courses: dict[str, Course]) -> Span | None:
        # Without day, budget and window, which are for the plan itself.
        free = recipe.model_copy(update={"hours_reserved": None})
        found, _ = _where(project, model, courses, free, Wish(wish.today))
        return found[0].whole if found else None

    tuned = {stage: course for stage, course in courses.items() if stage != "pretrain"}
    told = ways(
        api=recipe.api_yen,
        serving=serving,
        tuning=once(tuned),
        pretraining=once(courses) if "pretrain" in courses else None,
        scratch=once({"pretrain": SCRATCH, **tuned}),
        answers=answers,
    )
    works = {name: work_of(course, file.plan) for name, course in courses.items()}
    return Plan(model, works, fitting, out, told, serving, recipe, wish, filled)


def _check_slips(
    model: Architecture, recipe: PlanRecipe, wish: Wish, fitting: Sequence[Option], out: Sequence[Option]
) -> None:
    """What is learnt of is not asked about: a company's own handbook is short beside any model.

    Raises:
        Mistake: the parameters are out of proportion to the GPUs of a place or of the first choice, or the budget to
            the hours.
    """
    otherwise = "write `as_written = true` in [plan]"
    if model.parameters == recipe.parameters:
        own = [each for each in (*fitting, *out) if each.name.startswith("place:")]
        for found in [each.estimate for each in (*own, *fitting[:1]) if each.estimate]:
            asked = Asked(model.parameters, found.gpus, found.gpu.gib, found.gpu.card)
            check(asked, where="parameters of [plan]", otherwise=otherwise)
    hours = [each.estimate.gpu_hours.low for each in out if each.estimate]
    if hours and not fitting:
        asked = Asked(model.parameters, budget=wish.budget_yen, gpu_hours=min(hours))
        check(asked, where="--budget, or budget of [goal]", otherwise=otherwise)


def _worksheet(project: Project) -> Worksheet | None:
    """As `worksheet` of [plan.serving] names it.

    Raises:
        Mistake: there is none, or it cannot be read.
    """
    named = project.file.plan.serving.worksheet
    if not named:
        return None
    file = project.folder / named
    if not file.is_file():
        raise Mistake(
            "there is no such worksheet",
            where=f"worksheet of [plan.serving]: {file}",
            hint="`kitae plan worksheet` writes one to be filled in",
        )
    return read_worksheet(file.read_text(encoding="utf-8-sig"), where=str(file))


def model_of(project: Project) -> Architecture:
    """The model that will be trained: as it was prepared, else as its folder says, else as large as it is told to be.

    Raises:
        Mistake: it is not on this machine and nothing says how large it is.
    """
    file = project.file
    if prepared := prepared_model(project):
        return from_config(prepared.folder, float(prepared.facts["parameters"]))
    if file.plan.parameters:
        return typical(file.plan.parameters, file.plan.active)
    base = file.project.base
    if base in BASES:
        shape = typical(BASES[base])
        trimmed = {"parameters": PARAMETERS, "active": PARAMETERS, "vocabulary": VOCABULARY}
        is_trimmed = file.vocabulary.vocabulary == "trim" and base == "wheel:gemma3-270m"
        return shape.model_copy(update=trimmed) if is_trimmed else shape
    folder = find_base(base, project.folder).folder
    if folder is None or not (folder / "config.json").is_file():
        raise Mistake(
            f"how large `{base}` is cannot be seen from here",
            where="[project] base",
            hint='write how many parameters it has: [plan] parameters = "7B"',
        )
    return architecture_of(folder)


def architecture_of(folder: Path) -> Architecture:
    """Of the model in a Hugging Face folder, or of one of which only the config is there."""
    return from_config(folder, _counted(folder))


def _counted(folder: Path) -> float | None:
    """Parameters as the weights have them; `None` where only the config is there."""
    from .adopt.facts import facts_of, weight_files

    return float(facts_of(folder)["parameters"]) if weight_files(folder) else None


def _where(
    project: Project, model: Architecture, courses: dict[str, Course], recipe: PlanRecipe, wish: Wish
) -> tuple[list[Option], list[Option]]:
    """Every place for these courses: rented, bought, declared."""
    file = project.file
    places = file.places or (HERE,)
    learnt = {place.name: _learnt(project, courses, place) for place in places}
    processors = [
        _processor(project, place, model, courses, recipe, learnt[place.name]) for place in places if place.gpus is None
    ]
    # The first place is where we are: of others the memory is not known.
    if processors and processors[0].name == places[0].name:
        processors[0] = replace(processors[0], why_out=_too_large(courses, model))
    own = [_kind(place, file, courses, learnt[place.name], wish.today) for place in places if place.gpus]
    works = [work_of(course, file.plan) for course in courses.values()]
    return options(model, works, recipe, wish, own=own, places=processors)


def _learnt(project: Project, courses: dict[str, Course], place: Place) -> dict[str, float]:
    """What earlier courses of each kind took at the place over what was planned for them."""
    known = outcomes(project.records.all(KIND))
    name = "" if place is HERE else place.name
    return {
        stage: correction(known, stage=stage, method=course.method, place=name).factor
        for stage, course in courses.items()
    }


def _kind(
    place: Place, file: ProjectFile, courses: dict[str, Course], learnt: Mapping[str, float], today: datetime.date
) -> Kind:
    """A declared place with GPUs: at its own price, as earlier courses ran there, with its own power."""
    works = [work_of(course, file.plan, factor=learnt[stage]) for stage, course in courses.items()]
    grams = place.grams_co2_per_kwh
    grid = None
    if grams is not None:
        year = re.search(r"\d{4}", place.grid_source)
        grid = Grid(
            name=place.name,
            kg_per_kwh=grams / 1000,
            power_source=place.power_source,
            source=place.grid_source,
            year=int(year[0]) if year else None,
        )
    watts = place.watts / place.nodes or None
    return Kind(_place_offer(place, today), place.nodes, works, whole=True, watts=watts, grid=grid)


def _place_offer(place: Place, today: datetime.date) -> Offer:
    """A declared place with GPUs, at its own price: what is paid for it."""
    return Offer(
        key=f"place:{place.name}:",
        gpu=place.gpu,
        yen=place.yen_per_hour / place.nodes,
        with_tax=True,
        as_of=today.isoformat(),
        source="[[places]] in kitae.toml",
    )


def _processor(
    project: Project,
    place: Place,
    model: Architecture,
    courses: dict[str, Course],
    recipe: PlanRecipe,
    learnt: dict[str, float],
) -> Option:
    """A place that trains on its processor, as fast as a probe found it, or earlier courses, or as two cores were."""
    hours, paces = Span.exactly(0.0), set()
    for stage, course in courses.items():
        if pace := pace_of(project, course, "" if place is HERE else place.name):
            seconds, told = pace.seconds(course.tokens or 0), f"as a probe of {pace.at[:10]} found"
        else:
            planned = course_cost(course, parameters=model.parameters).value
            seconds = Span.exactly(planned * learnt[stage])
            told = (
                "as fast as two cores were measured" if learnt[stage] == 1 else "as long as earlier courses took here"
            )
        hours += seconds * (1 / 3600)
        paces.add(told)
    yen = hours * place.yen_per_hour
    kwh = hours.mid * place.watts / 1000 if place.watts else None
    grams = place.grams_co2_per_kwh
    return Option(
        name=place.name,
        what="no GPU",
        hours=hours,
        yen=yen,
        whole=in_all(yen, recipe),
        parts={"computing": yen.mid, **hidden_parts(yen, recipe)},
        kwh=kwh,
        kg=kwh * grams / 1000 if kwh is not None and grams is not None else None,
        risk="; ".join(sorted(paces)),
    )


def _too_large(courses: dict[str, Course], model: Architecture) -> Reason | None:
    """Why this machine cannot hold the training; `None` where it can, or where its memory cannot be seen."""
    if not hasattr(os, "sysconf"):
        return None
    has = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    needs = memory_here(courses, model)
    if needs <= has:
        return None
    need, there = f"{needs / 1e9:,.0f}", f"{has / 1e9:,.0f}"
    return Reason(
        f"約{need} GBのメモリが要るが、この計算機には{there} GBしかない",
        f"needs about {need} GB of memory; this machine has {there}",
    )


def memory_here(courses: dict[str, Course], model: Architecture) -> float:
    """Bytes of this machine's memory that training takes."""
    return max(needed(course, model, machine()["number_format"]) for course in courses.values())


@dataclass(frozen=True)
class Look:
    """The project's training on one kind of machine."""

    found: Estimate
    gpu: str
    price: str
    """Key of the price; empty where none is known."""


def first_look(project: Project, place: str) -> Look:
    """Fit, hours and yen at a declared place with GPUs: at its own price, else at the catalogue's cheapest for them.

    Raises:
        Mistake: no such place, it has no GPU, or the base is not known well enough.
    """
    there, file = project.place(place), project.file
    if there is None or there.gpus is None:
        raise Mistake(f"the place `{place}` has no GPU", where="[[places]] in kitae.toml", hint="name one that has")
    return look_at(file, model_of(project), there, _learnt(project, courses_of(file), there))


def look_at(file: ProjectFile, model: Architecture, there: Place, learnt: Mapping[str, float] | None = None) -> Look:
    """The same for any model.

    Args:
        learnt: By what the plan of each stage is corrected.

    Raises:
        Mistake: nothing is known of the card.
    """
    recipe, courses, today = file.plan, courses_of(file), datetime.date.today()
    kind = _kind(there, file, courses, learnt or dict.fromkeys(courses, 1.0), today)
    price = _price(there, recipe, kind.offer)
    ask = ask_for(model, kind.works or (), recipe, replace(kind, offer=price), there.nodes)
    if not price.priced:
        ask = ask.model_copy(update={"offer": None})
    found = estimate(ask, rate=recipe.exchange, own_cards=recipe.cards, today=today, tax_share=recipe.tax)
    return Look(found, there.gpu, price.key if price.priced else "")


def _price(place: Place, recipe: PlanRecipe, own: Offer) -> Offer:
    """The place's own; else the cheapest on demand; else nothing."""
    same = [each for each in recipe.known.values() if each.gpu == place.gpu]
    steady = [each for each in same if each.term == "on-demand" and not each.superseded]
    return own if own.priced or not steady else min(steady, key=lambda each: each.hourly(recipe.exchange).mid)
