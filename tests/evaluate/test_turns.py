"""Turn by turn: the second question stands after the answer to the first."""

from __future__ import annotations

from collections.abc import Sequence

from kitae.core.dialogue import Message
from kitae.core.generation import Decoding, Generated, Identity
from kitae.evaluate.answers import Asked
from kitae.evaluate.own.items import Prompt
from kitae.evaluate.turns import TEMPERATURES, Framed, answered

IDENTITY = Identity(model="m", engine="e", number_format="n")
PROMPTS = [
    Prompt(id="w1", question="w1", category="writing", turns=("書いて", "短く")),
    Prompt(id="m1", question="m1", category="math", turns=("1+1は", "それに1を足すと")),
    Prompt(id="r1", question="r1", category="riddle", turns=("なぞなぞ",)),
]


class Model:
    """Answers with the number of messages that it was shown."""

    def __init__(self) -> None:
        self.seen: list[tuple[tuple[str, ...], Decoding]] = []

    def __call__(self, asked: Sequence[Asked], decoding: Decoding) -> list[Generated]:
        self.seen += [(tuple(f"{m.role}:{m.content}" for m in each.messages), decoding) for each in asked]
        texts = [f"答え{len(each.messages)}・{each.sample}" for each in asked]
        return [Generated(text=text, finish="stop", prompt_tokens=1, tokens=1, seconds=0) for text in texts]


def test_each_turn_follows_on_the_answer_to_the_one_before() -> None:
    model = Model()
    found = answered(PROMPTS, model, model="name", identity=IDENTITY, max_tokens=9)
    assert [(each.question, each.turns) for each in found] == [
        ("w1", ("答え1・0", "答え3・0")),
        ("m1", ("答え1・0", "答え3・0")),
        ("r1", ("答え1・0",)),
    ]
    assert {messages for messages, _ in model.seen if len(messages) > 1} == {
        ("user:書いて", "assistant:答え1・0", "user:短く"),
        ("user:1+1は", "assistant:答え1・0", "user:それに1を足すと"),
    }


def test_each_category_is_answered_at_its_temperature() -> None:
    model = Model()
    answered(PROMPTS, model, model="name", identity=IDENTITY, max_tokens=9)
    heats = {messages[0]: decoding.temperature for messages, decoding in model.seen}
    assert heats == {"user:書いて": 0.7, "user:1+1は": 0.0, "user:なぞなぞ": 0.0}
    assert {decoding.max_tokens for _, decoding in model.seen} == {9}
    assert sorted(TEMPERATURES.values()) == [0.0] * 4 + [0.1] * 2 + [0.7] * 2


def test_samples_are_taken_of_what_is_not_greedy_with_seeds_of_their_own() -> None:
    model = Model()
    found = answered(PROMPTS, model, model="name", identity=IDENTITY, max_tokens=9, samples=3)
    assert [(each.question, each.sample) for each in found] == [("w1", 0), ("w1", 1), ("w1", 2), ("m1", 0), ("r1", 0)]
    assert len({each.key for each in found}) == 5
    assert {decoding.seed for messages, decoding in model.seen if messages[0] == "user:書いて"} == {0, 1, 2}


def test_passages_stand_with_every_turn_and_the_instruction_once() -> None:
    model = Model()

    def frame(turn: str) -> Framed:
        return Framed(Message(role="user", content=f"資料 {turn}"), Message(role="system", content="資料だけで"))

    answered(PROMPTS[:1], model, model="name", identity=IDENTITY, max_tokens=9, frame=frame)
    assert model.seen[1][0] == ("system:資料だけで", "user:資料 書いて", "assistant:答え2・0", "user:資料 短く")
