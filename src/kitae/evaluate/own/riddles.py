"""Scoring of `riddles-ja`: what stands behind the last 「答え：」 has to be an accepted answer, and nothing more."""

from __future__ import annotations

import re

from ..normalise import is_quantity, normalise
from ..scoring import Verdict, bare, char_f1
from .items import Prompt, Riddle

ASKED = "考えた過程を書いてもかまいません。最後の行に「答え：」と書き、続けて答えだけを書いてください。"


def prompts(riddle: Riddle) -> list[Prompt]:
    """One for each wording, clustered by the riddle."""
    return [
        Prompt(
            id=f"{riddle.id}.{number}",
            question=riddle.id,
            category=riddle.kind,
            turns=(f"{wording}\n{ASKED}",),
        )
        for number, wording in enumerate(riddle.wordings, start=1)
    ]


def score(riddle: Riddle, answer: str) -> Verdict:
    """Right when the final answer is an accepted one. Thinking before it is free, a list of guesses is wrong."""
    said = final_answer(answer)
    if not said:
        return bare(False, "no line 「答え：」 and more than one line" if answer.strip() else "empty")
    form = _bare_form(said)
    right = any(form in _forms(accepted) for accepted in riddle.accepted)
    return bare(right, f"says 「{said}」", f1=max(char_f1(said, accepted) for accepted in riddle.accepted))


_FINAL = re.compile(r"^[\s*#>\-・]*(?:最終的な|最終)?(?:答え|解答|回答|正解)\**\s*[:：は]\**\s*(.+)$", re.MULTILINE)


def final_answer(text: str) -> str:
    """What stands after the last 「答え：」 at the beginning of a line; a text of one line is an answer itself."""
    found = _FINAL.findall(text)
    if found:
        return str(found[-1]).strip()
    rest = [line for line in text.splitlines() if line.strip()]
    return rest[0].strip() if len(rest) == 1 else ""


_COPULA = re.compile(r"(?:です|でした|である|だ|になります|となります)?[。.]?$")
_AROUND = re.compile(r"^[\s「『\"'*`、]+|[\s」』\"'*`。.]+$")
_ASIDE = re.compile(r"[（(][^（()）]*[)）]$")


def _bare_form(said: str) -> str:
    """Without brackets around it, a reading behind it, です."""
    said = _AROUND.sub("", said)
    said = _ASIDE.sub("", said)
    said = _AROUND.sub("", _COPULA.sub("", said))
    return normalise(_ASIDE.sub("", said))


def _forms(accepted: str) -> frozenset[str]:
    """The normal form, and of one number with a counter the number alone."""
    form = normalise(accepted)
    single = re.fullmatch(r"(\d+)\D+", form) if is_quantity(form) else None
    return frozenset({form, single[1]} if single else {form})
