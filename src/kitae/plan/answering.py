"""The machine that answers once the model is made."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from ..core.architecture import Architecture
from ..core.mistakes import Mistake, nearest
from ..gate.policy import Place
from .alternatives import HOURS, Serving
from .cards import card
from .memory import Memory, serving
from .options import Option
from .price import Offer
from .recipe import PlanRecipe
from .serving import Served, served


def answering(
    model: Architecture,
    recipe: PlanRecipe,
    fitting: Sequence[Option],
    out: Sequence[Option],
    *,
    places: Sequence[Place],
    today: datetime.date,
) -> Serving:
    """The one that was named, else the place that trains, else the cheapest on demand that holds the model.

    Args:
        out: What does not fit the training; it may answer where it is named.

    Raises:
        Mistake: there is no price of the key that was named.
    """
    if recipe.serving.offer:
        return _rented(model, recipe, _named(recipe, [*fitting, *out]), today)
    place = next((each for each in places if fitting and each.name == fitting[0].name), None)
    if place is not None:
        return Serving(place.name, place.yen_per_hour * HOURS, None, None)
    return _cheapest(model, recipe, [each.offer for each in fitting if each.offer is not None], today)


def rented(model: Architecture, recipe: PlanRecipe, today: datetime.date) -> Serving:
    """The machine that would answer if it was rented: the one that was named, else the cheapest that holds the model.

    Raises:
        Mistake: there is no price of the key that was named.
    """
    if recipe.serving.offer:
        return _rented(model, recipe, _named(recipe, []), today)
    known = [each for key, each in recipe.known.items() if not each.superseded and recipe.looks_at(key)]
    return _cheapest(model, recipe, known, today)


def _cheapest(model: Architecture, recipe: PlanRecipe, found: Sequence[Offer], today: datetime.date) -> Serving:
    enough = [each for each in found if each.term == "on-demand" and _holds(model, recipe, each)]
    if not enough:
        return Serving("no machine that is known", 0.0, None, None)
    return _rented(model, recipe, min(enough, key=lambda each: each.hourly(recipe.exchange).mid), today)


def _named(recipe: PlanRecipe, found: Sequence[Option]) -> Offer:
    bought = [each.offer for each in recipe.hardware]
    places = [each.offer for each in found if each.offer is not None]
    known = {**recipe.known, **{each.key: each for each in (*bought, *places)}}
    key = recipe.serving.offer
    if key not in known:
        raise Mistake(f"no price `{key}`", where="[plan.serving] offer", hint=nearest(key, known))
    return known[key]


def _holds(model: Architecture, recipe: PlanRecipe, offer: Offer) -> bool:
    return memory_to_serve(model, recipe, offer.gpus.count).fits(offer.gpus.gib)


def memory_to_serve(model: Architecture, recipe: PlanRecipe, gpus: int = 1) -> Memory:
    """Of each GPU, when as many are answered at once as the recipe says."""
    wanted = recipe.serving
    return serving(
        model,
        length=wanted.prompt + wanted.answer,
        at_once=wanted.at_once,
        bytes_per_weight=wanted.bytes_per_weight,
        shards=gpus,
    )


def _rented(model: Architecture, recipe: PlanRecipe, offer: Offer, today: datetime.date) -> Serving:
    speed = _speed(model, recipe, offer)
    yen = offer.hourly(recipe.exchange).mid * HOURS * (1.0 if offer.with_tax else 1 + recipe.tax)
    return Serving(
        name=offer.key,
        yen_per_month=yen,
        answers_per_hour=speed.answers_per_hour.low if speed else None,
        seconds=speed.seconds if speed else None,
        offer=offer,
        warning=offer.warning(today),
    )


def _speed(model: Architecture, recipe: PlanRecipe, offer: Offer) -> Served | None:
    wanted = recipe.serving
    return served(
        model,
        card(offer.gpus.card, recipe.cards),
        offer.gpus.gib,
        prompt=wanted.prompt,
        answer=wanted.answer,
        at_once=wanted.at_once,
        bytes_per_weight=wanted.bytes_per_weight,
        shards=offer.gpus.count,
    )
