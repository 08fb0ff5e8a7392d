"""What the project's own training would cost, at every place where it could be done, and what else would do."""

from __future__ import annotations

import datetime
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from .adopt.sources import find_base
from .core.label import Label
from .core.mistakes import Mistake
from .core.quantity import Money
from .estimate import PARAMETERS, VOCABULARY
from .gate.policy import Place
from .plan.alternatives import FROM_NOTHING, HOURS, Serving, Way, pays_from, ways
from .plan.architecture import Architecture, from_config, typical
from .plan.cards import card
from .plan.estimate import Estimate, estimate
from .plan.memory import Memory
from .plan.memory import serving as serving_memory
from .plan.options import Option, Wish, ask_for, experiments, in_all, options
from .plan.price import Exchange, Offer, offer, offers
from .plan.recipe import PlanRecipe
from .plan.serving import Served, served
from .plan.span import Span
from .plan.time import Work
from .project import Project, ProjectFile
from .train.cost import TOKENS_PER_DIALOGUE, pretrain_cost, tune_cost
from .train.memory import Shape, needed
from .train.recipe import Course, PretrainRecipe, TuneRecipe
from .train.stage import place as machine

BASES: Final = {"wheel:gemma3-270m": 268e6, "wheel:smollm2-135m": 135e6}
"""Parameters of the bases that come as packages, before anything was adopted."""

HERE: Final = Place(name="this machine", may_hold=Label.RESTRICTED)
"""Where everything is done when no place is declared."""

SCRATCH: Final = PretrainRecipe(tokens=int(FROM_NOTHING), method="full", sequence=4096, held_out_tokens=0)
"""A model from nothing."""


SHOWN: Final = 8
"""Options that people are shown."""


@dataclass(frozen=True)
class Plan:
    """Everything that `kitae plan` tells."""

    model: Architecture
    works: dict[str, Work]
    """By course."""
    fitting: list[Option]
    out: list[Option]
    ways: list[Way]
    serving: Serving
    pays_from: dict[str, float | None]
    api_yen: float | None
    """For an answer."""
    hidden: dict[str, float | None]
    """Yen, in the cheapest option; `None` where nobody has said them."""
    recipe: PlanRecipe
    wish: Wish

    @property
    def warnings(self) -> list[str]:
        """Of the cheapest options that fit, each once."""
        told = [warning for each in self.fitting[:SHOWN] if each.estimate for warning in each.estimate.warnings]
        return list(dict.fromkeys(told))


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
        Mistake: the base is not known well enough, or a price has no key.
    """
    file = project.file
    recipe, model, courses = file.plan, model_of(project), courses_of(file)
    limit = budget or (file.goal.budget if file.goal else None)
    wish = Wish(today or datetime.date.today(), by, _yen(limit, recipe.exchange))
    fitting, out = _where(file, model, courses, recipe, wish)
    answering = serving_of(file, model, fitting)
    api = None if recipe.serving.api_usd is None else recipe.serving.api_usd * recipe.exchange.yen

    def once(courses: dict[str, Course]) -> Span | None:
        # Without day, budget and window, which are for the plan itself.
        free = recipe.model_copy(update={"hours_reserved": None})
        found, _ = _where(file, model, courses, free, Wish(wish.today))
        return found[0].whole if found else None

    told = ways(
        api=api,
        serving=answering,
        tuning=once({"tune": courses["tune"]}),
        pretraining=once(courses) if "pretrain" in courses else None,
        scratch=once({"pretrain": SCRATCH, "tune": courses["tune"]}),
        answers=recipe.serving.answers_per_month,
    )
    return Plan(
        model=model,
        works={name: _work(course, file) for name, course in courses.items()},
        fitting=fitting,
        out=out,
        ways=told,
        serving=answering,
        pays_from=pays_from(told, api, answering, months=recipe.serving.months),
        api_yen=api,
        hidden=_hidden(recipe, fitting),
        recipe=recipe,
        wish=wish,
    )


def model_of(project: Project) -> Architecture:
    """The model that will be trained: as it was prepared, else as its folder says, else as large as it is told to be.

    Raises:
        Mistake: it is not on this machine and nothing says how large it is.
    """
    file = project.file
    prepared = [each for each in project.store.artifacts("model") if each.record.stage == "trim"]
    if prepared:
        return from_config(prepared[-1].folder, float(prepared[-1].facts["parameters"]))
    if file.plan.parameters:
        return typical(file.plan.parameters)
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


def courses_of(file: ProjectFile) -> dict[str, Course]:
    """The courses of the project's own model, each with its tokens."""
    tune, pretrain = file.train.tune, file.train.pretrain
    dialogues = file.instruct.dialogues + file.instruct.practice
    tokens = tune.epochs * dialogues * TOKENS_PER_DIALOGUE if tune.tokens is None else tune.tokens
    found: dict[str, Course] = {"pretrain": pretrain} if pretrain.tokens else {}
    return found | {"tune": tune.model_copy(update={"tokens": round(tune.share * tokens)})}


