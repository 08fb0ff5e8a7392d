from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from shutil import copytree

import numpy as np

from kitae.core.dialogue import Called, Message, ToolCall
from kitae.engine.chat import Renderer
from kitae.train.example import dialogues_as_examples
from kitae.train.masks import learns_the_replies, mask_report

from .conftest import dialogue, make_dialogues


def test_what_is_learnt_stands_between_brackets_with_the_end_of_the_turn(tiny_base: Path) -> None:
    turns = (("user", "休暇は何日ですか。"), ("assistant", "10日 [1]"), ("user", "本当に？"), ("assistant", "はい。"))
    (shown,) = mask_report(Renderer(tiny_base), [dialogue("d", *turns)])
    head, _, body = shown.partition("\n")
    assert head.startswith("d: ")
    assert body == (
        "<bos><start_of_turn>user\n休暇は何日ですか。<end_of_turn>\n<start_of_turn>model\n⟦10日 [1]<end_of_turn>⟧\n"
        "<start_of_turn>user\n本当に？<end_of_turn>\n<start_of_turn>model\n⟦はい。<end_of_turn>⟧\n"
    )


def test_only_as_many_as_asked_for(tiny_base: Path) -> None:
    shown = mask_report(Renderer(tiny_base), make_dialogues(5), n=2)
    assert [each.split(":")[0] for each in shown] == ["d1", "d2"]


CALLS = (
    "{% for m in messages %}<start_of_turn>{{ m.role }}\n{{ m.content | trim }}"
    "{% for call in m.tool_calls or [] %}<call>{{ call.function.name }} {{ call.function.arguments | tojson }}</call>"
    "{% endfor %}<end_of_turn>\n{% endfor %}{% if add_generation_prompt %}<start_of_turn>assistant\n{% endif %}"
)


def test_replies_are_learnt_whole_and_alone(tiny_base: Path, tmp_path: Path) -> None:
    folder = Path(copytree(tiny_base, tmp_path / "calls"))
    (folder / "chat_template.jinja").write_text(CALLS, encoding="utf-8")
    renderer, called = Renderer(folder), Called(name="残日数", arguments={"社員番号": "A-17"})
    told = [
        Message(role="user", content="<end_of_turn> とは？"),
        Message(role="assistant", content=" 調べます。\n", tool_calls=(ToolCall(function=called),)),
        Message(role="tool", content="十"),
        Message(role="assistant", content="<end_of_turn> は印です。😀"),
    ]
    one = dialogue("d").model_copy(update={"messages": tuple(told)})
    (example,) = dialogues_as_examples([one], renderer)
    assert learns_the_replies(renderer, one, example)
    first = int(np.argmax(example.learnt))
    without_the_first = example.learnt & (np.arange(len(example)) != first)
    for learnt in (np.roll(example.learnt, 1), np.ones_like(example.learnt), without_the_first):
        assert not learns_the_replies(renderer, one, replace(example, learnt=learnt))
    other = one.model_copy(update={"messages": (*told[:-1], told[-1].model_copy(update={"content": "印です。"}))})
    assert not learns_the_replies(renderer, other, example)
