"""The answers inside a published prompt of a judge: FastChat's rows keep the prompt and not the answer itself."""

from __future__ import annotations

import re

_BLOCKS = re.compile(
    r"\[The Start of Assistant(?: [AB])?'s Answer\]\n(.*?)\n\[The End of Assistant(?: [AB])?'s Answer\]"
    r"|\[アシスタントの回答の開始\]\n(.*?)\n\[アシスタントの回答の終了\]",
    re.DOTALL,
)
_TALKS = re.compile(
    r"<\|The Start of Assistant [AB]'s Conversation with User\|>(.*?)"
    r"<\|The End of Assistant [AB]'s Conversation with User\|>",
    re.DOTALL,
)
_SAID = re.compile(r"### Assistant [AB]:\n(.*?)(?=\n\n### User:\n|\s*\Z)", re.DOTALL)


def answers_in(prompt: str, turn: int) -> tuple[str, ...]:
    """The answer to the turn that is judged, or both answers of a pair, A first; `("",)` where none is found."""
    if turn == 1:
        return tuple(one or two for one, two in _BLOCKS.findall(prompt)) or ("",)
    talks = [_SAID.findall(talk) for talk in _TALKS.findall(prompt)]
    return tuple(said[-1] if said else "" for said in talks) or ("",)