def _work(course: Course, file: ProjectFile) -> Work:
    return Work(
        tokens=course.tokens or 0,
        method=course.method,
        sequence=course.sequence,
        packing=file.plan.packing,
        evaluated=course.held_out_tokens * course.measures,
    )


def _where(
    file: ProjectFile, model: Architecture, courses: dict[str, Course], recipe: PlanRecipe, wish: Wish
) -> tuple[list[Option], list[Option]]:
    """Every place for these courses: rented, bought, declared."""
    works = [_work(course, file) for course in courses.values()]
    places = file.places or (HERE,)
    processors = [_processor(place, model, courses, recipe) for place in places if place.gpus is None]
    # The first place is where we are: of others the memory is not known.
    if processors and processors[0].name == places[0].name:
        processors[0] = replace(processors[0], why_out=_too_large(courses, model))
    own = [(_place_offer(place, recipe.exchange, wish.today), place.nodes) for place in places if place.gpus]
    return options(model, works, recipe, wish, own=own, places=processors)


def _yen(money: Money | None, rate: Exchange) -> float | None:
    if money is None:
        return None
    return float(money.amount) * (rate.yen if money.currency == "USD" else 1.0)


def _place_offer(place: Place, rate: Exchange, today: datetime.date) -> Offer:
    """A declared place with GPUs, at its own price."""
    return Offer(
        key=f"place:{place.name}:",
        gpu=place.gpu,
        usd=place.yen_per_hour / rate.yen / place.nodes,
        as_of=today.isoformat(),
        source="[[places]] in kitae.toml",
    )


def _processor(place: Place, model: Architecture, courses: dict[str, Course], recipe: PlanRecipe) -> Option:
    """A place that trains on its processor, as fast as two cores were measured to be."""
    seconds = sum(_seconds(course, model.parameters) for course in courses.values())
    hours = Span.exactly(seconds / 3600)
    yen = hours * place.yen_per_hour
    kwh = hours.mid * place.watts / 1000 if place.watts else None
    grams = place.grams_co2_per_kwh
    return Option(
        name=place.name,
        what="no GPU",
        hours=hours,
        yen=yen,
        whole=in_all(yen, recipe),
        idle_yen=0.0,
        kwh=kwh,
        kg=kwh * grams / 1000 if kwh is not None and grams is not None else None,
        risk="as fast as two cores were measured",
    )


def _too_large(courses: dict[str, Course], model: Architecture) -> str:
    """Why this machine cannot hold the training; empty where it can, or where its memory cannot be seen."""
    if not hasattr(os, "sysconf"):
        return ""
    has = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    needs = memory_here(courses, model)
    return f"needs about {needs / 1e9:,.0f} GB of memory; this machine has {has / 1e9:,.0f}" if needs > has else ""


def memory_here(courses: dict[str, Course], model: Architecture) -> float:
    """Bytes of this machine's memory that training takes."""
    # Whether the tables are tied is not published of all models; tied ones need less, so nothing that fits is refused.
    shape = Shape(
        parameters=model.parameters,
        layers=model.layers,
        hidden=model.hidden,
        intermediate=model.intermediate,
        vocabulary=model.vocabulary,
    )
    return max(needed(course, shape, machine()["number_format"]) for course in courses.values())


def _seconds(course: Course, parameters: float) -> float:
    if isinstance(course, PretrainRecipe):
        return pretrain_cost(course, parameters=parameters).value
    assert isinstance(course, TuneRecipe)
    return tune_cost(course, parameters=parameters, dialogues=0).value


