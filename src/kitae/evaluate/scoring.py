"""Scoring that copying cannot win: one answer against one question."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

from ..core.noun import Noun
from ..core.passage import Passage
from ..core.suite import Evidence, Question, squeeze
from ..engine.grounding import Reading, abstained
from .matching import match
from .normalise import letters, normalise, quantities, unit

SCORING = 1
"""Counted up when the same answer would be judged otherwise than before. Scores of different ones are not compared."""

PART = 0.6
"""A passage supports an answer when it holds at least this share of an evidence quote: splitting may cut a quote."""
SHORT_QUOTE = 12
"""Shorter quotes (5日) stand in many places, so the heading has to agree as well."""


class Verdict(Noun):
    """What is to be said about one answer."""

    right: bool
    credit: float
    """What it counts in means: 1 for right, 0 for wrong; of a task's list the part that is right."""
    why: str
    f1: float
    """Character F1 against the best gold; for an unanswerable question 1 if right, else 0."""
    false_answer: bool
    """Claims something where the documents do not tell."""
    false_refusal: bool
    """Says that the documents do not tell where they do."""
    cited: int
    """How many passages it cites, those that were not shown included."""
    supporting: int
    """How many of these hold evidence."""
    supported: bool | None
    """Answers an answerable question and cites evidence. `None` where the question names no evidence."""
    evidence_shown: bool | None
    """Whether evidence was among the passages shown: tells a retrieval miss from a generation miss."""


def judge(question: Question, reading: Reading, shown: Sequence[Passage]) -> Verdict:
    """Judges what was read from an answer.

    Args:
        question: With its gold and evidence.
        reading: From `engine.grounding.read_answer`.
        shown: The passages in the prompt; empty for a closed book.
    """
    right, why = _answerable(question, reading) if question.answerable else _unanswerable(question, reading)
    supporting = {passage.id for passage in shown if supports(passage, question.evidence)}
    cited = len(reading.cited) + len(reading.invalid)
    hits = sum(1 for passage in reading.cited if passage in supporting)
    checkable = bool(question.answerable and question.evidence)
    return Verdict(
        right=right,
        credit=float(right),
        why=why,
        f1=_f1(question, reading, right),
        false_answer=not question.answerable and bool(reading.answer.strip()) and not _declines(question, reading),
        false_refusal=question.answerable and reading.abstained,
        cited=cited,
        supporting=hits,
        supported=hits > 0 and not reading.abstained if checkable else None,
        evidence_shown=bool(supporting) if checkable else None,
    )


def _answerable(question: Question, reading: Reading) -> tuple[bool, str]:
    if reading.abstained:
        return False, "declines, but the documents tell"
    if _also_declines(reading.answer):
        return False, "answers and declines at once"
    found = match(reading.answer, question.gold, question.question)
    return found.right, found.why


def _also_declines(answer: str) -> bool:
    """「書かれていませんが、2日です」 would be right whatever is asked."""
    return any(abstained(part, cites=True) for part in re.split(r"[。\n]|(?<=[すんいるた])が、|けれ?ども?、", answer))


def _unanswerable(question: Question, reading: Reading) -> tuple[bool, str]:
    if not reading.answer.strip():
        return False, "empty"
    if not _declines(question, reading):
        return False, "answers, but the documents do not tell"
    if reading.cited or reading.invalid:
        return False, "declines, but cites a passage as support"
    return True, "says that the documents do not tell" if reading.abstained else "corrects the premise"


def _declines(question: Question, reading: Reading) -> bool:
    if not (reading.abstained or _corrects_premise(question, reading.answer)):
        return False
    return not _invented(reading.answer, question.question)


_DENIES_EXISTENCE = re.compile(
    r"([^、。]{2,40}?)(?:は|が|も)(?:そもそも|現在|特に)?"
    r"(?:(?:あり|存在し|ござい|(?:設けられ|定められ|導入され|支給され|実施され|行われ|行って|支給して)(?:は|て)?い?)(?:ません|ない)"
    r"|な[いし](?=$|。|です|ため|ので|から))"
)


def _corrects_premise(question: Question, answer: str) -> bool:
    """「皆勤手当はありません」 to a question that takes one for granted.

    Only where the suite says that the premise is wrong: elsewhere a flat denial is a claim that no document makes.
    """
    if "premise" not in question.kind:
        return False
    asked = normalise(question.question)
    found = _DENIES_EXISTENCE.search(normalise(answer))
    return found is not None and _shared(found[1], asked) >= 2


def _shared(one: str, two: str) -> int:
    """Length of the longest common run of characters."""
    return SequenceMatcher(None, one, two, autojunk=False).find_longest_match().size


_PLACES = frozenset({"条", "項", "号", "章"})


def _invented(answer: str, question: str) -> bool:
    """Whether a quantity is named that the question did not name.

    「書かれていません。3日です」 declines and answers all the same. Numbers of articles are left alone, so that
    「第58条までしかありません」 may correct a premise.
    """
    asked = {found[0] for found in quantities(normalise(question))}
    return any(found[0] not in asked and unit(found[0]) not in _PLACES for found in quantities(normalise(answer)))


def _f1(question: Question, reading: Reading, right: bool) -> float:
    if not question.answerable:
        return float(right)
    if reading.abstained:
        return 0.0
    return max(char_f1(reading.answer, gold) for gold in question.gold)


def char_f1(answer: str, gold: str) -> float:
    """F1 over the bags of characters of the normal forms, as extractive Japanese QA is scored (JaQuAD, JGLUE)."""
    one, two = Counter(letters(answer)), Counter(letters(gold))
    common = (one & two).total()
    return 2 * common / (one.total() + two.total()) if common else 0.0


def supports(passage: Passage, evidence: Sequence[Evidence]) -> bool:
    """Whether a passage holds evidence: the file is the same and a quote stands in it, whole or for the larger part."""
    text = squeeze(passage.text)
    return any(_same_file(passage, each) and _quoted(passage, text, each) for each in evidence)


def _same_file(passage: Passage, evidence: Evidence) -> bool:
    return passage.document == evidence.file or passage.document.endswith(f"/{evidence.file}")


def _quoted(passage: Passage, text: str, evidence: Evidence) -> bool:
    quote = squeeze(evidence.quote)
    if not quote or (len(quote) < SHORT_QUOTE and squeeze(evidence.heading) not in squeeze(passage.heading)):
        return False
    return quote in text or _shared(quote, text) >= PART * len(quote)


def bare(
    right: bool, why: str, *, f1: float | None = None, false_answer: bool = False, false_refusal: bool = False
) -> Verdict:
    """A verdict on an answer for which nothing was searched: it cites nothing and nothing could support it."""
    return Verdict(
        right=right,
        credit=float(right),
        why=why,
        f1=float(right) if f1 is None else f1,
        false_answer=false_answer,
        false_refusal=false_refusal,
        cited=0,
        supporting=0,
        supported=None,
        evidence_shown=None,
    )


def invents(answer: str, question: str) -> bool:
    """Whether a quantity is named that the question did not name."""
    return _invented(answer, question)
