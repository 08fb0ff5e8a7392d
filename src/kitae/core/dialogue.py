"""Dialogues: what a model is tuned on and asked with."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import Field, field_validator

from .label import EVERYONE, Label
from .noun import Noun

Role = Literal["system", "user", "assistant", "tool"]
"""`tool`: what came of a call that the assistant asked for."""


class Called(Noun):
    """A function's name, and what it is given."""

    name: str
    arguments: dict[str, Any]

    @field_validator("arguments", mode="before")
    @classmethod
    def _as_an_object(cls, written: Any) -> Any:
        """Interfaces write it as JSON within a string; templates want what it says."""
        return json.loads(written) if isinstance(written, str) else written


class ToolCall(Noun):
    """A function that the assistant asks to be called."""

    type: Literal["function"] = "function"
    function: Called
    id: str = Field(default="", exclude_if=lambda value: not value)


class Message(Noun):
    """One turn, as OpenAI-style interfaces write it."""

    role: Role
    content: str
    tool_calls: tuple[ToolCall, ...] = Field(default=(), exclude_if=lambda value: not value)
    """Of the assistant; `content` is often empty beside them."""
    tool_call_id: str = Field(default="", exclude_if=lambda value: not value)
    """Of a tool: the call that it answers, where calls have ids."""


class Dialogue(Noun):
    """Messages, and where they come from. The assistant's turns are what is learnt."""

    id: str
    messages: tuple[Message, ...]
    kind: str
    """How it was made: `definition`, `article`, `faq`, `table`, `number`, `unanswerable`, `closed` …"""
    question: str
    """What was asked, without passages: what decontamination and reviews look at."""
    answer: str
    """The answer without its citation; empty where the right reply is that the documents do not tell."""
    answerable: bool
    passages: tuple[str, ...] = ()
    """Ids of the passages shown, in the order of their numbers in the prompt."""
    gold: tuple[str, ...] = ()
    """Ids of the passages that hold the answer."""
    made_from: tuple[str, ...] = ()
    """Ids of the sections it was made from."""
    tools: tuple[dict[str, Any], ...] = Field(default=(), exclude_if=lambda value: not value)
    """Functions that the assistant may ask for, each as `{"type": "function", "function": {…}}` with a JSON schema."""
    repeat: int = 1
    """How often it is learnt while others are learnt once."""
    label: Label
    groups: tuple[str, ...] = (EVERYONE,)
    licence: str = "own"
