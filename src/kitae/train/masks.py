"""What a model learns of a dialogue, for people to look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from ..core.dialogue import Dialogue, Message
from ..engine.chat import Renderer
from .example import Example

OPEN, CLOSE = "⟦", "⟧"


def mask_report(renderer: Renderer, dialogues: Sequence[Dialogue], n: int = 3) -> list[str]:
    """The first `n` dialogues, decoded from their tokens, with what is learnt between ⟦ and ⟧.

    Control tokens are spelled out, so that it shows whether the end of a turn is learnt too.
    """
    return [_one(renderer, dialogue) for dialogue in dialogues[:n]]


def learns_the_replies(renderer: Renderer, dialogue: Dialogue, example: Example) -> bool:
    """Whether what is learnt reads, reply by reply, as what the assistant says, each with the end of its turn."""
    replies = [message for message in dialogue.messages if message.role == "assistant"]
    found = [tokens for learnt, tokens in _stretches(example.tokens.tolist(), example.learnt.tolist()) if learnt]
    return len(found) == len(replies) and all(_says(renderer, *pair) for pair in zip(found, replies, strict=True))


def _one(renderer: Renderer, dialogue: Dialogue) -> str:
    rendered = renderer.dialogue(dialogue.messages, dialogue.tools)
    shown = f"{dialogue.id}: {sum(rendered.learnt)} of {len(rendered.tokens)} tokens are learnt\n"
    for learnt, tokens in _stretches(rendered.tokens, rendered.learnt):
        text = _spelled(renderer, tokens)
        shown += f"{OPEN}{text}{CLOSE}" if learnt else text
    return shown


def _stretches(tokens: Iterable[int], learnt: Iterable[bool]) -> Iterator[tuple[bool, list[int]]]:
    """Tokens one after another that are learnt, or are not."""
    for which, stretch in groupby(zip(tokens, learnt, strict=True), key=lambda pair: pair[1]):
        yield which, [token for token, _ in stretch]


def _says(renderer: Renderer, tokens: Sequence[int], reply: Message) -> bool:
    """Whether these tokens are a reply and the end of its turn, but for white space, which templates trim."""
    text, end = renderer.decode(tokens[:-1]).strip(), renderer.vocabulary[tokens[-1]]
    # Through the tokenizer and back, since some write characters in one form of several (NFKC).
    content = renderer.decode(renderer.encode(reply.content.strip())).strip()
    # How a call is written only the template knows; that it is there shows by its name.
    said = text.startswith(content) if reply.tool_calls else text == content
    return said and end == renderer.end_of_turn and all(call.function.name in text for call in reply.tool_calls)


def _spelled(renderer: Renderer, tokens: Sequence[int]) -> str:
    """Text of tokens, control tokens (which decode to nothing) by their names."""
    shown = ""
    for control, stretch in groupby(tokens, key=lambda token: renderer.decode([token]) == ""):
        run = list(stretch)
        shown += "".join(renderer.vocabulary[token] for token in run) if control else renderer.decode(run)
    return shown
