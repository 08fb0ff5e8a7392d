"""Scoring of `riddles-ja`: what stands behind the last 「答え：」 has to be an accepted answer, and nothing more."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from ..normalise import is_quantity, normalise
from ..scoring import Verdict, bare, char_f1
from ..statistics import Estimate, estimate
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
    right = any(form in _forms(accepted) for accepted in riddle.accepted for form in _readings(said))
    return bare(right, f"says 「{said}」", f1=max(char_f1(said, accepted) for accepted in riddle.accepted))


def figures(verdicts: Iterable[tuple[Riddle, Verdict]]) -> dict[str, Estimate]:
    """What is told beside the share of right riddles."""
    return {"consistency": consistency(verdicts)}


def consistency(verdicts: Iterable[tuple[Riddle, Verdict]]) -> Estimate:
    """Of the riddles that are right in some wording, the share that is right in all.

    Who knows an answer knows it however it is asked. `None` where nothing is right.
    """
    found: dict[str, list[bool]] = defaultdict(list)
    for riddle, verdict in verdicts:
        found[riddle.id].append(verdict.right)
    return estimate([float(all(right)) for right in found.values() if any(right)])


_FINAL = re.compile(r"^[\s*#>\-・]*(?:最終的な|最終)?(?:答え|解答|回答|正解)\**\s*[:：は]\**\s*(.+)$", re.MULTILINE)


def final_answer(text: str) -> str:
    """What stands after the last 「答え：」 at the beginning of a line; a text of one line is an answer itself."""
    found = _FINAL.findall(text)
    if found:
        return str(found[-1]).strip()
    rest = [line for line in text.splitlines() if line.strip()]
    return rest[0].strip() if len(rest) == 1 else ""


_COPULA = re.compile(r"(?:です|でした|である|だ|になります|となります)?[。.！!]?$")
_AROUND = re.compile(r"^[\s「『\"'*`、]+|[\s」』\"'*`。.！!]+$")
_ASIDE = re.compile(r"[（(][^（()）]*[)）]")
_LEADING = re.compile(r"^(?:.{1,30}?は、?)?(?:全部で|合計で?|全部合わせて|合わせて)?")
_CHOICE = re.compile(r"([ア-ウ])[\s\u3000。．.、:：)）]+(?!.*(?<![ァ-ヶー])[ア-ウ](?![ァ-ヶー])).+", re.DOTALL)


def _readings(said: str) -> frozenset[str]:
    """How a final answer may be read: as it stands, without 「水曜の当番は」, as the letter of a choice with its words.

    Never as one of several: 「ア、イ」 stays what it is.
    """
    plain = _AROUND.sub("", _COPULA.sub("", _AROUND.sub("", _ASIDE.sub("", _AROUND.sub("", said)))))
    choice = _CHOICE.fullmatch(_AROUND.sub("", said))
    return frozenset({normalise(plain), normalise(_LEADING.sub("", plain)), choice[1] if choice else ""} - {""})


def _forms(accepted: str) -> frozenset[str]:
    """The normal form, and of one number with a counter the number alone."""
    form = normalise(accepted)
    single = re.fullmatch(r"(\d+)\D+", form) if is_quantity(form) else None
    return frozenset({form, single[1]} if single else {form})
