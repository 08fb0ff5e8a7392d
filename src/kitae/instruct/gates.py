"""What a candidate has to be before it becomes a dialogue; each gate says why it refuses."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from difflib import SequenceMatcher

from ..core.suite import squeeze
from .candidate import Candidate, Dropped, View
from .context import POINTS

LONGEST_QUESTION = 80
LONGEST_ENGLISH = 160
SHORTEST_QUESTION = 7
LONGEST_ANSWER = {"list": 80, "faq": 70, "definition": 60}
LONGEST_OTHER_ANSWER = 45
_WORDS = re.compile(r"何(?!度も|ら|等|人も|回も)|誰|いつ|いくら|どこ|どの|どのよう|どれ|どう")
_BROKEN = re.compile(
    r"をを|はは|がが|にに|、は|、を|、に(?!つい)|、が|、の|[はをにが]、[はをにが、]|はですか|をですか|^[はをにがのでと、」]|^者は|であることは|ことは(?:誰|何|どこ|いつ)|すること(?:を|が)?ですか$|ものですか$|[一-龥]か、ますか"
)
_ENDS = re.compile(r"(?:か|。|？|\?)$")


def refusal(candidate: Candidate, question: str, view: View) -> str:
    """Why this question and answer are not good enough; empty where they are."""
    japanese = re.search(r"[ぁ-んァ-ヶ一-龥]", question) is not None
    if len(question) < SHORTEST_QUESTION or len(question) > (LONGEST_QUESTION if japanese else LONGEST_ENGLISH):
        return f"the question has {len(question)} characters"
    if POINTS.search(question):
        return "the question points to another place"
    if candidate.kind != "faq" and POINTS.search(candidate.answer.removesuffix("その他")):
        return "the answer points to another place"
    longest = LONGEST_ANSWER.get(candidate.kind, LONGEST_OTHER_ANSWER)
    if len(candidate.answer) > (longest if japanese else 120):
        return f"the answer has {len(candidate.answer)} characters"
    if not _ENDS.search(question) or _BROKEN.search(question):
        return "the question is not well formed"
    if _unbalanced(question) or _unbalanced(candidate.answer):
        return "a bracket or quote is open"
    if japanese and candidate.kind not in ("permission", "faq") and not _WORDS.search(question):
        return "the question has no question word"
    if question.count("、") > 4:
        return "the question has too many parts"
    fact = squeeze(candidate.fact)
    if not fact or fact not in squeeze(view.heading + view.body):
        return "the answer does not stand in the section"
    if candidate.kind not in ("permission", "faq") and _holds(squeeze(question), fact):
        return "the question holds its answer"
    if candidate.kind == "condition" and _common(squeeze(question), fact) >= 4:
        return "the question holds its answer"
    return ""


def _common(one: str, two: str) -> int:
    """Length of the longest run of characters that both have."""
    return SequenceMatcher(None, one, two, autojunk=False).find_longest_match().size


def _unbalanced(text: str) -> bool:
    return any(text.count(one) != text.count(two) for one, two in ("「」", "（）", "『』", "()"))


def _holds(question: str, fact: str) -> bool:
    core = re.sub(r"(?:以内|以上|以下|未満|前まで|まで|間)$", "", fact)
    place = question.find(core)
    while place >= 0:
        if not (core[0].isdigit() and question[max(0, place - 1) : place].isdigit()):
            return True
        place = question.find(core, place + 1)
    return False


def sifted(candidates: Iterable[Candidate], view: View) -> tuple[list[Candidate], list[Dropped]]:
    """The good ones with the ways to ask that are good, and what was dropped."""
    kept: list[Candidate] = []
    dropped: list[Dropped] = []
    for candidate in candidates:
        good = [way for way in dict.fromkeys(candidate.questions) if not refusal(candidate, way, view)]
        if good:
            kept.append(candidate.model_copy(update={"questions": tuple(good)}))
        elif candidate.questions:
            why = refusal(candidate, candidate.questions[0], view)
            dropped.append(
                Dropped(reason=why, kind=candidate.kind, question=candidate.questions[0], quote=candidate.quote)
            )
    return _unambiguous(kept, dropped)


def _unambiguous(kept: list[Candidate], dropped: list[Dropped]) -> tuple[list[Candidate], list[Dropped]]:
    """Without questions that two answers of the section fit, and without the same thing twice."""
    answers: dict[str, set[str]] = defaultdict(set)
    for candidate in kept:
        for way in candidate.questions:
            answers[squeeze(way)].add(squeeze(candidate.fact))
    found: list[Candidate] = []
    seen: set[str] = set()
    for candidate in kept:
        ways = [way for way in candidate.questions if len(answers[squeeze(way)]) == 1 and squeeze(way) not in seen]
        if not ways:
            several = len(answers[squeeze(candidate.questions[0])]) > 1
            why = "the section answers the question in several ways" if several else "asked already"
            dropped.append(
                Dropped(reason=why, kind=candidate.kind, question=candidate.questions[0], quote=candidate.quote)
            )
            continue
        seen |= {squeeze(way) for way in ways}
        found.append(candidate.model_copy(update={"questions": tuple(ways)}))
    return found, dropped
