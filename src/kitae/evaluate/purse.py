"""What may be spent, what was spent, and what the calls under way could still cost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from decimal import Decimal

from ..core.dialogue import Message
from ..core.generation import Decoding, Generated
from ..core.mistakes import Mistake
from ..core.quantity import Money
from ..gate.policy import Endpoint

FRAME_TOKENS = 16
"""More than any chat template puts around a message."""


class BudgetReached(Mistake):
    """One more call could cost more than is left."""


class Purse:
    """Keeps a budget: no call goes that could, at its longest answer, bring the sum above it.

    What it cannot see are calls that a provider bills although they came to nothing, such as one that was cut off by
    its time limit.
    """

    def __init__(self, endpoint: Endpoint | None, budget: Money | None, spent: Iterable[Money] = ()) -> None:
        """
        Args:
            endpoint: Whose prices count; `None` for a model that runs here.
            budget: All calls together; `None` for no limit.
            spent: By earlier starts of the same work.

        Raises:
            Mistake: a budget for an endpoint that names no price, or one in another currency.
        """
        self._endpoint = endpoint
        self._budget = budget
        self._spent = sum((each.amount for each in spent), Decimal())
        self._under_way = Decimal()
        self._changed = asyncio.Condition()
        if endpoint is not None and budget is not None:
            _check_currency(endpoint, budget)

    @property
    def spent(self) -> Money | None:
        """So far; `None` where there is no price."""
        price = self._endpoint and self._endpoint.price(0, 0)
        return price.model_copy(update={"amount": self._spent}) if price else None

    def told(self) -> str:
        """`$0.42 so far`; nothing where there is no price."""
        return f"{self.spent} so far" if self.spent else ""

    async def reserve(self, prompt: Sequence[Message], decoding: Decoding) -> Decimal:
        """Sets aside what a call could cost, and waits for others' calls where that does not fit beside them.

        Raises:
            BudgetReached: it does not fit, though nothing else is under way.
        """
        if self._endpoint is None or self._budget is None:
            return Decimal()
        price = self._endpoint.price(most_tokens(prompt), decoding.max_tokens)
        assert price is not None
        async with self._changed:
            while self._spent + self._under_way + price.amount > self._budget.amount:
                if not self._under_way:
                    raise self._reached(price)
                await self._changed.wait()
            self._under_way += price.amount
        return price.amount

    async def settle(self, reserved: Decimal, prompt: Sequence[Message], reply: Generated | None) -> Money | None:
        """Takes back what was set aside, and counts what the call has cost.

        Args:
            reply: `None` where none came. One whose tokens the server did not count costs the most that it can.
        """
        cost = self.cost(prompt, reply) if reply is not None else None
        async with self._changed:
            self._under_way -= reserved
            self._spent += cost.amount if cost else 0
            self._changed.notify_all()
        return cost

    def cost(self, prompt: Sequence[Message], reply: Generated) -> Money | None:
        """Of an answer; `None` where there is no price."""
        if self._endpoint is None:
            return None
        counted = reply.prompt_tokens > 0
        read = reply.prompt_tokens if counted else most_tokens(prompt)
        return self._endpoint.price(read, reply.tokens if counted else len(reply.text.encode()))

    def _reached(self, next_one: Money) -> BudgetReached:
        return BudgetReached(
            f"the budget of {self._budget} is reached: {self.spent} are spent, and the next call could cost {next_one}",
            where="budget",
            hint="all that was answered is kept; run the same command with a larger budget, and it goes on from here",
        )


def most_tokens(prompt: Sequence[Message]) -> int:
    """More tokens than a prompt can have: no tokenizer in use makes more than one of a byte."""
    return FRAME_TOKENS + sum(FRAME_TOKENS + len(message.content.encode()) for message in prompt)


def _check_currency(endpoint: Endpoint, budget: Money) -> None:
    price = endpoint.price(0, 0)
    if price is None:
        raise Mistake(
            "a budget, and an endpoint that names no price, so nobody can keep it",
            where=f"the endpoint at {endpoint.url}",
            hint='write `price_in = "$2"` and `price_out = "$8"` (for a million tokens), or leave the budget out',
        )
    if price.currency != budget.currency:
        raise Mistake(
            f"the budget is in {budget.currency} and the endpoint's prices are in {price.currency}",
            where=f"the endpoint at {endpoint.url}",
            hint="write both in one currency: no exchange rate is built in",
        )
