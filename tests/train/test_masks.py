from __future__ import annotations

from pathlib import Path

from kitae.engine.chat import Renderer
from kitae.train.masks import mask_report

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
