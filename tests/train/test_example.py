from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitae.core.mistakes import Mistake
from kitae.engine.chat import Renderer
from kitae.train.example import Example, dialogues_as_examples, fitting, texts_as_examples
from kitae.train.views import Cut

from .conftest import dialogue, make_dialogues


def pieces(length: int, longest: int) -> list[Example]:
    text = Example("t", np.arange(length, dtype=np.int32), np.ones(length, np.bool_))
    return list(Cut([text], longest))


@given(st.integers(1, 300), st.integers(2, 40))
def test_every_token_of_a_long_text_is_learnt_once_and_none_is_lost(length: int, longest: int) -> None:
    made = pieces(length, longest)
    assert all(len(piece) <= longest for piece in made)
    learnt = Counter(int(token) for piece in made for token in piece.tokens[1:][piece.learnt[1:]])
    assert learnt == Counter(range(1, length))
    assert {int(token) for piece in made for token in piece.tokens} == set(range(length))


@given(st.integers(3, 300), st.integers(2, 40))
def test_pieces_are_of_nearly_equal_length(length: int, longest: int) -> None:
    lengths = [len(piece) for piece in pieces(length, longest)]
    assert max(lengths) - min(lengths) <= 1


def test_a_text_begins_and_ends_as_the_model_knows_it(tiny_base: Path) -> None:
    renderer = Renderer(tiny_base)
    (example,) = texts_as_examples([{"id": "a", "text": "休暇は10日とする。"}], renderer)
    assert example.tokens[0] == renderer.bos_id
    assert example.tokens[-1] == renderer.eos_id
    assert renderer.decode(example.tokens.tolist()) == "休暇は10日とする。"
    assert example.targets == len(example) - 1


def test_only_replies_are_learnt_with_the_end_of_their_turn(tiny_base: Path) -> None:
    renderer = Renderer(tiny_base)
    turns = (("user", "休暇は何日ですか。"), ("assistant", "10日 [1]"), ("user", "本当に？"), ("assistant", "はい。"))
    (example,) = dialogues_as_examples([dialogue("d", *turns)], renderer)
    end = renderer.vocabulary
    learnt = [end[int(token)] for token in example.tokens[example.learnt]]
    assert "".join(learnt).replace("▁", " ") == f"10日 [1]{renderer.end_of_turn}はい。{renderer.end_of_turn}"


def test_a_dialogue_that_is_too_long_is_named_and_not_cut(tiny_base: Path) -> None:
    renderer = Renderer(tiny_base)
    dialogues = [*make_dialogues(3), dialogue("long", ("user", "長い" * 200), ("assistant", "はい。"))]
    examples = list(dialogues_as_examples(dialogues, renderer))
    found = fitting(examples, 200)
    assert found.too_long == ["long"]
    assert [examples[place].id for place in found.places] == ["d1", "d2", "d3"]


def test_dialogues_that_are_all_too_long_are_a_mistake(tiny_base: Path) -> None:
    with pytest.raises(Mistake, match="all 3 dialogues are longer than 8 tokens"):
        fitting(list(dialogues_as_examples(make_dialogues(3), Renderer(tiny_base))), 8)


def test_no_dialogue_is_a_mistake() -> None:
    with pytest.raises(Mistake, match="no dialogue to learn"):
        fitting([], 8)


def test_a_dialogue_without_a_reply_is_a_mistake_that_names_it(tiny_base: Path) -> None:
    with pytest.raises(Mistake, match="without a reply of the assistant") as raised:
        list(dialogues_as_examples([*make_dialogues(2), dialogue("alone", ("user", "はい"))], Renderer(tiny_base)))
    assert "alone" in raised.value.where


def test_a_dialogue_without_a_token_to_learn_is_refused(tiny_base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    renderer = Renderer(tiny_base)
    whole = renderer.dialogue

    def mute(*told: object) -> object:
        rendered = whole(*told)  # type: ignore[arg-type]
        return type(rendered)(rendered.tokens, [False] * len(rendered.tokens))

    monkeypatch.setattr(renderer, "dialogue", mute)
    with pytest.raises(Mistake, match="3 of 3 dialogues have no token to learn") as raised:
        fitting(list(dialogues_as_examples(make_dialogues(3), renderer)), 256)
    assert raised.value.where == "d1, d2, d3"
