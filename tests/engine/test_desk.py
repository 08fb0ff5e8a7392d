"""A model that runs here, asked by many tasks at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

import pytest

from kitae.core.dialogue import Message
from kitae.core.generation import Decoding, Generated, Identity
from kitae.core.mistakes import Mistake
from kitae.engine.desk import Desk


class Echo:
    """Says what it was asked, and remembers its batches."""

    identity = Identity(model="m", engine="e", number_format="n")

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.batches: list[tuple[int, Decoding]] = []

    def generate(
        self,
        prompts: Sequence[Sequence[Message]],
        decoding: Decoding,
        *,
        done: Callable[[int], None] | None = None,
    ) -> list[Generated]:
        self.batches.append((len(prompts), decoding))
        time.sleep(self.seconds)
        if any(prompt[0].content == "too long" for prompt in prompts):
            raise Mistake("it does not fit")
        return [
            Generated(text=prompt[0].content, finish="stop", prompt_tokens=1, tokens=1, seconds=0) for prompt in prompts
        ]


def asked(model: Echo, *prompts: str, decodings: Sequence[Decoding] = (Decoding(),), most: int = 8) -> list[object]:
    async def ask() -> list[object]:
        desk = Desk(model, most=most)
        calls = [
            desk.ask([Message(role="user", content=prompt)], decodings[number % len(decodings)])
            for number, prompt in enumerate(prompts)
        ]
        return list(await asyncio.gather(*calls, return_exceptions=True))

    return asyncio.run(ask())


def test_everybody_gets_his_own_answer_and_waits_share_batches() -> None:
    model = Echo()
    told = asked(model, *(f"q{n}" for n in range(20)))
    assert [each.text for each in told if isinstance(each, Generated)] == [f"q{n}" for n in range(20)]
    assert [size for size, _ in model.batches] == [8, 8, 4]


def test_who_comes_while_the_model_answers_is_in_the_next_batch() -> None:
    model = Echo(seconds=0.05)

    async def ask() -> None:
        desk = Desk(model)
        first = asyncio.create_task(desk.ask([Message(role="user", content="a")], Decoding()))
        await asyncio.sleep(0.02)
        later = [desk.ask([Message(role="user", content=letter)], Decoding()) for letter in "bcd"]
        await asyncio.gather(first, *later)

    asyncio.run(ask())
    assert [size for size, _ in model.batches] == [1, 3]


def test_a_batch_has_one_decoding() -> None:
    model, decodings = Echo(), (Decoding(), Decoding(max_tokens=7))
    asked(model, *"abcdef", decodings=decodings)
    assert sorted(model.batches, key=str) == sorted([(3, decodings[0]), (3, decodings[1])], key=str)


def test_the_same_prompt_twice_is_answered_twice() -> None:
    assert len(asked(Echo(), "same", "same", "same")) == 3


def test_a_batch_that_fails_fails_for_those_in_it_alone() -> None:
    told = asked(Echo(), "a", "too long", "b", "c", most=2)
    assert [isinstance(each, Mistake) for each in told] == [True, True, False, False]


def test_one_who_gave_up_waiting_does_not_matter_to_others() -> None:
    async def ask() -> Generated:
        desk = Desk(Echo(seconds=0.05))
        first, second = (
            asyncio.create_task(desk.ask([Message(role="user", content=each)], Decoding())) for each in "ab"
        )
        await asyncio.sleep(0.02)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        return await second

    assert asyncio.run(ask()).text == "b"
