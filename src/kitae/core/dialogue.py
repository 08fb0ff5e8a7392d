"""Dialogues: what a model is tuned on and asked with."""

from __future__ import annotations

from typing import Literal

from .label import EVERYONE, Label
from .noun import Noun

Role = Literal["system", "user", "assistant"]


class Message(Noun):
    """One turn, as OpenAI-style interfaces write it."""

    role: Role
    content: str


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
    repeat: int = 1
    """How often it is learnt while others are learnt once."""
    label: Label
    groups: tuple[str, ...] = (EVERYONE,)
    licence: str = "own"
