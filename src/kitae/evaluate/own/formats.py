"""Scoring of `format-ja`: an answer is right when it keeps every condition and speaks about what was asked."""

from __future__ import annotations

from ...core.suite import squeeze
from ..scoring import Verdict, bare
from .checks.table import checked
from .items import Instruction, Prompt

ECHO = 10
"""Squeezed letters from which on a piece of the instruction is taken for a repetition and not for an answer."""


def prompts(item: Instruction) -> list[Prompt]:
    return [Prompt(id=item.id, question=item.id, category=item.family, turns=(item.instruction,))]


def score(item: Instruction, answer: str) -> Verdict:
    """Right when all conditions are kept; credit is all or nothing, `why` names the first that is not."""
    trouble = _nothing_said(item, answer) or _broken(item, answer)
    return bare(not trouble, trouble or "keeps every condition")


def _nothing_said(item: Instruction, answer: str) -> str:
    """Keeping the form without saying anything: empty, the instruction again, or about something else."""
    if not answer.strip():
        return "empty"
    if _echoes(item.instruction, answer):
        return "repeats the instruction"
    if item.about and not any(word in answer for word in item.about):
        return "not about what was asked"
    return ""


def _echoes(instruction: str, answer: str) -> bool:
    asked, said = squeeze(instruction), squeeze(answer)
    return asked in said or (len(said) >= ECHO and said in asked)


def _broken(item: Instruction, answer: str) -> str:
    for each in item.checks:
        found = checked(answer, each.check, each.given)
        if not found.kept:
            return f"{each.check}: {found.why}"
    return ""