def serving_of(file: ProjectFile, model: Architecture, fitting: Sequence[Option]) -> Serving:
    """The machine that answers: the one that was named, else the place that trains, else the cheapest that holds it."""
    recipe = file.plan
    own = {each.key: each for each in recipe.offers}
    if recipe.serving.offer:
        return _serving(model, recipe, offer(recipe.serving.offer, own))
    places = file.places or (HERE,)
    place = next((each for each in places if fitting and each.name == fitting[0].name), None)
    if place is not None:
        return Serving(place.name, place.yen_per_hour * HOURS, None, None)
    known = {**offers(), **own}
    return _cheapest(model, recipe, [known[each.name] for each in fitting if each.name in known])


def rented_serving(model: Architecture, recipe: PlanRecipe) -> Serving:
    """The machine that would answer if it was rented: the one that was named, else the cheapest that holds the model.

    Raises:
        Mistake: the named one is not known.
    """
    own = {each.key: each for each in recipe.offers}
    if recipe.serving.offer:
        return _serving(model, recipe, offer(recipe.serving.offer, own))
    known = [each for each in {**offers(), **own}.values() if not each.superseded]
    return _cheapest(model, recipe, [each for each in known if not recipe.only or each.key.startswith(recipe.only)])


def _cheapest(model: Architecture, recipe: PlanRecipe, found: Sequence[Offer]) -> Serving:
    enough = [each for each in found if each.term == "on-demand" and _holds(model, recipe, each)]
    if not enough:
        return Serving("no machine of the catalogue", 0.0, None, None)
    return _serving(model, recipe, min(enough, key=lambda each: each.usd))


def _holds(model: Architecture, recipe: PlanRecipe, found: Offer) -> bool:
    return memory_to_serve(model, recipe, found.gpus.count).fits(found.gpus.gib)


def memory_to_serve(model: Architecture, recipe: PlanRecipe, gpus: int = 1) -> Memory:
    """Of each GPU, when as many are answered at once as the recipe says."""
    wanted = recipe.serving
    return serving_memory(
        model,
        length=wanted.prompt + wanted.answer,
        at_once=wanted.at_once,
        bytes_per_weight=wanted.bytes_per_weight,
        shards=gpus,
    )


def _serving(model: Architecture, recipe: PlanRecipe, found: Offer) -> Serving:
    speed = _speed(model, recipe, found)
    yen = found.usd * HOURS * recipe.exchange.yen * (1 + recipe.tax)
    return Serving(found.key, yen, speed.answers_per_hour.low if speed else None, speed.seconds if speed else None)


def _speed(model: Architecture, recipe: PlanRecipe, found: Offer) -> Served | None:
    wanted = recipe.serving
    return served(
        model,
        card(found.gpus.card, recipe.cards),
        found.gpus.gib,
        prompt=wanted.prompt,
        answer=wanted.answer,
        at_once=wanted.at_once,
        bytes_per_weight=wanted.bytes_per_weight,
        shards=found.gpus.count,
    )


def _hidden(recipe: PlanRecipe, fitting: Sequence[Option]) -> dict[str, float | None]:
    first = fitting[0] if fitting else None
    return {
        "training": first.yen.mid if first else None,
        "paid but idle": first.idle_yen if first else None,
        "experiments and failed runs": first.yen.mid * experiments(recipe).mid if first else None,
        **recipe.calls_yen,
        "people": recipe.people.yen,
    }


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
    there = project.place(place)
    if there is None or there.gpus is None:
        raise Mistake(f"the place `{place}` has no GPU", where="[[places]] in kitae.toml", hint="name one that has")
    return look_at(project.file, model_of(project), there)


def look_at(file: ProjectFile, model: Architecture, there: Place) -> Look:
    """The same for any model.

    Raises:
        Mistake: nothing is known of the card.
    """
    recipe, today = file.plan, datetime.date.today()
    works = [_work(course, file) for course in courses_of(file).values()]
    price = _price(there, recipe, today)
    ask = ask_for(model, works, recipe, price, there.nodes)
    if not price.usd:
        ask = ask.model_copy(update={"offer": None})
    found = estimate(ask, rate=recipe.exchange, own_cards=recipe.cards, today=today, tax_share=recipe.tax)
    return Look(found, there.gpu, price.key if price.usd else "")


def _price(place: Place, recipe: PlanRecipe, today: datetime.date) -> Offer:
    """The place's own; else the cheapest on demand; else nothing."""
    own = _place_offer(place, recipe.exchange, today)
    same = [each for each in (*offers().values(), *recipe.offers) if each.gpu == place.gpu]
    steady = [each for each in same if each.term == "on-demand" and not each.superseded]
    return own if own.usd or not steady else min(steady, key=lambda each: each.usd)
