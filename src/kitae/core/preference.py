"""Pairs of answers to one prompt, of which one is better: what preferences are learnt from."""

from __future__ import annotations

from .dialogue import Message
from .label import EVERYONE, Label
from .noun import Noun


class Preference(Noun):
    """A prompt, a better and a worse answer."""

    id: str
    messages: tuple[Message, ...]
    """The prompt: everything before the answer."""
    better: str
    worse: str
    kind: str
    """What is wrong with the worse one: `invented`, `refused`, `wrong` …"""
    made_from: tuple[str, ...] = ()
    """Ids of the sections it was made from."""
    label: Label
    groups: tuple[str, ...] = (EVERYONE,)
    licence: str = "own"
