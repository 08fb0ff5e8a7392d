"""What a model learns of a dialogue, for people to look at."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from ..core.dialogue import Dialogue
from ..engine.chat import Renderer

OPEN, CLOSE = "⟦", "⟧"


def mask_report(renderer: Renderer, dialogues: Sequence[Dialogue], n: int = 3) -> list[str]:
    """The first `n` dialogues, decoded from their tokens, with what is learnt between ⟦ and ⟧.

    Control tokens are spelled out, so that it shows whether the end of a turn is learnt too.
    """
    return [_one(renderer, dialogue) for dialogue in dialogues[:n]]


def _one(renderer: Renderer, dialogue: Dialogue) -> str:
    rendered = renderer.dialogue(dialogue.messages, dialogue.tools)
    shown = f"{dialogue.id}: {sum(rendered.learnt)} of {len(rendered.tokens)} tokens are learnt\n"
    pairs = zip(rendered.tokens, rendered.learnt, strict=True)
    for learnt, stretch in groupby(pairs, key=lambda pair: pair[1]):
        text = _spelled(renderer, [token for token, _ in stretch])
        shown += f"{OPEN}{text}{CLOSE}" if learnt else text
    return shown


def _spelled(renderer: Renderer, tokens: Sequence[int]) -> str:
    """Text of tokens, control tokens (which decode to nothing) by their names."""
    shown = ""
    for control, stretch in groupby(tokens, key=lambda token: renderer.decode([token]) == ""):
        run = list(stretch)
        shown += "".join(renderer.vocabulary[token] for token in run) if control else renderer.decode(run)
    return shown
