"""Everything that a plan tells: where a training could be done, what it costs, what else would do, and who says so."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from ..core.architecture import Architecture
from .alternatives import Serving, Way, pays_from
from .answering import memory_to_serve
from .memory import Memory
from .options import Option, Wish
from .price import Offer, stale
from .recipe import PlanRecipe
from .time import Work
from .worksheet import Worksheet

SHOWN: Final = 8
"""Options that people are shown."""


@dataclass(frozen=True)
class Said:
    """Who says a figure, and of which day it is."""

    what: str
    figure: str
    as_of: str
    """Year, month or day; empty where nobody wrote it down."""
    source: str
    old: bool = False
    """Whether it is older than prices should be."""


@dataclass(frozen=True)
class Plan:
    """A project's plan."""

    model: Architecture
    works: dict[str, Work]
    """By course."""
    fitting: list[Option]
    out: list[Option]
    ways: list[Way]
    serving: Serving
    recipe: PlanRecipe
    wish: Wish
    worksheet: Worksheet | None = None
    """As the team filled it in."""

    @property
    def shown(self) -> list[Option]:
        return self.fitting[:SHOWN]

    @property
    def parts(self) -> dict[str, float | None]:
        """Yen by part in the cheapest option; `None` where nobody has said them."""
        return self.fitting[0].parts if self.fitting else {}

    @property
    def api_yen(self) -> float | None:
        """For an answer of an external model."""
        return self.recipe.api_yen

    @property
    def serving_memory(self) -> Memory:
        """Of each GPU of the machine that answers; of one that holds the whole model where it has none."""
        offer = self.serving.offer
        return memory_to_serve(self.model, self.recipe, offer.gpus.count if offer else 1)

    @property
    def answers(self) -> float:
        """A month; 0 where nobody knows."""
        said = self.recipe.serving.answers_per_month
        return said or (float(self.worksheet.answers_per_month) if self.worksheet else 0.0)

    @property
    def pays_from(self) -> dict[str, float | None]:
        """Answers a month from which each way costs less than the API."""
        return pays_from(self.ways, self.api_yen, self.serving, months=self.recipe.serving.months)

    def paid_back(self, way: Way) -> float | None:
        """Months until what the worksheet expects to be saved has paid for it.

        `None` where it never has, where nothing is paid once, or where somebody has yet to say a figure.
        """
        if self.worksheet is None or way.once is None or not way.once.mid or way.per_answer is None:
            return None
        monthly = way.per_month + self.answers * way.per_answer
        months = self.worksheet.months(Decimal(way.once.mid), Decimal(monthly))
        return None if months is None else float(months)

    @property
    def warnings(self) -> list[str]:
        """Of what is shown, each once."""
        told = [warning for each in self.shown if each.estimate for warning in each.estimate.warnings]
        told += [self.serving.warning] if self.serving.warning else []
        told += self.recipe.warnings(self.wish.today)
        return list(dict.fromkeys(told))

    @property
    def said(self) -> list[Said]:
        """What the figures that are shown rest on."""
        rate, offers = self.recipe.exchange, [each.offer for each in self.shown if each.offer]
        offers += [self.serving.offer] if self.serving.offer else []
        said = [self._offer(each) for each in dict.fromkeys(offers)]
        old = bool(rate.warning(self.wish.today))
        said.append(Said("US$ 1", f"¥{rate.yen:g} ± {rate.band:.0%}", str(rate.on), rate.source, old))
        known = [source for each in self.shown if each.estimate for source in each.estimate.sources]
        priced = tuple(f"{each.key}: " for each in offers)
        others = [each for each in dict.fromkeys(known) if not each.startswith((*priced, "yen: "))]
        return said + [Said("", "", "", each) for each in others]

    def _offer(self, offer: Offer) -> Said:
        figure = f"${offer.usd:,.2f}" if offer.usd is not None else f"¥{offer.yen:,.0f}"
        if offer.declared:
            # Of which day it is nobody is asked for.
            return Said(offer.key, figure, "", offer.source)
        return Said(offer.key, figure, offer.as_of, offer.source, stale(offer.as_of, self.wish.today))
