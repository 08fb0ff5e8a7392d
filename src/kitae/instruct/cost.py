"""What making dialogues takes."""

from __future__ import annotations

from ..core.quantity import Quantity

CHARACTERS_A_SECOND = 20_000
"""Extraction, one process; measured on two busy cores over 45,000 characters of employment rules."""
DIALOGUES_A_SECOND = 250
"""Searching and assembling over some hundred passages; measured on the same machine."""
CHARACTERS_A_DIALOGUE = 700
"""Three passages with their headings, question and answer; measured over the same rules."""


def cost(characters: int, dialogues: int) -> Quantity:
    """Seconds on two cores.

    Args:
        characters: Of all documents that are trained on.
        dialogues: As in the recipe.
    """
    seconds = characters / CHARACTERS_A_SECOND + dialogues / DIALOGUES_A_SECOND
    return Quantity(value=round(seconds, 1), unit="s", how="estimated")


def characters(dialogues: int) -> Quantity:
    """Characters that the dialogues will have at most, for the cost of training on them."""
    return Quantity(value=float(dialogues * CHARACTERS_A_DIALOGUE), unit="characters", how="estimated")
